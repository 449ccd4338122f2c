'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { runBody } = require('./helpers/child')

test('worker threads that leave in any way crash nothing and leave nothing in the ledger', async () => {
  const { code, signal, stdout, stderr } = await runBody(async () => {
    const { Worker } = require('node:worker_threads')
    const { native } = require(require.resolve('./js/native.js', { paths: [process.cwd()] }))
    const bytes = () => JSON.parse(native().ledgerStats()).bytes
    const script = (ending) => `
      const holdover = require('./js/index.js')
      holdover.start({ graceMs: 10, report: { everyMs: 0 } })
      const bus = new (require('node:events').EventEmitter)().setMaxListeners(0)
      for (let i = 0; i < 20; i++) holdover.runJob('mail', () => bus.on('end', () => i))
      ${ending}`
    const endings = {
      return: '',
      exit: 'process.exit(0)',
      throw: "throw new Error('expected')",
      terminate: "require('node:worker_threads').parentPort.postMessage('up'); setInterval(() => {}, 1000)"
    }
    const run = (name) =>
      new Promise((resolve) => {
        const worker = new Worker(script(endings[name]), { eval: true })
        worker.on('message', () => worker.terminate())
        worker.on('error', () => {})
        worker.on('exit', resolve)
      })
    // The first of each kind leaves its interned texts.
    await Promise.all(Object.keys(endings).map(run))
    const before = bytes()
    for (let round = 0; round < 10; round++) await Promise.all(Object.keys(endings).map(run))
    console.log(JSON.stringify({ before, after: bytes() }))
  })
  assert.equal(code, 0, `${signal} ${stderr}`)
  const { before, after } = JSON.parse(stdout)
  // Texts interned since, and no run: one is some 300 bytes, and 40 threads have come and gone.
  assert.ok(after < before + 2_000, `${before} bytes before, ${after} after`)
})

test('each thread has its own tracker', async () => {
  const { stdout } = await runBody(async () => {
    const { Worker } = require('node:worker_threads')
    const tracker = holdover.start({ graceMs: 10, report: { everyMs: 0 } })
    holdover.runJob('main', () => {})
    const worker = new Worker(
      `const holdover = require('./js/index.js')
       const tracker = holdover.start({ graceMs: 10, report: { everyMs: 0 } })
       holdover.runJob('thread', () => {})
       require('node:worker_threads').parentPort.postMessage(tracker.report().jobs)`,
      { eval: true }
    )
    const jobs = await new Promise((resolve) => worker.once('message', resolve))
    console.log(JSON.stringify([jobs, tracker.report().jobs].map((list) => list.map((job) => job.name))))
  })
  assert.deepEqual(JSON.parse(stdout), [['thread'], ['main']])
})
