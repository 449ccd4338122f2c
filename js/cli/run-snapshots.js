'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { setImmediate, setInterval } = require('../originals')
const { storage } = require('../context')
const { HoldoverError } = require('../errors')
const heap = require('../heap')
const { formatBytes, formatDuration, formatFile, formatNumberOf } = require('../reporters/format')
const { growthText } = require('../reporters/heap-growth')

/** How often it looks whether the worker has started another tracker, which counts from 0. */
const LOOK_EVERY_MS = 20
const LIMITS = Object.freeze({ rows: 15, all: false, paths: 10 })

/** @typedef {import('../job-book').JobBook} JobBook */

/**
 * Heap snapshots of a worker that `holdover run` runs, after so many finished jobs. They go to files and are not kept in
 * memory; what grew between them is told when the worker is about to end.
 */
class RunSnapshots {
  /**
   * @param {object} init
   * @param {number[]} init.at counts of finished jobs, rising; none: nothing happens
   * @param {string} init.folder
   * @param {string} init.name what the files are called
   * @param {boolean} init.force
   * @param {() => JobBook} init.jobs of the tracker at work
   */
  constructor({ at, folder, name, force, jobs }) {
    this.at = at
    this.folder = folder
    this.name = name
    this.force = force
    this.jobs = jobs
    /** @type {JobBook | null} whose jobs are counted */
    this.counted = null
    /** @type {{ file: string, jobs: number }[]} */
    this.taken = []
    /** The one that is being taken. @type {Promise<void>} */
    this.taking = Promise.resolve()
    this.hasFailed = false
    this.isTold = false
  }

  start() {
    if (this.at.length === 0) return
    try {
      fs.mkdirSync(this.folder, { recursive: true })
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      throw new HoldoverError('HOLDOVER_OUTPUT', { file: this.folder, reason: message })
    }
    // Made now, that it is not among what grew: the messages go there.
    void process.stderr
    this.count()
    setInterval(() => this.count(), LOOK_EVERY_MS).unref()
    // A worker that ends by itself; one that calls process.exit leaves no time for it.
    process.once('beforeExit', () => void this.finish())
  }

  /** Waits for the next count, of the tracker at work. */
  count() {
    const jobs = this.jobs()
    if (jobs === this.counted) return
    this.counted = jobs
    this.callAtNext(jobs)
  }

  /** @param {JobBook} jobs */
  callAtNext(jobs) {
    const next = this.at.find((count) => count > jobs.ended)
    if (next === undefined) return
    // In a turn of its own: the job is over then, and what it ended with is let go.
    jobs.callAt(next, () => storage.exit(() => setImmediate(() => this.take(jobs, next))))
  }

  /** @param {JobBook} jobs @param {number} wanted */
  take(jobs, wanted) {
    this.taking = this.write(jobs.ended, wanted)
    this.callAtNext(jobs)
  }

  /** @param {number} ended jobs by now @param {number} wanted */
  async write(ended, wanted) {
    const file = path.join(this.folder, `${this.name}-${ended}.heapsnapshot`)
    try {
      const snapshot = await heap.takeSnapshot({ file, force: this.force })
      snapshot.close()
      this.taken.push({ file, jobs: ended })
      const late = ended > wanted ? `, wanted after ${wanted}: that many ended in one turn` : ''
      const { size } = fs.statSync(file)
      say(
        `snapshot after ${formatNumberOf(ended, 'job')}${late}: ${formatFile(file)}, ${formatBytes(size)}; ` +
          `the worker stood still for ${formatDuration(snapshot.pauseMs)}`
      )
    } catch (error) {
      this.fail(`no snapshot after ${formatNumberOf(ended, 'job')}`, error)
    }
  }

  /** Tells what grew, once the last one is there. It never rejects: the worker's end waits for it. */
  async finish() {
    await this.taking
    if (this.isTold || this.taken.length < 2) return
    this.isTold = true
    try {
      say(`${await whatGrew(this.taken)}\n`)
    } catch (error) {
      this.fail('the snapshots could not be compared', error)
    }
  }

  /** The process ends now, whoever wanted that. */
  end() {
    if (this.at.length > 0 && this.taken.length < this.at.length) {
      this.hasFailed = true
      say(
        `${this.taken.length} of ${formatNumberOf(this.at.length, 'snapshot')} were taken before the worker ended`
      )
    }
    if (this.isTold || this.taken.length < 2) return
    const points = this.taken.map(({ file, jobs }) => `${formatFile(file)}@${jobs}`)
    say(`what grew: holdover heap growth ${points.join(' ')}`)
  }

  /** @param {string} what @param {any} error */
  fail(what, error) {
    this.hasFailed = true
    say(`${what}: ${error?.message ?? error} [${error?.code ?? 'no code'}]`)
  }
}

/** @param {{ file: string, jobs: number }[]} taken */
async function whatGrew(taken) {
  const jobs = taken.map((snapshot) => snapshot.jobs)
  return growthText(await heap.growth(taken, { jobs }), LIMITS)
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`holdover: ${text}\n`)
}

exports.RunSnapshots = RunSnapshots
