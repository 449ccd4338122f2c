'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const timersPromises = require('node:timers/promises')
const { promisify } = require('node:util')
const { wait } = require('../../js/collect')
const { coerceDelay } = require('../../js/survivors/timers')
const { withWatch } = require('../helpers/run-watch')

const KIND = { interval: 2, timeout: 3, immediate: 4 }
const ofKind = (rows, kind) => rows.filter((row) => row.kind === KIND[kind])
const clearAll = (timers) => {
  for (const timer of timers) clearInterval(timer)
}
const total = (rows) => rows.reduce((sum, row) => sum + row.survivors.length, 0)

for (const privateFields of [true, false]) {
  for (const mode of ['check', 'production']) {
    const how = `${mode}, ${privateFields ? 'enumerated' : 'recorded'}`

    test(`intervals are seen, also unref'd ones, and gone once cleared (${how})`, async () => {
      await withWatch({ mode, privateFields }, async ({ job, rows }) => {
        const made = []
        for (let i = 0; i < 4; i++) {
          await job('mail', async () => {
            made.push(
              setInterval(() => {}, 60_000),
              setInterval(() => {}, 61_000).unref()
            )
            clearInterval(setInterval(() => {}, 60_000))
          })
        }
        assert.equal(total(ofKind(await rows(), 'interval')), 8)
        for (const timer of made) clearInterval(timer)
        assert.equal(total(ofKind(await rows(), 'interval')), 0)
      })
    })

    test(`a timer made by a timer after its job ended belongs to that job (${how})`, async () => {
      await withWatch({ mode, privateFields }, async ({ job, rows }) => {
        const made = []
        for (let i = 0; i < 3; i++)
          await job('mail', async () => {
            setTimeout(() => made.push(setInterval(() => {}, 60_000)), 1)
          })
        await wait(20)
        const [row] = ofKind(await rows(), 'interval')
        assert.equal(row.job, 'mail')
        assert.deepEqual(row.survivors.map((survivor) => survivor.origin).sort(), [1, 2, 3])
        for (const timer of made) clearInterval(timer)
      })
    })

    test(`an immediate loop is seen after its job, and gone once it stops (${how})`, async () => {
      await withWatch({ mode, privateFields }, async ({ job, rows }) => {
        let running = true
        for (let i = 0; i < 3; i++) {
          await job('mail', async () => {
            const loop = () => {
              if (running) setImmediate(loop)
            }
            loop()
          })
        }
        await wait(5)
        assert.equal(total(ofKind(await rows(), 'immediate')), 3)
        running = false
        await wait(5)
        assert.equal(total(ofKind(await rows(), 'immediate')), 0)
      })
    })
  }
}

test('check: a long timeout is seen with its delay', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const made = []
    for (let i = 0; i < 3; i++) await job('mail', () => made.push(setTimeout(() => {}, 3_600_000)))
    const [row] = ofKind(await rows(), 'timeout')
    assert.equal(row.survivors.length, 3)
    assert.equal(row.heldMs, 3_600_000)
    for (const timer of made) clearTimeout(timer)
  })
})

test('check: promised timers are seen at the line that asked for them', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const controller = new AbortController()
    const { signal } = controller
    const quiet = (promise) => promise.catch(() => {})
    for (let i = 0; i < 3; i++) {
      await job('mail', async () => {
        quiet(timersPromises.setTimeout(3_600_001, null, { signal }))
        quiet(promisify(setTimeout)(3_600_002, null, { signal }))
        quiet(timersPromises.scheduler.wait(3_600_003, { signal }))
        quiet(
          (async () => {
            for await (const _ of timersPromises.setInterval(3_600_004, null, { signal }));
          })()
        )
      })
    }
    const seen = (await rows()).filter((row) => row.kind !== 1)
    assert.deepEqual(seen.map((row) => [row.heldMs, row.survivors.length]).sort(), [
      [3_600_001, 3],
      [3_600_002, 3],
      [3_600_003, 3],
      [3_600_004, 3]
    ])
    for (const row of seen) assert.match(row.survivors[0].site.file, /timers\.test\.js$/)
    controller.abort()
    await wait(5)
    assert.equal(total((await rows()).filter((row) => row.kind !== 1)), 0)
  })
})

test("check: Node's own timers on a job's behalf are not the job's", async () => {
  await withWatch({}, async ({ job, rows }) => {
    const kept = []
    for (let i = 0; i < 3; i++) await job('mail', () => kept.push(AbortSignal.timeout(3_600_000)))
    assert.equal(total(ofKind(await rows(), 'timeout')), 0)
  })
})

test('production: a one-shot timer is judged only after it is due, or when it is hours away', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows, passTime }) => {
    const made = []
    let chain
    for (let i = 0; i < 3; i++) {
      await job('mail', () => {
        made.push(
          setTimeout(() => {}, 60_000),
          setTimeout(() => {}, 24 * 3_600_000)
        )
        const rearm = () => {
          chain = setTimeout(rearm, 5)
        }
        rearm()
        made.push({ [Symbol.toPrimitive]: () => chain })
      })
    }
    assert.deepEqual(
      ofKind(await rows(), 'timeout').map((row) => row.heldMs),
      [24 * 3_600_000]
    )
    passTime(1_000)
    const held = ofKind(await rows(), 'timeout')
      .map((row) => row.heldMs)
      .sort((a, b) => a - b)
    assert.deepEqual(held, [5, 24 * 3_600_000], 'still there long after it was due: it arms itself again')
    for (const timer of made) clearTimeout(timer)
  })
  // The re-arming chains end with the process of this test file.
})

test('intervals that fire while a long list of them is walked are counted once each', async (t) => {
  await withWatch({ mode: 'production' }, async ({ watch, ledger, job }) => {
    const made = []
    t.after(() => clearAll(made))
    const leave = (count) =>
      job('mail', async () => {
        for (let i = 0; i < count; i++) made.push(setInterval(() => {}, 700))
      })
    await leave(6_000)
    await wait(500)
    await leave(5_000)
    const pass = watch.beginPass(false)
    const steps = watch.walk(pass)
    // One chunk of the newest; then the six thousand fire and are the newest themselves.
    while (pass.survivors === 0) steps.next()
    assert.ok(pass.survivors < 5_000)
    await wait(300)
    while (!steps.next().done);
    watch.finishPass(pass)
    assert.equal(total(ofKind(ledger.lastPass(), 'interval')), 11_000)
  })
})

test('intervals that were counted and fire before the pass is over are counted once', async (t) => {
  await withWatch({ mode: 'production' }, async ({ watch, ledger, job }) => {
    const made = []
    t.after(() => clearAll(made))
    await job('mail', async () => {
      for (let i = 0; i < 9_000; i++) made.push(setInterval(() => {}, 100))
    })
    const pass = watch.beginPass(false)
    const steps = watch.walk(pass)
    while (pass.survivors === 0) steps.next()
    assert.ok(pass.survivors < 9_000)
    // All of them fire, so that nothing stands where the walk was.
    await wait(150)
    while (!steps.next().done);
    watch.finishPass(pass)
    assert.equal(total(ofKind(ledger.lastPass(), 'interval')), 9_000)
  })
})

test('a walk finds its place again among timers of one millisecond when the next one was cleared', async (t) => {
  await withWatch({ mode: 'production' }, async ({ watch, ledger, job }) => {
    const made = []
    t.after(() => clearAll(made))
    await job('mail', async () => {
      for (let i = 0; i < 9_000; i++) made.push(setInterval(() => {}, 60_000))
    })
    const pass = watch.beginPass(false)
    const steps = watch.walk(pass)
    while (pass.survivors === 0) steps.next()
    // From the newest to the oldest: the next one is this.
    const [next] = made.splice(9_000 - pass.survivors - 1, 1)
    clearInterval(next)
    while (!steps.next().done);
    watch.finishPass(pass)
    assert.equal(total(ofKind(ledger.lastPass(), 'interval')), 8_999)
  })
})

test('a one-shot timer that is due and has not fired yet is waited for', async () => {
  await withWatch({}, async ({ watch, job }) => {
    await job('mail', async () => void setTimeout(() => {}, 5))
    const until = performance.now() + 20
    while (performance.now() < until);
    assert.ok(watch.dueWithin(1_000) > 0)
    await wait(10)
    assert.equal(watch.dueWithin(1_000), 0)
  })
})

test('one-shot timers of a long delay are not waited for, however soon they are due', async () => {
  await withWatch({}, async ({ job, watch }) => {
    const made = []
    await job('mail', async () =>
      made.push(
        setTimeout(() => {}, 20_000),
        setTimeout(() => {}, 30_000)
      )
    )
    const dueMs = watch.dueWithin(60_000)
    assert.ok(dueMs > 19_000 && dueMs <= 20_000, `${dueMs}`)
    clearAll(made)
  })
})

test('durations without a live timer are forgotten', async () => {
  await withWatch({}, async ({ job, rows, watch }) => {
    for (let i = 1; i <= 1_000; i++) await job('mail', () => clearTimeout(setTimeout(() => {}, i * 10)))
    await rows()
    assert.ok(watch.timers.durations.size < 10, `${watch.timers.durations.size} left`)
  })
})

test('a delay is read as Node reads it', () => {
  for (const [delay, expected] of [
    [5, 5],
    [0, 1],
    [-1, 1],
    [NaN, 1],
    [2 ** 31, 1],
    [undefined, 1],
    ['20', 1]
  ]) {
    assert.equal(coerceDelay(delay), expected)
  }
})
