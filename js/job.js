'use strict'

/** How a job ended; the numbers go over the wire (see src/ledger/batch.rs). */
const OUTCOME = Object.freeze({ completed: 0, failed: 1, timedOut: 2 })

/** Places among the counters of a name, after those by OUTCOME. */
const TOTAL_MS = 3
const MAX_MS = 4

/** One job name and its counters in this thread. */
class JobName {
  /**
   * @param {number} id interned by the ledger
   * @param {string} text
   * @param {number[] | Float64Array} [counters] finished jobs by OUTCOME, how long they took, and the longest of them
   */
  constructor(id, text, counters = [0, 0, 0, 0, 0]) {
    this.id = id
    this.text = text
    this.started = 0
    this.open = 0
    /** Finished jobs by OUTCOME. */
    this.finished = counters
    /** The part of `finished` that is warm-up and not measured. */
    this.warmup = [0, 0, 0]
  }

  get totalMs() {
    return this.finished[TOTAL_MS]
  }

  set totalMs(ms) {
    this.finished[TOTAL_MS] = ms
  }

  get maxMs() {
    return this.finished[MAX_MS]
  }

  set maxMs(ms) {
    this.finished[MAX_MS] = ms
  }

  /** Finished jobs without warm-up. @param {number} outcome see OUTCOME */
  measured(outcome) {
    return this.finished[outcome] - this.warmup[outcome]
  }

  get finishedCount() {
    return this.finished[0] + this.finished[1] + this.finished[2]
  }
}

/**
 * One job's dynamic extent, and the store that Node attaches to everything asynchronous in it.
 *
 * Lifecycle: open (`order` 0) → ended (`order` is its place among the ends of this thread).
 * Fields are cleared at the end, since a timer that outlives the job keeps this object.
 */
class JobScope {
  /**
   * @param {number} id
   * @param {JobName} job
   * @param {import('./watch').Watch} watch
   * @param {number} now ms
   */
  constructor(id, job, watch, now) {
    this.id = id
    this.job = job
    this.watch = watch
    /** When it began; once it is over, when it ended. ms */
    this.changedAt = now
    this.order = 0
    /** @type {0 | 1 | 2} */
    this.outcome = OUTCOME.completed
    /**
     * Listeners registered since the last drain, four slots each: owner, type, listener, site id.
     * @type {any[] | null}
     */
    this.births = null
    /** Neighbours among the open jobs; null once it ended. @type {JobScope | null} */
    this.older = null
    /** @type {JobScope | null} */
    this.newer = null
    /** How many more call sites this job may capture. */
    this.stacks = 0
    /** The host's own id of the job, for one that never ends. @type {string | undefined} */
    this.userId = undefined
    /** Site id of the last resource made, for a job that never ends. */
    this.lastSite = 0
  }

  /** Whether nothing made in it counts, as inside `outside(fn)`. */
  get exempt() {
    return false
  }
}

/**
 * What is kept of a job that is over by something it left behind: a third of a scope, since there may be a
 * million of them.
 */
class EndedJob {
  /** @param {JobScope} scope ended */
  constructor({ id, job, order, outcome }) {
    this.id = id
    this.job = job
    this.order = order
    this.outcome = outcome
  }
}

/**
 * When and by whom a resource was made, kept only for what survived its loop turn.
 */
class Birth {
  /**
   * @param {JobScope | EndedJob | null} scope null: outside any job
   * @param {number} bornAt the end-order counter when it was made outside or after its job; 0 inside
   * @param {number} site site id, 0 when not sampled
   */
  constructor(scope, bornAt, site) {
    this.scope = scope
    this.bornAt = bornAt
    this.site = site
    /** The shape was taken with its event name folded, see OwnerRecord.hasManyEvents. */
    this.isFolded = false
    /** Interned shape id, computed when first needed. */
    this.shape = 0
  }

  /** A listener's job is known by this alone, and its scope need not stay. */
  keepEndedJobOnly() {
    if (this.scope instanceof JobScope && this.scope.order !== 0) this.scope = new EndedJob(this.scope)
  }
}

exports.JobName = JobName
exports.JobScope = JobScope
exports.EndedJob = EndedJob
exports.Birth = Birth
exports.OUTCOME = OUTCOME
