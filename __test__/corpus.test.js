'use strict'

const { describe, test } = require('node:test')
const { fixtures } = require('./helpers/fixtures')
const { assertNamed } = require('./helpers/check-fixture')

// A check of a leak mostly waits: the first leftovers must be three seconds old.
describe('holdover check over the leaking half of the corpus', { concurrency: 4 }, () => {
  for (const fixture of fixtures('leaking')) {
    test(`check names exactly what ${fixture.name} leaks`, () => assertNamed(fixture))
  }
})
