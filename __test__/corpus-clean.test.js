'use strict'

const { describe, test } = require('node:test')
const { fixtures } = require('./helpers/fixtures')
const { assertClean } = require('./helpers/check-fixture')

describe('holdover check over the clean half of the corpus', { concurrency: 3 }, () => {
  for (const fixture of fixtures('clean')) {
    test(`check finds nothing in ${fixture.name}`, () => assertClean(fixture))
  }
})
