'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { readFixture } = require('./helpers/fixtures')
const { runNode } = require('./helpers/child')
const { assertClean, assertNamed } = require('./helpers/check-fixture')

const COUNT = path.join(__dirname, 'helpers', 'count-held.js')
const REAL = path.join(__dirname, 'fixtures', 'real')

/** Enough to find all of them; docs/real-leaks.md has what a check finds that takes as many as it likes. */
const JOBS = ['--jobs', '200', '--timeout', '110s']
/** Jobs between two counts. */
const COUNTED = 50

/** A leaking version of a package and the one that is fixed. */
const pairs = fs
  .readdirSync(REAL, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
  .map(({ name }) => ({ name, leaking: twin(name, 'leaking'), clean: twin(name, 'clean') }))

/** @param {string} name @param {string} which */
function twin(name, which) {
  const file = fs.readdirSync(path.join(REAL, name)).find((file) => path.parse(file).name === which)
  return readFixture(path.join(REAL, name, String(file)))
}

test('there are at least thirty leaks of released packages', () => {
  assert.ok(pairs.length >= 30, `${pairs.length}`)
})

describe('leaks of released packages, and the versions that fixed them', { concurrency: 2 }, () => {
  for (const { name, leaking, clean } of pairs) {
    test(`check names exactly what ${name} leaks`, () => assertNamed(leaking, ...JOBS))

    test(`check finds nothing in ${name} once it is fixed`, () => assertClean(clean, ...JOBS))

    // Of the heap nothing can be counted.
    if (!fs.readFileSync(leaking.file, 'utf8').includes('held = ')) continue
    test(`what ${name} leaks is there without holdover`, async () => {
      const perJob = async ({ file }) => Number((await runNode([COUNT, file, String(COUNTED)])).stdout)
      // A descriptor of Node's own may come or go between the counts.
      const isNear = (counted, expected) =>
        assert.ok(Math.abs(counted - expected) < 2 / COUNTED, `${counted} and not ${expected}`)
      isNear(await perJob(leaking), leaking.expected[0].perJob)
      isNear(await perJob(clean), 0)
    })
  }
})
