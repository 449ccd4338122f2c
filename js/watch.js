'use strict'

const originals = require('./originals')
const { storage } = require('./context')
const { JobName, JobScope, Birth, OUTCOME } = require('./job')
const { foldIds } = require('./shape')
const { SiteBook } = require('./site')
const { Sampling } = require('./sampling')
const { OpenJobs } = require('./open-jobs')
const { Listeners } = require('./survivors/listeners')
const { Timers, coerceDelay } = require('./survivors/timers')
const { Immediates } = require('./survivors/immediates')
const { Pass } = require('./pass')

/** Slots of one registration in the birth list, and how many are held strongly at most. */
const BIRTH_SLOTS = 4
/** Marks per grace period, so that a rate is at most this part of it behind. */
const MARKS_PER_GRACE = 4
const MAX_BIRTHS = 64
const LATE_SLOTS = 6
/** Open jobs looked at when asking which are stuck. */
const MAX_OPEN_LOOKED_AT = 16
/** Interned texts cached in this thread. */
const MAX_INTERNED = 16_384

const TABLE = Object.freeze({ name: 0, shape: 1, site: 2 })
const BETWEEN_JOBS = '(between jobs)'

/**
 * A moment: how many jobs had ended, and how.
 * @typedef {object} Mark
 * @property {number} atMs
 * @property {number} order
 * @property {number} finishedAll
 * @property {Map<JobName, number[]>} finished completed, failed, timed out, without warm-up
 */

/**
 * One run (one `start` or one `check`) on one thread: its jobs, what they made, and the passes that
 * ask what is still there. Implements the hooks' Recorder.
 */
class Watch {
  /**
   * @param {object} init
   * @param {any} init.ledger native exports
   * @param {number} init.run
   * @param {number} init.thread
   * @param {'production' | 'check'} init.mode
   * @param {number} init.graceMs
   * @param {import('./hooks/internals').Internals} init.internals
   * @param {() => number} init.now ms, monotonic
   */
  constructor({ ledger, run, thread, mode, graceMs, internals, now }) {
    this.ledger = ledger
    this.run = run
    this.thread = thread
    this.exact = mode === 'check'
    this.graceMs = graceMs
    this.now = now

    /** @type {Map<string, JobName>} by the name the caller gave */
    this.names = new Map()
    this.foldedNames = 0
    /** @type {Map<string, number>} */
    this.interned = new Map()
    this.betweenId = ledger.intern(TABLE.name, BETWEEN_JOBS)

    this.nextId = 1
    /** Jobs ended. */
    this.ended = 0
    /** The order number given last: one for each job end, and one for the end of the warm-up. */
    this.order = 0
    this.warmupOrder = 0
    /** Things made outside any job count from the first job on; before it they are start-up. */
    this.started = false
    /** The name whose jobs `(between jobs)` is counted against; null: all names. @type {JobName | null} */
    this.unit = null
    this.open = new OpenJobs()

    this.sites = new SiteBook((text) => ledger.intern(TABLE.site, text))
    this.sampling = new Sampling(this.exact)
    this.walkingPass = 0
    this.listeners = new Listeners(this, internals)
    this.timers = new Timers(this, internals)
    this.immediates = new Immediates(this)

    /** @type {JobScope[]} open jobs with an undrained birth list */
    this.dirty = []
    /** Registrations made outside or after a job: owner, type, listener, site, scope, bornAt. @type {any[]} */
    this.late = []
    this.drainScheduled = false
    /** Level off: nothing is recorded. */
    this.paused = false
    this.drain = this.drain.bind(this)

    this.lastEndedAt = 0
    /** @type {Mark[]} */
    this.marks = [this.mark()]
    this.passes = 0
    /** Order at the last two major collections. */
    this.majors = [0, 0]
    this.dueCapMs = 0
    this.dueMs = 0
    this.survivors = 0
    /** Own errors that were swallowed: the host must not see them. */
    this.faults = 0
  }

  // --- jobs -------------------------------------------------------------------------------------

  /** @param {string} text @returns {JobName} */
  jobName(text) {
    let job = this.names.get(text)
    if (job !== undefined) return job
    const folded = foldIds(text)
    if (folded !== text) this.foldedNames++
    const known = [...this.names.values()].find((candidate) => candidate.text === folded)
    job = known ?? new JobName(this.ledger.intern(TABLE.name, folded), folded)
    if (this.names.size < MAX_INTERNED) this.names.set(text, job)
    return job
  }

  /** @param {string} name */
  begin(name) {
    const job = this.jobName(name)
    const now = this.now()
    const scope = new JobScope(this.nextId++, job, this, now)
    job.started++
    job.open++
    this.started = true
    this.open.add(scope)
    this.sampling.refill(now)
    scope.stacks = this.sampling.allowance(job)
    return scope
  }

  /** @param {JobScope} scope @param {0 | 1 | 2} outcome see OUTCOME */
  end(scope, outcome) {
    if (scope.order !== 0) return
    this.drainScope(scope)
    const { job } = scope
    scope.outcome = outcome
    this.ended++
    scope.order = ++this.order
    scope.endedAt = this.now()
    this.lastEndedAt = scope.endedAt
    scope.stacks = 0
    this.open.delete(scope)
    job.open--
    job.finished[outcome]++
    const tookMs = scope.endedAt - scope.startedAt
    job.totalMs += tookMs
    if (tookMs > job.maxMs) job.maxMs = tookMs
    if (scope.endedAt - this.marks[this.marks.length - 1].atMs > this.graceMs / MARKS_PER_GRACE)
      this.addMark()
  }

  /** What happened up to now is warm-up: its leftovers and its jobs are not counted. */
  endWarmup() {
    this.warmupOrder = this.order++
    for (const job of this.names.values()) job.warmup = [...job.finished]
    this.marks = [this.mark()]
  }

  /** The jobs that are open longest, oldest first. @param {number} nowMs */
  longestOpen(nowMs) {
    const result = []
    for (const scope of this.open) {
      if (nowMs - scope.startedAt < this.graceMs || result.length === MAX_OPEN_LOOKED_AT) break
      result.push(scope)
    }
    return result
  }

  // --- hooks ------------------------------------------------------------------------------------

  /** @param {any} owner @param {any} type @param {any} listener @param {Function} below */
  listener(owner, type, listener, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined || scope.order !== 0) {
        this.lateListener(scope, owner, type, listener, below)
        return
      }
      if (scope.exempt || scope.watch !== this || !isListener(type, listener)) return
      const site = scope.stacks > 0 || this.sampling.isWanted(type) ? this.sample(scope, below) : 0
      const { births } = scope
      if (births === null) {
        scope.births = [owner, type, listener, site]
        this.dirty.push(scope)
        if (!this.drainScheduled) this.scheduleDrain()
      } else if (births.push(owner, type, listener, site) >= MAX_BIRTHS * BIRTH_SLOTS) {
        this.drainScope(scope)
      }
    } catch {
      this.faults++
    }
  }

  /** @param {JobScope | undefined} scope ended, or none @param {any} owner @param {any} type @param {any} listener @param {Function} below */
  lateListener(scope, owner, type, listener, below) {
    if (scope === undefined ? !this.started : scope.watch !== this) return
    if (!isListener(type, listener)) return
    const site = this.sampleLate(type, below)
    this.late.push(owner, type, listener, site, scope ?? null, this.order)
    if (this.late.length >= MAX_BIRTHS * LATE_SLOTS) this.drainLate()
    else if (!this.drainScheduled) this.scheduleDrain()
  }

  /** @param {any} timer @param {Function} below */
  timer(timer, below) {
    try {
      const { timers } = this
      timers.remember(timer._idleTimeout)
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined) {
        if (this.started)
          this.recordTimer(timer, new Birth(null, this.order, this.sampleLate(timer._idleTimeout, below)))
      } else if (scope.exempt || scope.watch !== this) {
        // Made inside outside(fn), or in a job of another run.
      } else if (scope.order !== 0) {
        this.recordTimer(timer, new Birth(scope, this.order, this.sampleLate(timer._idleTimeout, below)))
      } else if (scope.stacks > 0 || this.sampling.isWanted(timer._idleTimeout)) {
        this.recordTimer(timer, new Birth(scope, 0, this.sample(scope, below)))
      } else if (!timers.enumerates) {
        timers.recordWeakly(timer, new Birth(scope, 0, 0))
      }
    } catch {
      this.faults++
    }
  }

  /** @param {any} timer @param {Birth} birth */
  recordTimer(timer, birth) {
    this.timers.record(timer, birth)
    if (!this.timers.enumerates) this.timers.recordWeakly(timer, birth)
  }

  /** @param {unknown} delay @param {Function} below */
  promisedTimer(delay, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      let birth = null
      if (scope === undefined) {
        if (this.started && this.exact) birth = new Birth(null, this.order, this.capture(below))
      } else if (scope.exempt || scope.watch !== this) {
        return
      } else if (scope.order !== 0) {
        const site = this.sampleLate(coerceDelay(delay), below)
        if (site !== 0) birth = new Birth(scope, this.order, site)
      } else if (scope.stacks > 0 || this.sampling.isWanted(coerceDelay(delay))) {
        birth = new Birth(scope, 0, this.sample(scope, below))
      }
      this.timers.promise(delay, birth)
    } catch {
      this.faults++
    }
  }

  /** @param {any} immediate @param {Function} below */
  immediate(immediate, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined || scope.order === 0 || scope.watch !== this) return
      this.immediates.note(scope, immediate, () => this.sampleLate(0, below))
    } catch {
      this.faults++
    }
  }

  /** @param {JobScope} scope @param {Function} below */
  sample(scope, below) {
    scope.stacks--
    this.sampling.tokens--
    scope.lastSite = this.capture(below)
    return scope.lastSite
  }

  /** @param {any} what event name, or duration of a timer, 0 for immediates @param {Function} below */
  sampleLate(what, below) {
    return this.sampling.takeToken() || this.sampling.isWanted(what) ? this.capture(below) : 0
  }

  /** @param {Function} below */
  capture(below) {
    return this.sites.capture(below)
  }

  // --- the birth list ---------------------------------------------------------------------------

  /** Once per loop turn, unref'd: it neither keeps the process alive nor hurries the loop. */
  scheduleDrain() {
    this.drainScheduled = true
    originals.setImmediate(this.drain).unref()
  }

  drain() {
    this.drainScheduled = false
    const { dirty } = this
    this.dirty = []
    for (const scope of dirty) this.drainScope(scope)
    this.drainLate()
  }

  /** @param {JobScope} scope */
  drainScope(scope) {
    const { births } = scope
    if (births === null) return
    scope.births = null
    for (let i = 0; i < births.length; i += BIRTH_SLOTS) {
      this.settleBirth(births[i], births[i + 1], births[i + 2], births[i + 3], scope, 0)
    }
  }

  drainLate() {
    const { late } = this
    if (late.length === 0) return
    this.late = []
    for (let i = 0; i < late.length; i += LATE_SLOTS) {
      this.settleBirth(late[i], late[i + 1], late[i + 2], late[i + 3], late[i + 4], late[i + 5])
    }
  }

  /** @param {any} owner @param {any} type @param {any} listener @param {number} site @param {JobScope | null} scope @param {number} bornAt */
  settleBirth(owner, type, listener, site, scope, bornAt) {
    try {
      if (!this.listeners.isAttached(owner, type, listener)) return
      const seenBy = scope === null ? -1 - bornAt : scope.id
      this.listeners.keep(owner, type, listener, new Birth(scope, bornAt, site), seenBy)
    } catch {
      this.faults++
    }
  }

  // --- passes -----------------------------------------------------------------------------------

  /** @param {string} text */
  internShape(text) {
    let id = this.interned.get(text)
    if (id === undefined) {
      id = /** @type {number} */ (this.ledger.intern(TABLE.shape, text))
      if (this.interned.size < MAX_INTERNED) this.interned.set(text, id)
    }
    return id
  }

  /** @returns {Mark} */
  mark() {
    const finished = new Map()
    let finishedAll = 0
    for (const job of this.names.values()) {
      finished.set(
        job,
        [OUTCOME.completed, OUTCOME.failed, OUTCOME.timedOut].map((outcome) => job.measured(outcome))
      )
    }
    for (const [job, counts] of finished) {
      if (this.unit === null || this.unit === job) finishedAll += counts[0] + counts[1] + counts[2]
    }
    return { atMs: this.now(), order: this.order, finishedAll, finished }
  }

  /** Notes how many jobs have ended by now; what ended before the grace period is then known to the mark. */
  addMark() {
    this.marks.push(this.mark())
    const graceEndedAt = this.now() - this.graceMs
    while (this.marks.length > 1 && this.marks[1].atMs <= graceEndedAt) this.marks.shift()
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

  /**
   * Starts a pass over everything that may have outlived its job.
   * @param {boolean} forced everything unreachable has been collected just now, and no grace is given
   */
  beginPass(forced) {
    this.drain()
    const now = this.now()
    const mark = this.dueMark(forced)
    const number = ++this.passes
    this.walkingPass = number
    const majorCut = forced ? mark.order : Math.min(this.majors[0], mark.order)
    return new Pass({ watch: this, number, mark, majorCut, startedAt: now, forced })
  }

  /** @param {Pass} pass */
  *walk(pass) {
    yield* this.listeners.survivors(pass)
    yield* this.timers.survivors(pass)
    yield* this.immediates.survivors(pass)
  }

  /** @param {Pass} pass */
  finishPass(pass) {
    this.ledger.apply(pass.takeWords(true))
    this.walkingPass = 0
    this.dueMs = pass.dueMs
    this.survivors = pass.survivors
    this.sampling.wanted = pass.unplaced.size === 0 ? null : pass.unplaced
  }

  /** A whole pass at once, as `check` and a final report want it. @param {boolean} forced */
  passNow(forced) {
    const pass = this.beginPass(forced)
    for (const _ of this.walk(pass)) if (pass.isFull) this.ledger.apply(pass.takeWords(false))
    this.finishPass(pass)
    return pass
  }

  /** What was not recorded because a bound was reached, by reason. */
  get dropped() {
    return {
      owners: this.listeners.dropped,
      timers: this.timers.dropped,
      immediates: this.immediates.dropped,
      faults: this.faults
    }
  }
}

/** Node ignores or refuses anything else. @param {any} type @param {any} listener */
function isListener(type, listener) {
  if (typeof type !== 'string' && typeof type !== 'symbol' && typeof type !== 'number') return false
  return typeof listener === 'function' || (typeof listener === 'object' && listener !== null)
}

exports.Watch = Watch
exports.BETWEEN_JOBS = BETWEEN_JOBS
