'use strict'

const { test, afterEach } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
// Before holdover is there: it never sees what this function makes.
const { setInterval: taken } = require('node:timers')
const { check, assertNoLeaks, start, runJob, LeakError } = require('../js/index')

/** Quick settings: a test of the engine, not of its patience. */
const QUICK = { jobs: 40, graceMs: 20 }

const bus = new EventEmitter().setMaxListeners(0)
const timers = []
afterEach(() => {
  bus.removeAllListeners()
  for (const timer of timers.splice(0)) clearInterval(timer)
})

const leaky = (i) => {
  bus.on('end', () => i)
}
const clean = (i) => {
  const listener = () => i
  bus.on('end', listener)
  bus.off('end', listener)
}

test('the leak is seen, then it is gone', async () => {
  const before = await check(leaky, QUICK)
  assert.equal(before.verdict, 'leaks')
  assert.equal(before.leaks[0].perJob, 1)
  assert.equal(before.leaks[0].job, 'leaky')
  const after = await check(clean, QUICK)
  assert.equal(after.verdict, 'clean')
})

test('assertNoLeaks throws a LeakError whose message is the report', async () => {
  const error = await assertNoLeaks(leaky, QUICK).catch((thrown) => thrown)
  assert.ok(error instanceof LeakError)
  assert.equal(error.code, 'HOLDOVER_LEAK')
  assert.match(error.message, /^holdover LEAKING check leaky: 1 leak; 'end' listener/)
  assert.equal(error.report.leaks.length, 1)
})

test('assertNoLeaks passes on a clean job and returns the report', async () => {
  assert.equal((await assertNoLeaks(clean, QUICK)).verdict, 'clean')
})

test('a pass that rests on too little evidence is impossible, unless asked for', async () => {
  const few = { jobs: 3, graceMs: 20 }
  await assert.rejects(assertNoLeaks(clean, few), { code: 'HOLDOVER_INCONCLUSIVE' })
  assert.equal((await assertNoLeaks(clean, { ...few, allowInconclusive: true })).verdict, 'inconclusive')
  const failing = () => {
    throw new Error('no database')
  }
  const error = await assertNoLeaks(failing, QUICK).catch((thrown) => thrown)
  assert.equal(error.code, 'HOLDOVER_INCONCLUSIVE')
  assert.deepEqual(error.report.jobErrors, { 'Error: no database': 45 })
})

test('timers of a function that was taken before holdover are no clean pass, and cleared ones are', async () => {
  // In the heap they are a list that grows.
  const options = { ...QUICK, heap: false }
  const report = await check(() => void timers.push(taken(() => {}, 60_000)), options)
  assert.deepEqual([report.verdict, report.leaks], ['inconclusive', []])
  assert.match(
    report.notes.join(),
    /^40 timers more than before the jobs \(\+1\.00 per job\) were made by functions taken/
  )
  const beside = await check(() => {
    timers.push(taken(() => {}, 60_000))
    clearInterval(setInterval(() => {}, 60_000))
  }, options)
  assert.equal(beside.verdict, 'inconclusive')
  // One more is the program's own, and clearing is clearing.
  const cleared = (i) => {
    const timer = taken(() => {}, 60_000)
    if (i === 20) timers.push(timer)
    else clearInterval(timer)
  }
  assert.equal((await check(cleared, options)).verdict, 'clean')
})

test('the job gets its number, warm-up included, and its errors do not end the check', async () => {
  const seen = []
  const report = await check(
    (i) => {
      seen.push(i)
      if (i % 2 === 0) throw new Error('every second one')
    },
    { jobs: 20, warmupJobs: 2, graceMs: 0 }
  )
  assert.deepEqual(
    seen,
    Array.from({ length: 22 }, (_, i) => i)
  )
  assert.deepEqual(
    report.jobs.map(({ completed, failed }) => ({ completed, failed })),
    [{ completed: 10, failed: 10 }]
  )
})

test('what timers of the warm-up make after their jobs is not counted', async () => {
  const late = async () => {
    setTimeout(() => bus.on('end', () => {}), 100)
    await sleep(4)
  }
  const { leaks } = await check(late, { jobs: 100, graceMs: 20 })
  assert.deepEqual(
    leaks.map(({ count, perJob }) => ({ count, perJob })),
    [{ count: 100, perJob: 1 }]
  )
})

test('one job that hangs does not keep a check from ending, whatever the others leave', async () => {
  for (const options of [{}, { jobs: 40 }]) {
    let calls = 0
    const report = await check(
      async (i) => {
        calls++
        bus.on('end', () => i)
        if (i === 30) await new Promise(() => {})
      },
      { ...options, graceMs: 20, timeoutMs: 60_000 }
    )
    assert.deepEqual([report.verdict, report.leaks.length], ['leaks', 1])
    assert.equal(report.next.action, 'enough')
    assert.ok(calls <= 6_000, `${calls} calls`)
  }
})

test('concurrency is kept', async () => {
  let open = 0
  let most = 0
  await check(
    async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 2))
      open--
    },
    { ...QUICK, concurrency: 4 }
  )
  assert.equal(most, 4)
})

test('one check at a time in a thread', async () => {
  const first = check(clean, QUICK)
  await assert.rejects(check(clean, QUICK), { code: 'HOLDOVER_CHECK_BUSY' })
  await first
})

test('bad arguments are refused with a code', async () => {
  await assert.rejects(check(5), { code: 'HOLDOVER_ARG' })
  await assert.rejects(check(clean, { jobz: 5 }), { code: 'HOLDOVER_OPTION' })
  await assert.rejects(check(clean, { jobs: -1 }), { code: 'HOLDOVER_OPTION' })
})

test('a check inside a started worker takes over and gives back', async () => {
  const tracker = start({ graceMs: 10, report: { everyMs: 0 } })
  runJob('before', () => {})
  assert.equal((await check(leaky, QUICK)).leaks.length, 1)
  runJob('after', () => {})
  assert.deepEqual(
    tracker.report().jobs.map((job) => job.name),
    ['after', 'before']
  )
  tracker.stop()
})

test('everything is put back after a check', async () => {
  const bare = [setTimeout, EventEmitter.prototype.on, EventTarget.prototype.addEventListener]
  await check(leaky, QUICK)
  assert.deepEqual([setTimeout, EventEmitter.prototype.on, EventTarget.prototype.addEventListener], bare)
  assert.equal('gc' in globalThis, false)
})

test('a timer that fires soon after the job is late, not left behind', async () => {
  const report = await check(() => void setTimeout(() => {}, 900), { jobs: 40, graceMs: 50 })
  assert.equal(report.verdict, 'clean')
})

test('the fingerprint is the same in tests and in production', async () => {
  const report = await check(leaky, { ...QUICK, name: 'mail' })
  const tracker = start({ graceMs: 10, report: { everyMs: 0 } })
  for (let i = 0; i < 120; i++) {
    runJob('mail', () => leaky(i))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  const production = tracker.report()
  tracker.stop()
  assert.deepEqual(
    production.leaks.map((leak) => leak.fingerprint),
    report.leaks.map((leak) => leak.fingerprint)
  )
})
