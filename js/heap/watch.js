'use strict'

const console = require('node:console')
const path = require('node:path')
const { EventEmitter } = require('node:events')
const originals = require('../originals')
const { storage } = require('../context')
const { isOff, isLogger, show } = require('../config')
const { HoldoverError } = require('../errors')
const { native } = require('../native')
const { clock } = require('../engine')
const { growthText } = require('../reporters/heap-growth')
const { latestTracker } = require('../tracker')
const { takeSnapshot } = require('./capture')
const { predictCost, requireCheap } = require('./cost')
const { HeapSnapshot } = require('./held')
const { work } = require('./work')

/**
 * `heap.watch`: snapshots of a worker in production, far apart, and what grows with its jobs. Of each snapshot little is
 * kept, and its memory is free again before the next one.
 */

/** How often it looks whether a snapshot is due. */
const LOOK_EVERY_MS = 250
/** Looks that a snapshot that is due waits for a moment at which no job is open. */
const PATIENT_LOOKS = 8
const DEFAULT_EVERY_MS = 600_000
/** A sixth of the time after which queues take the job of a worker that stands still for stalled. */
const DEFAULT_MAX_PAUSE_MS = 5_000
const DEFAULT_BUDGET = 0.01
/** V8 counts no further. */
const MAX_JOBS = 2 ** 32 - 1
const WATCHER = path.join(__dirname, '..') + path.sep
const LIMITS = Object.freeze({ rows: 10, all: false, paths: 10 })
const WHERE = 'heap.watch'
const REMEDY = 'heap.watch asks again when the next one is due'

/** @typedef {import('../index').HeapGrowth} HeapGrowth */
/** @typedef {import('../job-book').JobBook} JobBook */

/** @param {any} options */
function checked(options) {
  if (typeof options !== 'object' || options === null) throw wrong('options', 'an object', options)
  const { everyJobs, everyMs = everyJobs === undefined ? DEFAULT_EVERY_MS : Infinity } = options
  const { maxPauseMs = DEFAULT_MAX_PAUSE_MS, budget = DEFAULT_BUDGET, logger = console, signal } = options
  const isJobs = everyJobs === undefined || (Number.isInteger(everyJobs) && everyJobs > 0)
  if (!isJobs) throw wrong('everyJobs', 'a number of jobs from 1', everyJobs)
  if (!isAbove(everyMs, 0)) throw wrong('everyMs', 'milliseconds above 0', everyMs)
  if (!isAbove(maxPauseMs, 0)) throw wrong('maxPauseMs', 'milliseconds above 0', maxPauseMs)
  if (!isAbove(budget, 0) || budget > 1)
    throw wrong('budget', 'a share of the time above 0 and up to 1', budget)
  if (logger !== null && !isLogger(logger))
    throw wrong('logger', 'an object with info, warn and error, or null', logger)
  if (signal !== undefined && !(signal instanceof EventTarget))
    throw wrong('signal', 'an AbortSignal', signal)
  return { everyJobs: everyJobs ?? Infinity, everyMs, maxPauseMs, budget, logger, signal }
}

/** @param {any} number @param {number} bound */
function isAbove(number, bound) {
  return typeof number === 'number' && number > bound
}

/** @param {string} what @param {string} expected @param {any} got */
function wrong(what, expected, got) {
  return new HoldoverError('HOLDOVER_ARG', { where: WHERE, what, expected, got: show(got) })
}

/** One watch on the heap of this thread. */
class HeapWatch {
  /** @param {ReturnType<typeof checked>} options */
  constructor(options) {
    this.options = options
    this.events = new EventEmitter()
    /** Held by Rust, from the first snapshot on. @type {any} */
    this.series = null
    /** Whose jobs are counted: a tracker that is started anew counts from 0. @type {JobBook | null} */
    this.counted = null
    /** Finished jobs, and the time, at the last snapshot or refusal. */
    this.lastJobs = 0
    this.lastMs = clock()
    /** Pauses so far must fit into the budget before the next one. */
    this.restUntilMs = 0
    this.looks = 0
    this.isTaking = false
    this.isStopped = isOff()
    /** What was printed last: names of what grows. */
    this.told = ''
    /** The code of the last refusal, until there is a snapshot again. */
    this.refused = ''
    this.abort = () => this.stop()
    if (this.isStopped) return
    storage.exit(() => {
      this.timer = originals.setInterval(() => this.look(), LOOK_EVERY_MS).unref()
    })
    if (options.signal?.aborted) this.stop()
    else options.signal?.addEventListener('abort', this.abort, { once: true })
  }

  /** @param {string} event @param {(...args: any[]) => void} listener */
  on(event, listener) {
    this.events.on(event, listener)
    return this
  }

  /** Ends it. A snapshot that is being read is read to its end, and not told. */
  stop() {
    this.isStopped = true
    originals.clearInterval(/** @type {any} */ (this.timer))
    this.options.signal?.removeEventListener('abort', this.abort)
    this.series = null
  }

  look() {
    if (this.isTaking || this.isStopped) return
    const now = clock()
    const jobs = latestTracker()?.watch.jobs ?? null
    if (jobs !== this.counted) this.begin(jobs)
    if (!this.isDue(jobs, now)) return
    // Where jobs overlap, there is no such moment: what is open is in all snapshots alike then.
    if (jobs !== null && jobs.open.size > 0 && ++this.looks <= PATIENT_LOOKS) return
    this.looks = 0
    this.lastMs = now
    this.lastJobs = jobs?.ended ?? 0
    this.isTaking = true
    void this.take(jobs).finally(() => {
      this.isTaking = false
    })
  }

  /** What is due is counted from the start of a tracker. @param {JobBook | null} jobs */
  begin(jobs) {
    this.counted = jobs
    this.lastJobs = jobs?.ended ?? 0
    this.series = null
  }

  /** @param {JobBook | null} jobs @param {number} now */
  isDue(jobs, now) {
    const { everyJobs, everyMs } = this.options
    if (now < this.restUntilMs) return false
    if (jobs === null) return now - this.lastMs >= Math.min(everyMs, DEFAULT_EVERY_MS)
    const finished = jobs.ended - this.lastJobs
    return finished >= everyJobs || (finished > 0 && now - this.lastMs >= everyMs)
  }

  /** @param {JobBook | null} jobs whatever goes wrong is told, and never thrown into the host */
  async take(jobs) {
    try {
      if (jobs === null) throw new HoldoverError('HOLDOVER_HEAP_JOBS')
      requireCheap(predictCost(), this.options.maxPauseMs, REMEDY)
      // V8 takes it before this returns.
      const { ended } = jobs
      const snapshot = await takeSnapshot({ force: true })
      this.rest(snapshot.pauseMs)
      try {
        await this.compare(snapshot, ended)
      } finally {
        snapshot.close()
      }
    } catch (error) {
      if (!this.isStopped) this.refuse(/** @type {Error} */ (error))
    }
  }

  /** @param {number} pauseMs */
  rest(pauseMs) {
    this.restUntilMs = clock() + pauseMs / this.options.budget - pauseMs
  }

  /** @param {HeapSnapshot} snapshot @param {number} jobs */
  async compare(snapshot, jobs) {
    this.series ??= new (native().HeapSeries)(WATCHER)
    const { series } = this
    const held = HeapSnapshot.heldOf(snapshot)
    const step = await extended(series, held, Math.min(jobs, MAX_JOBS))
    if (this.isStopped) return
    this.refused = ''
    const { pauseMs, nodes } = snapshot
    this.emit('snapshot', { jobs, pauseMs, nodes, keptBytes: step.keptBytes })
    if (step.growth !== null) this.tell(withoutFiles(step.growth))
  }

  /** @param {HeapGrowth} growth */
  tell(growth) {
    this.emit('growth', growth)
    const names = growing(growth).join('\n')
    if (names === this.told) return
    this.told = names
    this.print(names === '' ? 'info' : 'warn', growthText(growth, LIMITS))
  }

  /** @param {Error} error */
  refuse(error) {
    this.emit('refused', error)
    const { code = error.message } = /** @type {any} */ (error)
    if (code === this.refused) return
    this.refused = code
    this.print('warn', `heap.watch: ${error.message} [${code}]`)
  }

  /** Whoever listens must not hurt whoever is watched. @param {string} event @param {any} value */
  emit(event, value) {
    try {
      this.events.emit(event, value)
    } catch (error) {
      this.print(
        'error',
        `heap.watch: a listener on '${event}' threw: ${/** @type {any} */ (error)?.message}`
      )
    }
  }

  /** @param {'info' | 'warn' | 'error'} level @param {string} text */
  print(level, text) {
    try {
      this.options.logger?.[level](`holdover ${text}`)
    } catch {
      // A logger that fails has nobody to tell.
    }
  }
}

/** @param {any} series @param {any} held @param {number} jobs @returns {Promise<any>} */
async function extended(series, held, jobs) {
  try {
    return await work((job) => native().extendHeapSeries(series, held, jobs, job), {})
  } catch (cause) {
    // What it looks like: the process is this one throughout.
    const isAnew = /** @type {any} */ (cause).code === 'HOLDOVER_SNAPSHOT_PROCESS'
    throw isAnew ? new HoldoverError('HOLDOVER_HEAP_ANEW', {}, { cause }) : cause
  }
}

/** Snapshots of this process are in no file. @param {any} growth @returns {HeapGrowth} */
function withoutFiles(growth) {
  return {
    ...growth,
    snapshots: growth.snapshots.map((/** @type {any} */ row) => ({ file: null, ...row }))
  }
}

/** What grows, by where it is held. @param {HeapGrowth} growth @returns {string[]} */
function growing({ keepers, objects }) {
  const isTold = (/** @type {any} */ row) => row.status === 'grows' && !row.own
  const name = (/** @type {any} */ { path, suspectFrom, of }) =>
    [...path.slice(suspectFrom).map((/** @type {any} */ step) => step.edgeName), of.name].join('.')
  return [...new Set([...keepers, ...objects].filter(isTold).map(name))].sort()
}

/**
 * Watches the heap of this thread, for as long as it runs.
 * @param {import('../index').HeapWatchOptions} [options]
 * @returns {HeapWatch}
 */
function watch(options = {}) {
  return new HeapWatch(checked(options))
}

module.exports = { watch }
