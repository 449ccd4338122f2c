'use strict'

const originals = require('./originals')
const { collect } = require('./collect')
const { JobErrors } = require('./job-errors')
const { memoryUsage } = require('./usage')

/** Points at which memory is measured, evenly over the jobs. */
const POINTS = 10
/** Fewer jobs than this say nothing: one buffer of Node's own would be a growth per job. */
const MIN_JOBS = 20
/** Collections before a point beyond a limit counts: what a finalizer holds goes with the second or third. */
const COLLECTIONS = 3
const BYTES_PER_MB = 1e6

/** Taken at load: runners replace it by a fake clock. */
const clock = Date.now

/**
 * @typedef {object} Point after a forced collection
 * @property {number} jobs finished by then
 * @property {number} heapUsedBytes
 * @property {number} rssBytes 0: unknown
 */

/**
 * @typedef {object} MemoryResult
 * @property {'within' | 'beyond' | 'inconclusive'} verdict
 * @property {Point[]} points the first one is right after the warm-up
 * @property {number} completed
 * @property {number} failed
 * @property {Map<string, number>} errors
 * @property {string[]} missing why it is inconclusive
 */

/** Runs a job again and again and measures what the process holds. */
class MemoryCheck {
  /** @param {(i: number) => unknown} job @param {any} options resolved */
  constructor(job, options) {
    this.job = job
    this.options = options
    this.deadline = clock() + options.timeoutMs
    this.next = 0
    this.completed = 0
    this.failed = 0
    this.errors = new JobErrors()
    /** @type {Point[]} */
    this.points = []
  }

  get isOver() {
    return clock() >= this.deadline
  }

  /** @returns {Promise<MemoryResult>} */
  async run() {
    const { jobs, warmupJobs } = this.options
    await this.runUpTo(warmupJobs)
    this.completed = 0
    this.failed = 0
    for (let i = 0; i < COLLECTIONS; i++) await collect()
    this.measure(0)
    for (let point = 1; point <= POINTS && !this.isOver; point++) {
      await this.runUpTo(warmupJobs + Math.round((jobs * point) / POINTS))
      await this.measureCollected()
    }
    return this.judge()
  }

  /** @param {number} end */
  async runUpTo(end) {
    const lane = async () => {
      while (this.next < end && !this.isOver) await this.runOne(this.next++)
    }
    await Promise.all(Array.from({ length: this.options.concurrency }, lane))
  }

  /** @param {number} i */
  async runOne(i) {
    /** @type {any} */
    let timer
    const limit = new Promise((resolve) => {
      timer = originals.setTimeout(resolve, Math.max(0, this.deadline - clock()))
    })
    const running = (async () => this.job(i))().then(
      () => void this.completed++,
      (error) => {
        this.failed++
        this.errors.note(error)
      }
    )
    await Promise.race([running, limit])
    originals.dropTimer(timer)
  }

  /** @param {number} jobs */
  measure(jobs) {
    const { heapUsed, rss } = memoryUsage()
    const point = { jobs, heapUsedBytes: heapUsed, rssBytes: rss }
    this.points.push(point)
    return point
  }

  async measureCollected() {
    const jobs = this.completed + this.failed
    for (let i = 0; i < COLLECTIONS; i++) {
      if (i > 0) this.points.pop()
      await collect()
      if (!this.isBeyond(this.measure(jobs))) return
    }
  }

  /** @param {Point} point */
  isBeyond(point) {
    const { heapMb, rssMb } = this.options
    const [first] = this.points
    const isOver = (/** @type {number | null} */ limitMb, /** @type {number} */ grown) =>
      limitMb !== null && grown > limitMb * BYTES_PER_MB
    return (
      isOver(heapMb, point.heapUsedBytes - first.heapUsedBytes) ||
      isOver(rssMb, point.rssBytes - first.rssBytes)
    )
  }

  /** @returns {MemoryResult} */
  judge() {
    const { points, completed, failed } = this
    const errors = this.errors.counts
    const missing = this.missing()
    const isBeyond = points.some((point) => this.isBeyond(point))
    const hasEnough = missing.length === 0
    const verdict = isBeyond ? 'beyond' : hasEnough ? 'within' : 'inconclusive'
    return { verdict, points, completed, failed, errors, missing }
  }

  missing() {
    const { jobs } = this.options
    const finished = this.completed + this.failed
    const missing = []
    if (finished < MIN_JOBS)
      missing.push(`only ${finished} jobs finished: at least ${MIN_JOBS} are needed (jobs, timeoutMs)`)
    else if (finished < jobs)
      missing.push(`the time was up after ${finished} of ${jobs} jobs (timeoutMs, jobs)`)
    if (finished > 0 && this.completed === 0)
      missing.push('no job completed, so only the failing path was seen')
    if (this.options.rssMb !== null && this.points.some(({ rssBytes }) => rssBytes === 0))
      missing.push('the resident set cannot be read here (/proc), so rssMb was not measured')
    return missing
  }
}

/**
 * @param {(i: number) => unknown} job
 * @param {any} options resolved, see MEMORY in config.js
 * @returns {Promise<MemoryResult>}
 */
function checkMemory(job, options) {
  return new MemoryCheck(job, options).run()
}

module.exports = { checkMemory, BYTES_PER_MB }
