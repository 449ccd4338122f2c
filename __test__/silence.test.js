'use strict'

/** A short slice of `npm run silence`: the habits that do not depend on the clock, at a clock of their own. */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { workers } = require('../scripts/silence/habits')
const { outcome } = require('../scripts/silence/outcome')
const { RESULTS, PAGE, quietPage } = require('../scripts/silence/quiet-page')
const { fixture } = require('./helpers/fixtures')
const { fastProduction } = require('./helpers/fast-production')
const { ROOT, runNode } = require('./helpers/child')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')
/** Half a minute at two hundred jobs a second; two seconds of grace make fifteen grace periods of it. */
const PACE = { jobs: 6_000, jobsPerSecond: 200, graceMs: 2_000 }

test('there are thirty habits and more, each with a twin that marks its mistake', () => {
  const all = workers()
  assert.ok(all.length >= 60)
  assert.deepEqual(
    all.filter(({ twin, expected }) => (twin === 'clean') !== (expected.length === 0)),
    []
  )
})

// One after the other: the hooks of a thread report to one watch.
describe('silence in production', { concurrency: 1 }, () => {
  for (const worker of workers().filter(({ timeless }) => timeless)) {
    const name =
      worker.twin === 'clean' ? 'is silent at every look' : 'names the mistake of the leaking twin at last'
    test(`${worker.habit}: production ${name}`, async () => {
      const { ok, text } = outcome(worker, await fastProduction(worker, PACE))
      assert.ok(ok, text)
    })
  }

  const cache = { file: fixture('clean', 'lru-150.js').file, habit: 'lru-150' }
  const graceMs = 150

  test('a cache that fills up within thirty grace periods is no leak', async () => {
    const { alarms } = await fastProduction(cache, { jobs: 400, jobsPerSecond: 50, graceMs })
    assert.deepEqual(alarms, [])
  })

  test('one that fills for longer is likely a leak at most, and the finding is withdrawn', async () => {
    const { alarms, leaks, returned } = await fastProduction(cache, { jobs: 400, jobsPerSecond: 20, graceMs })
    assert.ok(alarms.length > 0)
    assert.ok(alarms.every(({ certainty }) => certainty === 'likely'))
    assert.deepEqual(leaks, [])
    // Three of the hundred and fifty are within their grace period.
    assert.deepEqual([returned.length, returned[0].now], [1, 147])
  })
})

describe('a listener that reaches its target through a WeakRef', { concurrency: 1 }, () => {
  const worker = (folder, habit) => ({ file: fixture(folder, `${habit}.js`).file, habit })

  test('is no leak while no collection has run that would take it off', async () => {
    const { alarms } = await fastProduction(worker('clean', 'weak-ref-subscription'), PACE)
    assert.deepEqual(alarms, [])
  })

  test('is likely one when it has lived through two', async () => {
    const twin = worker('leaking', 'weak-ref-never-unsubscribed')
    const { leaks } = await fastProduction(twin, { ...PACE, hasMajors: true })
    assert.deepEqual(
      leaks.map(({ kind, certainty, perJob, place }) => [kind, certainty, perJob, place.line]),
      [['listener', 'likely', 1, 22]]
    )
  })
})

describe('silence of a check', { concurrency: 2 }, () => {
  for (const { habit, file } of workers('lru').filter(({ twin }) => twin === 'clean')) {
    test(`${habit}: a check goes on until the cache is full`, async () => {
      const { code, stdout, stderr } = await runNode([CLI, 'check', file, '--json'])
      assert.equal(code, 0, `${stdout}${stderr}`)
    })
  }
})

test('docs/silence.md is what npm run quiet recorded: no leak in any mode', () => {
  const results = JSON.parse(fs.readFileSync(RESULTS, 'utf8'))
  const page = fs.readFileSync(PAGE, 'utf8')
  assert.equal(page, quietPage(page, results))
  for (const [mode, { sure, likely, failed, jobs }] of Object.entries(results)) {
    assert.deepEqual([sure, likely, failed], [0, 0, 0], mode)
    assert.ok(jobs > 0, mode)
  }
})
