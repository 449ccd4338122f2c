'use strict'

const { runInJob } = require('./scope')
const { clock } = require('./engine')
const { JobErrors } = require('./job-errors')
const originals = require('./originals')

/** A job is left behind as hanging after this long, and after this many times its slowest peer. */
const HANG_MS = 2_000
const HANG_FACTOR = 20

/** The jobs of a check: each in a scope of its own, and none that hangs keeps the next from starting. */
class CheckJobs {
  /** @param {any} watch @param {any} name of the jobs, see job-book.js @param {number} concurrency @param {number} deadline */
  constructor(watch, name, concurrency, deadline) {
    this.watch = watch
    this.name = name
    this.concurrency = concurrency
    this.deadline = deadline
    this.started = 0
    this.hanging = 0
    this.errors = new JobErrors()
  }

  /**
   * Runs the next jobs, `concurrency` at a time.
   * @param {number} count @param {(i: number) => any} job @param {() => boolean} mustStop
   */
  async run(count, job, mustStop) {
    const end = this.started + count
    const lane = async () => {
      while (this.started < end && !mustStop()) await this.runOne(this.started++, job)
    }
    await Promise.all(Array.from({ length: Math.min(this.concurrency, count) }, lane))
  }

  /** @param {number} i @param {(i: number) => any} job */
  async runOne(i, job) {
    let settled = false
    const running = (async () =>
      runInJob(this.watch, { name: this.name.text, id: `#${i}` }, job, undefined, [i]))()
      .then(
        () => {},
        (error) => this.errors.note(error)
      )
      .finally(() => {
        settled = true
      })
    await this.untilDoneOrHanging(running)
    if (!settled) this.hanging++
  }

  /**
   * A job that hangs is left open and reported as stuck; the next one starts without it.
   * @param {Promise<void>} running
   */
  async untilDoneOrHanging(running) {
    const remainingMs = this.deadline - clock()
    const patienceMs = Math.max(HANG_MS, HANG_FACTOR * this.name.maxMs)
    const fewPeers = this.name.finishedCount < 3
    const limitMs = Math.max(0, fewPeers ? remainingMs : Math.min(remainingMs, patienceMs))
    const { promise, cancel } = cancellableWait(limitMs)
    await Promise.race([running, promise])
    cancel()
  }
}

/** @param {number} ms */
function cancellableWait(ms) {
  /** @type {any} */
  let timer
  const promise = new Promise((resolve) => {
    timer = originals.setTimeout(resolve, ms)
  })
  return { promise, cancel: () => originals.dropTimer(timer) }
}

module.exports = { CheckJobs }
