'use strict'

/**
 * One thread of the storm: loads holdover, works, and ends in the way it was told. Runs from its file or as `eval`.
 * Finished jobs are counted beside holdover, in memory that outlives the thread.
 */

const { parentPort, workerData } = require('node:worker_threads')
const { EventEmitter } = require('node:events')

const { ending, holdoverFile, counts, passEveryMs } = workerData
const DONE = 0
const bus = new EventEmitter().setMaxListeners(0)

if (ending === 'terminate while loading') parentPort.postMessage('now')
const holdover = require(holdoverFile)
const tracker = holdover.start({ graceMs: passEveryMs, report: { everyMs: 100, logger: silent() } })

function silent() {
  return { info() {}, warn() {}, error() {} }
}

/** @param {() => void} [work] */
function job(work) {
  holdover.runJob('mail', () => {
    bus.on('end', () => {})
    setInterval(() => {}, 60_000).unref()
    work?.()
  })
  Atomics.add(counts, DONE, 1)
}

/** Takes memory until this thread has none left. */
function fill() {
  const taken = []
  for (;;) taken.push(new Array(10_000).fill(taken.length))
}

function stay() {
  setInterval(() => {}, 1_000)
}

const endings = {
  return() {},
  exit() {
    process.exit(3)
  },
  throw() {
    throw new Error('expected')
  },
  reject() {
    Promise.reject(new Error('expected'))
    stay()
  },
  'exit in a job'() {
    job(() => process.exit(3))
  },
  'out of memory'() {
    job(fill)
  },
  'terminate while starting': stay,
  'terminate while loading': stay,
  'terminate in a job'() {
    parentPort.postMessage('now')
    for (;;) job(() => new Promise(() => {}))
  },
  'terminate in a pass'() {
    for (let i = 0; i < 2_000; i++) job()
    parentPort.postMessage('now')
    for (;;) tracker.report()
  },
  'terminate between passes'() {
    parentPort.postMessage('now')
    setInterval(job, 1)
  }
}

for (let i = 0; i < 20; i++) job()
endings[ending]()
