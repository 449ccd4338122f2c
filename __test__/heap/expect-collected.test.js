'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { heap } = require('../../js')
const { runBody } = require('../helpers/child')

class Parcel {
  constructor() {
    this.text = 'x'
  }
}

/** In a variable of a function, and so on a path that can be told. */
const cache = new Map()

/** What is made by `make` is held by nothing here. @param {() => object} make @param {any} [options] */
function expect(make, options) {
  return heap.expectCollected(make(), options)
}

/** @param {Promise<unknown>} promise @returns {Promise<any>} */
async function rejection(promise) {
  return promise.then(
    () => assert.fail('it was collected'),
    (error) => error
  )
}

describe('heap.expectCollected', () => {
  test('rejects with what holds the object, and resolves once that is gone', async () => {
    const kept = () => {
      const parcel = new Parcel()
      cache.set('a', { deep: [parcel] })
      return parcel
    }
    const error = await rejection(expect(kept, { timeoutMs: 50 }))
    assert.equal(error.code, 'HOLDOVER_NOT_COLLECTED')
    const [first, , held] = error.message.split('\n')
    assert.match(
      first,
      /^the Parcel was not collected within 50 ms and \d+ forced collections\. What holds it:$/
    )
    assert.match(held, /^ {3}held by {3}variable cache Map → \[\*\] .* → \.deep Array → \[\*\] Parcel/)
    assert.ok(error.collections >= 3)
    assert.equal(error.retainers.objects, 1)

    const again = () => cache.get('a').deep[0]
    const collected = expect(again)
    cache.clear()
    await collected
  })

  test('knows functions, and what a timer or a listener holds', async () => {
    /** @type {NodeJS.Timeout[]} */
    const timers = []
    const timed = () => {
      const parcel = new Parcel()
      timers.push(setTimeout(() => parcel.text, 1e6))
      return parcel
    }
    const byTimer = await rejection(expect(timed, { timeoutMs: 0 }))
    assert.match(byTimer.message, /held by {3}variable parcel Parcel .*expect-collected\.test\.js:\d+\)\n/)
    assert.match(byTimer.message, /by way of .*TimersList .*Timeout/)
    clearTimeout(timers[0])

    const listening = () => {
      const onDone = function onDone() {}
      process.on('holdover-done', onDone)
      return onDone
    }
    const byListener = await rejection(expect(listening, { timeoutMs: 0 }))
    assert.match(byListener.message, /^the function onDone was not .*\["holdover-done"\] onDone/s)
    process.removeAllListeners('holdover-done')
  })

  test('resolves for what goes while it waits, and several at once are told apart', async () => {
    const slow = () => {
      const parcel = new Parcel()
      cache.set('slow', parcel)
      setTimeout(() => cache.delete('slow'), 60)
      return parcel
    }
    class Other {}
    const other = () => {
      const made = new Other()
      cache.set('other', made)
      return made
    }
    const [gone, error] = await Promise.all([
      expect(slow, { timeoutMs: 10_000 }),
      rejection(expect(other, { timeoutMs: 0 }))
    ])
    assert.equal(gone, undefined)
    assert.match(error.message, /^the Other was not collected.*variable cache Map → \[\*\] Other/s)
    cache.clear()
  })

  test('leaves the object as it was, and forgets it', async () => {
    const frozen = Object.freeze({ a: 1 })
    const error = await rejection(heap.expectCollected(frozen, { timeoutMs: 0 }))
    assert.deepEqual(Reflect.ownKeys(frozen), ['a'])
    // By the variable alone, and not by whoever asked whether it is there.
    assert.equal(error.retainers.ways, 1)
    assert.match(error.message, /by way of .*Generator → a function that waits$/)
    assert.doesNotMatch(error.message, /HoldoverMark/)
  })

  test('an object that throws when it is looked at is an object like any other', async () => {
    const hostile = () => {
      const object = new Proxy(
        {},
        {
          get() {
            throw new Error('no')
          }
        }
      )
      return object
    }
    await expect(hostile)
  })

  test('where a snapshot costs too much the error says that instead of what holds it', async () => {
    const { stdout } = await runBody(async () => {
      require('node:os').freemem = () => 1_000
      const kept = {}
      const error = await holdover.heap.expectCollected(kept, { timeoutMs: 0 }).catch((error) => error)
      console.log(error.code, error.message, error.retainers, typeof kept)
    })
    assert.match(
      stdout,
      /^HOLDOVER_NOT_COLLECTED the Object was not .*What holds it is not known: .* 1\.0 kB are available.* null object\n$/s
    )
  })

  test('arguments, and HOLDOVER=off', async () => {
    for (const wrong of [7, null, 'text', undefined]) {
      assert.equal((await rejection(heap.expectCollected(/** @type {any} */ (wrong)))).code, 'HOLDOVER_ARG')
    }
    const { message } = await rejection(heap.expectCollected({}, { timeoutMs: -1 }))
    assert.equal(message, 'heap.expectCollected: timeoutMs must be milliseconds from 0, got -1')
    const off = () => holdover.heap.expectCollected({}).catch((error) => console.log(error.code))
    assert.equal((await runBody(off, { env: { HOLDOVER: 'off' } })).stdout, 'HOLDOVER_OFF\n')
  })
})
