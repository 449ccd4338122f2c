'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { wait } = require('../js/collect')
const { outside } = require('../js/scope')
const { withWatch } = require('./helpers/run-watch')

const INTERVAL = 2
const clearAll = (timers) => {
  for (const timer of timers) clearInterval(timer)
}

test('eight interleaved jobs: each resource goes to the job whose scope made it', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const made = []
    const run = (i) =>
      job(i % 2 === 0 ? 'even' : 'odd', async () => {
        await wait(i % 3)
        if (i % 4 === 0) made.push(setInterval(() => {}, 60_000))
        await wait(1)
      })
    for (let i = 0; i < 40; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => run(i + k)))
    const intervals = (await rows()).filter((row) => row.kind === INTERVAL)
    assert.deepEqual(
      intervals.map((row) => [row.job, row.survivors.length]),
      [['even', 10]]
    )
    assert.equal(new Set(intervals[0].survivors.map((survivor) => survivor.origin)).size, 10)
    clearAll(made)
  })
})

test('an inner job keeps what it makes; the outer one does not get it', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const made = []
    for (let i = 0; i < 3; i++) {
      await job('outer', async () => {
        await job('inner', async () => made.push(setInterval(() => {}, 60_000)))
        await null
      })
    }
    const intervals = (await rows()).filter((row) => row.kind === INTERVAL)
    assert.deepEqual(
      intervals.map((row) => [row.job, row.survivors.length]),
      [['inner', 3]]
    )
    clearAll(made)
  })
})

test('a job started by an ended job is a job of its own', async () => {
  await withWatch({}, async ({ job, rows, watch }) => {
    const made = []
    await new Promise((resolve) => {
      const next = (left) =>
        job('chain', async () => {
          made.push(setInterval(() => {}, 60_000))
          if (left === 0) resolve()
          else setTimeout(() => next(left - 1), 1)
        })
      next(4)
    })
    const [row] = (await rows()).filter((candidate) => candidate.kind === INTERVAL)
    assert.equal(new Set(row.survivors.map((survivor) => survivor.origin)).size, 5)
    assert.equal(watch.jobs.open.size, 0)
    clearAll(made)
  })
})

test('what is made between jobs is recorded, from the first job on', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const made = [setInterval(() => {}, 60_000)]
    const bus = new EventEmitter()
    for (let i = 0; i < 3; i++) {
      await job('mail', async () => {})
      made.push(setInterval(() => {}, 60_000))
      bus.on('next', () => i)
    }
    const between = (await rows()).filter((row) => row.job === '(between jobs)')
    assert.deepEqual(
      between.map((row) => [row.kind, row.survivors.length]),
      [
        [1, 3],
        [INTERVAL, 3]
      ]
    )
    assert.deepEqual(between[1].survivors.map((survivor) => survivor.order).sort(), [1, 2, 3])
    clearAll(made)
  })
})

test("outside(fn) is nobody's", async () => {
  await withWatch({}, async ({ job, rows }) => {
    const made = []
    for (let i = 0; i < 3; i++) {
      await job('mail', () =>
        outside(() => {
          made.push(setInterval(() => {}, 60_000))
          process.on('holdover-outside', () => {})
        })
      )
    }
    assert.deepEqual(await rows(), [])
    clearAll(made)
    process.removeAllListeners('holdover-outside')
  })
})

test('a job that is open is not judged', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const made = []
    let finish
    const running = job('slow', async () => {
      made.push(setInterval(() => {}, 60_000))
      await new Promise((resolve) => {
        finish = resolve
      })
    })
    assert.deepEqual(await rows(), [])
    finish()
    await running
    assert.equal((await rows()).length, 1)
    clearAll(made)
  })
})

test('the grace period is kept: rates count only jobs that are past it', async () => {
  await withWatch({ mode: 'production', graceMs: 1_000 }, async ({ job, rows, passTime, ledger }) => {
    const made = []
    const leak = () => job('mail', () => made.push(setInterval(() => {}, 60_000)))
    await leak()
    await leak()
    assert.deepEqual(await rows(), [])
    passTime(1_000)
    await leak()
    const [row] = await rows()
    assert.equal(row.survivors.length, 2)
    const [, , , , , cut, , , finishedAll] = ledger.batches.at(-1)
    assert.deepEqual([cut, finishedAll], [2, 2])
    clearAll(made)
  })
})

test('a clock that is set back costs a grace period at most, and no pass', async (t) => {
  const timers = []
  t.after(() => clearAll(timers))
  await withWatch({ mode: 'production', graceMs: 1_000 }, async ({ watch, job, rows, passTime }) => {
    const leaky = () => job('mail', () => timers.push(setInterval(() => {}, 60_000)))
    passTime(3_600_000)
    for (let i = 0; i < 3; i++) await leaky()
    await job('mail', async () => {
      timers.push(setInterval(() => {}, 60_000))
      passTime(-3_000_000)
    })
    assert.deepEqual(await rows(), [])
    const mail = watch.jobs.nameOf('mail')
    assert.deepEqual([mail.totalMs, mail.maxMs], [0, 0])
    passTime(1_000)
    assert.equal((await rows())[0].survivors.length, 4)
  })
})

test('what happened in the warm-up is not counted', async () => {
  await withWatch({}, async ({ job, rows, watch, ledger }) => {
    const made = []
    const leak = () => job('mail', () => made.push(setInterval(() => {}, 60_000)))
    for (let i = 0; i < 5; i++) await leak()
    watch.jobs.endWarmup()
    for (let i = 0; i < 2; i++) await leak()
    const [row] = await rows()
    assert.equal(row.survivors.length, 2)
    assert.equal(ledger.batches.at(-1)[8], 2)
    clearAll(made)
  })
})

test('production samples the first jobs of a name, then few, and more while a finding has no place', async () => {
  await withWatch({ mode: 'production' }, async ({ job, watch }) => {
    const bus = new EventEmitter()
    const once = () =>
      job('mail', () => {
        const f = () => {}
        bus.on('x', f)
        bus.off('x', f)
      })
    for (let i = 0; i < 5; i++) await once()
    assert.equal(watch.sites.captures, 5)
    for (let i = 0; i < 58; i++) await once()
    assert.equal(watch.sites.captures, 5)
    await once()
    assert.equal(watch.sites.captures, 6, 'one in 64')
    watch.sampling.wanted = new Set(['x'])
    await once()
    assert.equal(watch.sites.captures, 7)
  })
})
