'use strict'

const { JobName, JobScope, OUTCOME } = require('./job')
const { OpenJobs } = require('./open-jobs')
const { foldIds } = require('./shape')

/** The ledger bounds and counts job names: those that find no room all get this id, and are one name here too. */
const OTHER_ID = 1
const OTHER = '(other)'
/** Names as callers wrote them, kept to skip the folding; forgotten when full. */
const MAX_WRITTEN = 4_096
/** Open jobs looked at when asking which are stuck. */
const MAX_OPEN_LOOKED_AT = 16
/** Marks per grace period, so that a rate is at most this part of it behind. */
const MARKS_PER_GRACE = 4
/** Marks two apart are at least this part of a grace period apart, however often somebody asks for a report. */
const MARKS_AT_MOST = 16
const OUTCOMES = [OUTCOME.completed, OUTCOME.failed, OUTCOME.timedOut]

/**
 * A moment: how many jobs had ended, and how.
 * @typedef {object} Mark
 * @property {number} atMs
 * @property {number} order
 * @property {number} finishedAll
 * @property {Map<JobName, number[]>} finished completed, failed, timed out, without warm-up
 */

/**
 * The jobs of one run on one thread: names and counts, what is open, and the order in which they ended.
 *
 * Every job that ends gets the next order number. Leftovers and finished jobs are compared at the same
 * order number, taken from a mark that is a grace period old, so that a rate is exact.
 */
class JobBook {
  /**
   * @param {object} init
   * @param {(text: string) => number} init.intern a job name
   * @param {number} init.graceMs
   * @param {() => number} init.now ms
   * @param {import('./tallies').Tallies | null} [init.tallies] where finished jobs are counted
   */
  constructor({ intern, graceMs, now, tallies = null }) {
    this.intern = intern
    this.tallies = tallies
    this.graceMs = graceMs
    this.now = now
    /** @type {Map<string, JobName>} by folded name */
    this.names = new Map()
    /** @type {Map<string, JobName>} by the name the caller wrote */
    this.written = new Map()
    this.foldedNames = 0
    this.open = new OpenJobs()
    this.nextId = 1
    /** Jobs ended. */
    this.ended = 0
    this.lastEndedAt = 0
    /** Called once, when so many jobs have ended; see `callAt`. */
    this.milestone = 0
    this.reached = () => {}
    /** The order number given last: one for each job end, and one for the end of the warm-up. */
    this.order = 0
    this.warmupOrder = 0
    /** Things made outside any job count from the first job on; before it they are start-up. */
    this.hasBegun = false
    /** The name whose jobs `(between jobs)` is counted against; null: all names. @type {JobName | null} */
    this.unit = null
    /** Order at the last two major collections. */
    this.majors = [0, 0]
    /** @type {Mark[]} oldest first; the first is the newest that is a grace period old */
    this.marks = [this.mark()]
  }

  /** @param {string} text as the caller wrote it @returns {JobName} */
  nameOf(text) {
    const known = this.written.get(text)
    if (known !== undefined) return known
    const folded = foldIds(text)
    if (folded !== text) this.foldedNames++
    const job = this.names.get(folded) ?? this.addName(folded)
    if (this.written.size >= MAX_WRITTEN) this.written.clear()
    this.written.set(text, job)
    return job
  }

  /** @param {string} folded */
  addName(folded) {
    const id = this.intern(folded)
    const text = id === OTHER_ID ? OTHER : folded
    const known = this.names.get(text)
    if (known !== undefined) return known
    const job = new JobName(id, text, this.tallies?.add(id))
    this.names.set(text, job)
    return job
  }

  /** @param {string} name @param {import('./watch').Watch} watch */
  begin(name, watch) {
    const job = this.nameOf(name)
    const scope = new JobScope(this.nextId++, job, watch, this.now())
    job.started++
    job.open++
    this.hasBegun = true
    this.open.add(scope)
    return scope
  }

  /** @param {JobScope} scope open @param {0 | 1 | 2} outcome see OUTCOME */
  end(scope, outcome) {
    const { job } = scope
    this.ended++
    scope.outcome = outcome
    scope.order = ++this.order
    const now = this.now()
    // The clock of the machine may be set back.
    const tookMs = Math.max(0, now - scope.changedAt)
    scope.changedAt = now
    scope.stacks = 0
    this.lastEndedAt = now
    this.open.delete(scope)
    job.open--
    job.finished[outcome]++
    job.totalMs += tookMs
    if (tookMs > job.maxMs) job.maxMs = tookMs
    const newest = this.marks[this.marks.length - 1]
    const sinceMs = now - newest.atMs
    if (sinceMs < 0 || sinceMs > this.graceMs / MARKS_PER_GRACE) this.addMark()
    if (this.ended === this.milestone) this.reached()
  }

  /** @param {number} count of ended jobs, more than have ended by now @param {() => void} reached called within the job's end */
  callAt(count, reached) {
    this.milestone = count
    this.reached = reached
  }

  /** What happened up to now is warm-up: its leftovers and its jobs are not counted. */
  endWarmup() {
    this.warmupOrder = this.order++
    for (const job of this.names.values()) job.warmup = [...job.finished]
    this.marks = [this.mark()]
  }

  /** The jobs that are open for longer than the grace period, oldest first. @param {number} nowMs */
  longestOpen(nowMs) {
    const result = []
    for (const scope of this.open) {
      if (nowMs - scope.changedAt < this.graceMs || result.length === MAX_OPEN_LOOKED_AT) break
      result.push(scope)
    }
    return result
  }

  /** @returns {Mark} */
  mark() {
    const finished = new Map()
    let finishedAll = 0
    for (const job of this.names.values()) {
      const counts = OUTCOMES.map((outcome) => job.measured(outcome))
      finished.set(job, counts)
      if (this.unit === null || this.unit === job) finishedAll += counts[0] + counts[1] + counts[2]
    }
    return { atMs: this.now(), order: this.order, finishedAll, finished }
  }

  /** Notes how many jobs have ended by now; what ended before the grace period is then known to the mark. */
  addMark() {
    this.followClock()
    const beforeLast = this.marks[this.marks.length - 2]
    // Of many reports in a row only the newest mark stays: there are no more marks than time makes.
    if (beforeLast !== undefined && this.now() - beforeLast.atMs < this.graceMs / MARKS_AT_MOST)
      this.marks.pop()
    this.marks.push(this.mark())
    const graceEndedAt = this.now() - this.graceMs
    while (this.marks.length > 1 && this.marks[1].atMs <= graceEndedAt) this.marks.shift()
  }

  /**
   * The clock was set back: what lies in the future would be due only when the clock is there again. It counts from now
   * on, so that nothing loses its grace period.
   */
  followClock() {
    const now = this.now()
    if (this.lastEndedAt > now) this.lastEndedAt = now
    for (const mark of this.marks) if (mark.atMs > now) mark.atMs = now
  }

  /** Jobs that ended up to this mark are past their grace period. @param {boolean} forced no grace is given */
  dueMark(forced) {
    this.addMark()
    const isIdle = this.now() - this.lastEndedAt >= this.graceMs
    return this.marks[forced || isIdle ? this.marks.length - 1 : 0]
  }

  /** A major collection ended. */
  noteMajor() {
    this.majors = [this.majors[1], this.order]
  }

  /** Jobs up to this order number ended before the last but one major collection. */
  get majorCut() {
    return this.majors[0]
  }
}

exports.JobBook = JobBook
exports.OTHER_ID = OTHER_ID
exports.OTHER = OTHER
