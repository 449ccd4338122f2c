'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { runBody } = require('./helpers/child')

test('where Node cannot say how much memory there is, nothing throws and the rest is told', async () => {
  const { code, stdout, stderr } = await runBody(async () => {
    // What Node does where /proc cannot be read, as in a chroot without it.
    const fail = () => {
      throw new Error('ENOENT: no such file or directory, uv_resident_set_memory')
    }
    process.memoryUsage = Object.assign(fail, { rss: fail })
    const { EventEmitter } = require('node:events')
    const bus = new EventEmitter().setMaxListeners(0)

    const tracker = holdover.start()
    holdover.runJob('mail', () => bus.on('end', () => {}))
    const { memory } = tracker.report()
    tracker.stop()

    const heaps = []
    const stop = require('./js/signals/gc').watchMajorCollections((bytes) => heaps.push(bytes))
    require('node:v8').setFlagsFromString('--expose-gc')
    require('node:vm').runInNewContext('gc')()
    // The observer of collections is told in a later turn.
    while (heaps.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    stop()

    const { verdict } = await holdover.check(() => bus.on('end', () => {}))
    const told = [memory.heapUsedBytes, heaps[0]].map((bytes) => bytes > 0)
    console.log(JSON.stringify({ rss: memory.rssBytes, told, verdict }))
  })
  assert.equal(code, 0, stderr)
  assert.deepEqual(JSON.parse(stdout), { rss: 0, told: [true, true], verdict: 'leaks' })
})
