'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { collect } = require('../../js/collect')
const { withWatch } = require('../helpers/run-watch')

/** An emitter that the first `warm` jobs have seen, so that it is shared. */
function sharedEmitter() {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)
  return emitter
}

const listenerRows = (rows, event) => rows.filter((row) => row.kind === 1 && row.shape.event === event)

for (const privateFields of [true, false]) {
  const how = privateFields ? 'private fields' : 'the public API'

  test(`a listener per job on a shared emitter is seen, and gone once removed (${how})`, async () => {
    await withWatch({ privateFields }, async ({ job, rows }) => {
      const bus = sharedEmitter()
      const added = []
      for (let i = 0; i < 5; i++)
        await job('mail', async () => {
          added.push(() => i)
          bus.on('end', added.at(-1))
        })
      const [row] = listenerRows(await rows(), 'end')
      assert.equal(row.survivors.length, 5)
      assert.equal(row.owners, 1)
      assert.equal(row.holders, 5)
      assert.equal(row.shape.owner, 'EventEmitter')
      for (const listener of added) bus.off('end', listener)
      assert.deepEqual(listenerRows(await rows(), 'end'), [])
    })
  })

  test(`EventTarget and AbortSignal listeners are seen; those of an aborted signal are over (${how})`, async () => {
    await withWatch({ privateFields }, async ({ job, rows }) => {
      const target = new EventTarget()
      const controller = new AbortController()
      for (let i = 0; i < 3; i++) {
        await job('mail', () => {
          target.addEventListener('x', () => i)
          target.addEventListener('y', {
            handleEvent() {
              return i
            }
          })
          controller.signal.addEventListener('abort', () => i)
        })
      }
      const before = await rows()
      for (const event of ['x', 'y', 'abort'])
        assert.equal(listenerRows(before, event)[0].survivors.length, 3, event)
      controller.abort()
      assert.deepEqual(listenerRows(await rows(), 'abort'), [])
    })
  })
}

test('listeners on an emitter that dies with its job are nothing', async () => {
  await withWatch({}, async ({ job, rows }) => {
    for (let i = 0; i < 5; i++)
      await job('mail', async () => {
        new EventEmitter().on('local', () => i)
        await null
      })
    assert.deepEqual(listenerRows(await rows(), 'local'), [])
  })
})

test('production: an owner that one job alone has seen is never a finding, and gets no WeakRef', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows, watch }) => {
    const kept = []
    for (let i = 0; i < 5; i++) {
      await job('mail', () => {
        const own = new EventEmitter()
        own.on('own', () => i)
        kept.push(own)
      })
    }
    assert.deepEqual(listenerRows(await rows(), 'own'), [])
    assert.equal(watch.listeners.records.length, 1, 'only process')
  })
})

test('production: an owner first seen outside any job is shared from the first job on', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows }) => {
    await job('mail', () => {})
    const bus = sharedEmitter()
    bus.on('ready', () => {})
    await collect()
    for (let i = 0; i < 3; i++) await job('mail', () => bus.on('end', () => i))
    const [row] = listenerRows(await rows(), 'end')
    assert.equal(row.survivors.length, 3)
  })
})

test('process is shared from the start', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows }) => {
    const listener = () => {}
    await job('mail', () => process.on('holdover-test', listener))
    const [row] = listenerRows(await rows(), 'holdover-test')
    assert.equal(row.survivors.length, 1)
    assert.equal(row.survivors[0].flags & 8, 0, 'decided by state alone')
    process.off('holdover-test', listener)
  })
})

test('a weak reference alone is marked, until the owner has been in use for a grace period', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows, passTime }) => {
    const bus = sharedEmitter()
    const leak = (i) => job('mail', () => bus.on('end', () => i))
    for (let i = 0; i < 3; i++) await leak(i)
    assert.equal(
      listenerRows(await rows(), 'end')[0].survivors.every((survivor) => survivor.flags & 8),
      true
    )
    passTime(1)
    await leak(3)
    const flags = listenerRows(await rows(), 'end')[0].survivors.map((survivor) => survivor.flags & 8)
    assert.deepEqual(flags, [0, 0, 0], 'in use for longer than a grace period: its list is evidence')
  })
})

test('a listener that reaches its target through a WeakRef waits for collections, whatever its owner is', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows }) => {
    const target = new WeakRef({ stale: false })
    const added = []
    const on = (listener) => process.on('holdover-test', added[added.push(listener) - 1])
    for (let i = 0; i < 3; i++) {
      await job('mail', () => {
        on(() => target.deref()?.stale)
        on(() => i)
      })
    }
    const found = listenerRows(await rows(), 'holdover-test')
    assert.deepEqual(found.map(({ survivors }) => survivors.map(({ flags }) => flags & 8)).sort(), [
      [0, 0, 0],
      [8, 8, 8]
    ])
    for (const listener of added) process.off('holdover-test', listener)
  })
})

test('what is registered while a pass goes on, behind where it looked, still counts', async () => {
  await withWatch({}, async ({ job, rows, watch }) => {
    const bus = sharedEmitter()
    const handler = () => {}
    const register = (times) => job('mail', () => Array.from({ length: times }, () => bus.on('end', handler)))
    await register(5)
    const pass = watch.beginPass(false)
    Array.from(watch.walk(pass))
    await register(3)
    watch.recorder.drain()
    watch.finishPass(pass)
    await register(2)
    assert.equal(listenerRows(await rows(), 'end')[0].survivors.length, 10)
    for (let i = 0; i < 4; i++) bus.off('end', handler)
    assert.equal(listenerRows(await rows(), 'end')[0].survivors.length, 6)
  })
})

test('one function registered by many jobs counts as often as it is listed', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const bus = sharedEmitter()
    const handler = () => {}
    for (let i = 0; i < 6; i++) await job('mail', () => bus.on('end', handler))
    assert.equal(listenerRows(await rows(), 'end')[0].survivors.length, 6)
    bus.off('end', handler)
    bus.off('end', handler)
    assert.equal(listenerRows(await rows(), 'end')[0].survivors.length, 4)
    for (let i = 0; i < 100; i++)
      await job('mail', async () => {
        bus.on('end', handler)
        await collect()
        bus.off('end', handler)
      })
    assert.equal(listenerRows(await rows(), 'end')[0].survivors.length, 4)
  })
})

test('one function that jobs register and take off is of the job that left it', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const bus = sharedEmitter()
    const other = () => {}
    const handler = () => {}
    bus.on('done', other)
    for (let i = 0; i < 5; i++) {
      await job('tidy', async () => {
        bus.on('done', handler)
        await null
        bus.off('done', handler)
      })
    }
    await job('careless', () => bus.on('done', handler))
    const found = listenerRows(await rows(), 'done').map(({ job, survivors }) => [job, survivors.length])
    assert.deepEqual(found, [['careless', 1]])
  })
})

test('one function that 100,000 jobs register and take off, between two looks, leaves nothing', async () => {
  await withWatch({}, async ({ job }) => {
    const bus = sharedEmitter()
    const handler = () => {}
    const work = async () => {
      bus.on('done', handler)
      // Beyond the end of the turn, at which registrations that are over are forgotten anyway.
      await new Promise((resolve) => setImmediate(resolve))
      bus.off('done', handler)
    }
    await job('tidy', work)
    await collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 100_000; i++) await job('tidy', work)
    await collect()
    const grown = process.memoryUsage().heapUsed - before
    assert.ok(grown < 2 * 2 ** 20, `${grown} bytes`)
  })
})

test('event names with ids in them are one shape', async () => {
  await withWatch({}, async ({ job, rows }) => {
    const bus = sharedEmitter()
    for (let i = 0; i < 4; i++) await job('mail', () => bus.once(`reply:${1000 + i}`, () => {}))
    assert.equal(listenerRows(await rows(), 'reply:#')[0].survivors.length, 4)
  })
})

test('no emitter, listener or job is kept alive', async () => {
  await withWatch({ mode: 'production' }, async ({ job, rows, watch }) => {
    const refs = []
    const bus = sharedEmitter()
    for (let i = 0; i < 50; i++) {
      await job('mail', async () => {
        const own = new EventEmitter()
        const listener = () => own
        own.on('x', listener)
        bus.once('x', listener)
        await null
        bus.off('x', listener)
        refs.push(new WeakRef(own), new WeakRef(listener))
      })
    }
    await rows()
    await collect()
    await collect()
    assert.equal(refs.filter((ref) => ref.deref() !== undefined).length, 0)
    assert.equal(watch.jobs.open.size, 0)
  })
})

test('one job with 100,000 short-lived emitters holds 64 of them at most', async () => {
  await withWatch({ mode: 'production' }, async ({ job, watch }) => {
    await job('burst', () => {
      for (let i = 0; i < 100_000; i++) {
        new EventEmitter().on('x', () => i)
        const [scope] = watch.jobs.open
        assert.ok(scope.births === null || scope.births.length <= 4 * 64)
      }
    })
  })
})

test('what a hook is told never throws into the host', async () => {
  await withWatch({}, async ({ job, watch }) => {
    const hostile = new Proxy(new EventEmitter(), {
      get(target, key, receiver) {
        if (key === '_events' && hostile.armed) throw new Error('trap')
        return Reflect.get(target, key, receiver)
      }
    })
    await job('mail', async () => {
      hostile.on('x', () => {})
      hostile.armed = true
    })
    assert.equal(watch.faults, 1)
  })
})
