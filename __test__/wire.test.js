'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { native } = require('../js/native')
const { KIND, HEAP_KINDS } = require('../js/kinds')
const { JobName, OUTCOME } = require('../js/job')
const { LAYOUT } = require('../js/pass')
const { ONE_SHOT_HORIZON_MS } = require('../js/survivors/timers')
const { BETWEEN_JOBS } = require('../js/watch')
const { Tallies, TALLY_WORDS, MAX_TALLIES } = require('../js/tallies')

const rust = JSON.parse(native().layout())

test('both sides of the batch layout agree', () => {
  assert.equal(LAYOUT.version, rust.version)
  assert.equal(LAYOUT.headerWords, rust.headerWords)
  assert.equal(LAYOUT.survivorWords, rust.survivorWords)
  assert.deepEqual({ ...LAYOUT.records }, rust.records)
  assert.deepEqual({ ...LAYOUT.flags, outcomeMask: 3 }, rust.flags)
})

test('both sides agree on where a thread counts its jobs', () => {
  assert.equal(TALLY_WORDS, rust.tallyWords)
  assert.equal(MAX_TALLIES, rust.maxTallies)
  const tallies = new Tallies()
  const job = new JobName(7, 'mail', tallies.add(7))
  job.finished[OUTCOME.failed] = 3
  job.totalMs += 90
  job.maxMs = 40
  assert.deepEqual([...tallies.words.slice(0, TALLY_WORDS)], [7, 0, 3, 0, 90, 40])
})

test('both sides number kinds and outcomes alike', () => {
  assert.deepEqual({ ...KIND }, rust.kinds)
  assert.deepEqual([...HEAP_KINDS], rust.heapKinds)
  assert.deepEqual({ ...OUTCOME }, rust.outcomes)
})

test('both sides agree on the one-shot timers that are judged when they are due', () => {
  assert.equal(ONE_SHOT_HORIZON_MS, rust.oneShotHorizonMs)
})

test('both sides call what no job made by the same name', () => {
  assert.equal(BETWEEN_JOBS, rust.betweenJobs)
  assert.equal(native().intern(0, BETWEEN_JOBS), rust.betweenJobsId)
})

test('a batch that is not one is refused with a code, and nothing is lost', () => {
  const { run } = JSON.parse(native().joinRun(0, '{"mode":"check"}'))
  assert.throws(() => native().apply(Float64Array.of(2, run, 0)), /HOLDOVER_BATCH/)
  assert.throws(() => native().apply(Float64Array.of(9, run, 0, 1, 1, 0, 0, 0, 0)), /HOLDOVER_BATCH/)
  assert.equal(JSON.parse(native().report(run, '{}')).verdict, 'inconclusive')
  native().leaveRun(run, 0, new Float64Array(0))
})
