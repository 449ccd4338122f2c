'use strict'

const { JobBook } = require('./job-book')
const { SiteBook } = require('./site')
const { OriginalSites } = require('./original-sites')
const { Sampling } = require('./sampling')
const { Constructions } = require('./constructions')
const { Recorder } = require('./recorder')
const { Listeners } = require('./survivors/listeners')
const { Timers } = require('./survivors/timers')
const { Immediates } = require('./survivors/immediates')
const { Handles, ACCEPTED, isAccepted } = require('./survivors/handles')
const { Files } = require('./survivors/files')
const { Pass } = require('./pass')
const { askHost } = require('./host-sites')

/** Interned texts cached in this thread. */
const MAX_INTERNED = 16_384

const TABLE = Object.freeze({ name: 0, shape: 1, site: 2 })
const BETWEEN_JOBS = '(between jobs)'

/**
 * One run (one `start` or one `check`) on one thread: its jobs, what they made, and the passes that ask
 * what is still there and tell the ledger.
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
   * @param {() => number} init.now ms
   * @param {import('./tallies').Tallies | null} [init.tallies] where finished jobs are counted
   */
  constructor({ ledger, run, thread, mode, graceMs, internals, now, tallies = null }) {
    this.ledger = ledger
    this.run = run
    this.thread = thread
    /** Every creation is recorded with its line, and owners of one job alone too. */
    this.exact = mode === 'check'
    this.graceMs = graceMs
    this.now = now
    /** Level off: nothing is recorded. */
    this.paused = false
    /** Own errors that were swallowed: the host must not see them. */
    this.faults = 0
    /** @type {Map<string, number>} */
    this.interned = new Map()
    this.betweenId = ledger.intern(TABLE.name, BETWEEN_JOBS)

    this.jobs = new JobBook({ intern: (text) => ledger.intern(TABLE.name, text), graceMs, now, tallies })
    this.sites = new SiteBook((text) => ledger.intern(TABLE.site, text))
    this.originals = new OriginalSites(
      (id) => ledger.siteText(id),
      // In a check alone: a function of the host's runs, which production must not bring about.
      this.exact ? askHost : undefined
    )
    this.sampling = new Sampling(this.exact)
    this.listeners = new Listeners(this, internals)
    this.timers = new Timers(this, internals)
    this.immediates = new Immediates(this)
    this.handles = new Handles(this)
    this.files = new Files(this)
    this.constructions = new Constructions(
      (id) => ledger.siteText(id),
      (emitter) => this.handles.birthOf(emitter) !== undefined
    )
    this.recorder = new Recorder(this)

    this.passes = 0
    /** The pass under way, 0 between two. */
    this.walkingPass = 0
    /** One-shot timers that are due within this time are waited for, see Pass.noteDue. */
    this.dueCapMs = 0
    /** Of the last pass: how many survivors, and how long until the last such timer is due. */
    this.survivors = 0
    this.dueMs = 0
  }

  /** @param {string} name */
  begin(name) {
    const scope = this.jobs.begin(name, this)
    this.sampling.refill(scope.changedAt)
    scope.stacks = this.sampling.allowance(scope.job)
    return scope
  }

  /** @param {import('./job').JobScope} scope @param {0 | 1 | 2} outcome see OUTCOME */
  end(scope, outcome) {
    if (scope.order !== 0) return
    this.recorder.drainScope(scope)
    this.jobs.end(scope, outcome)
  }

  /** What warm-up jobs left open is theirs: later, of openings of one path, it might be taken to be somebody else's. */
  endWarmup() {
    this.files.match()
    this.jobs.endWarmup()
  }

  /** @param {string} text */
  internShape(text) {
    let id = this.interned.get(text)
    if (id === undefined) {
      id = /** @type {number} */ (this.ledger.intern(TABLE.shape, text))
      if (this.interned.size < MAX_INTERNED) this.interned.set(text, id)
    }
    return id
  }

  /**
   * Starts a pass over everything that may have outlived its job.
   * @param {boolean} forced everything unreachable has been collected just now, and no grace is given
   */
  beginPass(forced) {
    this.recorder.drain()
    // Keys of a check are split by place, and two generated lines may be one.
    if (this.exact) this.originals.learn(this.sites.taken)
    const mark = this.jobs.dueMark(forced)
    const number = ++this.passes
    this.walkingPass = number
    // Forced collections were just now, so they also speak for what was made since the last job ended.
    const majorCut = forced ? mark.order + 1 : Math.min(this.jobs.majorCut, mark.order)
    return new Pass({ watch: this, number, mark, majorCut, startedAt: this.now(), forced })
  }

  /**
   * Of an object that is open, who opened it; null for anything else.
   * @param {any} object @returns {import('./job').Birth | typeof ACCEPTED | null}
   */
  openedBy(object) {
    if (isAccepted(object)) return ACCEPTED
    return this.handles.birthOf(object) ?? this.files.birthOf(object) ?? null
  }

  /** Sockets, files and the like of jobs that are open, or were at the last pass. */
  get openHandles() {
    return this.handles.refs.length + this.files.count
  }

  /** Looks at everything, yielding often enough to be sliced. @param {Pass} pass */
  *walk(pass) {
    yield* this.listeners.survivors(pass)
    yield* this.timers.survivors(pass)
    yield* this.immediates.survivors(pass)
    yield* this.handles.survivors(pass)
    yield* this.files.survivors(pass)
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

  /**
   * Time until the last one-shot timer of a job that is over fires, of those that fire within `capMs`; 0: there is none.
   * The ledger is told nothing.
   * @param {number} capMs
   */
  dueWithin(capMs) {
    this.dueCapMs = capMs
    const pass = this.beginPass(true)
    Array.from(this.timers.survivors(pass))
    this.walkingPass = 0
    return pass.dueMs
  }

  /** What was not recorded because a bound was reached, by reason. */
  get dropped() {
    return {
      owners: this.listeners.dropped,
      timers: this.timers.dropped,
      immediates: this.immediates.dropped,
      handles: this.handles.dropped,
      files: this.files.dropped,
      sourceMaps: this.originals.dropped,
      openJobs: this.jobs.open.dropped,
      faults: this.faults
    }
  }
}

exports.Watch = Watch
exports.BETWEEN_JOBS = BETWEEN_JOBS
