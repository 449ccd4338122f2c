'use strict'

const { executionAsyncResource } = require('node:async_hooks')
const dgram = require('node:dgram')
const originals = require('./originals')
const { storage } = require('./context')
const { captureCallSites } = require('./site')
const { Birth } = require('./job')
const { coerceDelay } = require('./survivors/timers')
const { isFileHandle } = require('./survivors/lost-handles')

const sourceOf = Function.prototype.toString
/** Slots of one registration in a job's birth list: owner, type, listener, site. */
const BIRTH_SLOTS = 4
/** The same for what is made outside or after a job, with scope and moment. */
const LATE_SLOTS = 6
/** Registrations held strongly at most, for one loop turn at most. */
const MAX_BIRTHS = 64
/** Jobs of one loop turn with a birth list. */
const MAX_DIRTY = 1_024

/**
 * What the hooks report to: decides in a few loads whether a creation matters, and keeps it for one loop
 * turn. What is still there then goes to the survivors' books. Never throws into the host.
 */
class Recorder {
  /** @param {import('./watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    this.jobs = watch.jobs
    this.hearsConstructions = watch.exact
    this.sampling = watch.sampling
    this.listeners = watch.listeners
    this.timers = watch.timers
    this.handles = watch.handles
    this.files = watch.files
    /** @type {import('./job').JobScope[]} jobs with an undrained birth list */
    this.dirty = []
    /** Registrations made outside or after a job. @type {any[]} */
    this.late = []
    this.isDrainScheduled = false
    this.drain = this.drain.bind(this)
  }

  // --- what hooks call --------------------------------------------------------------------------

  /** @param {any} owner @param {any} type @param {any} listener @param {Function} below */
  listener(owner, type, listener, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined || scope.order !== 0) {
        this.lateListener(scope, owner, type, listener, below)
        return
      }
      // Another run's, or made inside outside(fn), whose store has no watch.
      if (scope.watch !== this.watch) return
      const site = scope.stacks > 0 || this.sampling.wanted !== null ? this.sampleOpen(scope, type, below) : 0
      const { births } = scope
      if (births === null) this.startBirths(scope, owner, type, listener, site)
      else if (births.push(owner, type, listener, site) >= MAX_BIRTHS * BIRTH_SLOTS) this.drainScope(scope)
    } catch {
      this.watch.faults++
    }
  }

  /** @param {any} timer @param {Function} below */
  timer(timer, below) {
    try {
      const { timers } = this
      // Node's lists go by whole milliseconds, `_idleTimeout` keeps the fraction.
      const duration = Math.trunc(timer._idleTimeout)
      timers.remember(duration)
      timers.known?.add(timer)
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined || scope.order !== 0) this.lateTimer(scope, timer, duration, below)
      else if (scope.watch === this.watch) {
        if (scope.stacks > 0 || this.sampling.wanted !== null || !timers.enumerates) {
          this.openTimer(scope, timer, duration, below)
        }
      }
    } catch {
      this.watch.faults++
    }
  }

  /** @param {unknown} delay @param {Function} below */
  promisedTimer(delay, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      const duration = coerceDelay(delay)
      const birth = this.promisedBirth(scope, duration, below)
      if (birth !== undefined) this.timers.promise(duration, birth)
    } catch {
      this.watch.faults++
    }
  }

  /** @param {any} immediate @param {Function} below */
  immediate(immediate, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined || scope.order === 0 || scope.watch !== this.watch) return
      this.watch.immediates.note(scope, immediate, () => this.sampleLate(0, below))
    } catch {
      this.watch.faults++
    }
  }

  /** @param {number} kind @param {any} object @param {Function} below */
  opened(kind, object, below) {
    try {
      const birth = this.handleBirth(kind, below)
      if (birth === null) return
      if (birth.site === 0 && this.sampling.takeHandleToken()) birth.site = this.watch.sites.capture(below)
      if (!this.isOfClient(object)) this.handles.keep(kind, object, birth)
    } catch {
      this.watch.faults++
    }
  }

  /**
   * A UDP socket that a library makes with its client, and binds when it first sends: the line that makes the client is the one
   * to look at.
   * @param {any} object
   */
  isOfClient(object) {
    const birth = object instanceof dgram.Socket ? this.handles.birthOf(object) : undefined
    return birth !== undefined && this.watch.constructions.siteOf(birth.site).isCalled
  }

  /** @param {number} kind @param {any} path @param {any} found @param {Function} below */
  openedFile(kind, path, found, below) {
    try {
      // A stack costs more than the rest, so in production the line may be that one's.
      if (found === undefined && this.watch.exact && isClosedByNode(below)) return
      this.files.note(kind, path, found, () => this.handleBirth(kind, below))
    } catch {
      this.watch.faults++
    }
  }

  /** @param {any} from @param {any} to what the host passed as paths */
  renamedFile(from, to) {
    try {
      this.files.renamed(from, to)
    } catch {
      this.watch.faults++
    }
  }

  /** @param {any} emitter @param {Function} below */
  constructed(emitter, below) {
    try {
      const scope = /** @type {any} */ (storage.getStore())
      if (scope === undefined ? !this.jobs.hasBegun : scope.exempt || scope.watch !== this.watch) return
      // A server of this process makes its own between jobs.
      const job = scope === undefined ? null : scope.job.text
      this.watch.constructions.note(emitter, job, this.watch.sites.capture(below))
      if (job !== null && isFileHandle(emitter)) this.files.lostHandles.note(emitter)
    } catch {
      this.watch.faults++
    }
  }

  // --- births -----------------------------------------------------------------------------------

  /** @param {import('./job').JobScope} scope @param {any} owner @param {any} type @param {any} listener @param {number} site */
  startBirths(scope, owner, type, listener, site) {
    scope.births = [owner, type, listener, site]
    if (this.dirty.push(scope) >= MAX_DIRTY) this.drain()
    else if (!this.isDrainScheduled) this.scheduleDrain()
  }

  /** @param {import('./job').JobScope} scope @param {any} timer @param {number} duration @param {Function} below */
  openTimer(scope, timer, duration, below) {
    const site = this.sampleOpen(scope, duration, below)
    if (site !== 0 || !this.timers.enumerates) this.recordTimer(timer, new Birth(scope, 0, site))
  }

  /** @param {number} kind @param {Function} below @returns {Birth | null} null: it belongs to the process */
  handleBirth(kind, below) {
    const scope = /** @type {any} */ (storage.getStore())
    if (scope === undefined) return this.jobs.hasBegun ? this.lateBirth(null, kind, below) : null
    if (scope.exempt || scope.watch !== this.watch) return null
    if (scope.order !== 0) return this.lateBirth(scope, kind, below)
    const isSampled = scope.stacks > 0 || this.sampling.wanted !== null
    return new Birth(scope, 0, isSampled ? this.sampleOpen(scope, kind, below) : 0)
  }

  /** @param {import('./job').JobScope | undefined} scope ended, or none @param {any} timer @param {number} duration @param {Function} below */
  lateTimer(scope, timer, duration, below) {
    if (scope === undefined ? !this.jobs.hasBegun : scope.watch !== this.watch) return
    const of = scope ?? null
    this.recordTimer(timer, this.chainOf(timer, of) ?? this.lateBirth(of, duration, below))
  }

  /** @param {import('./job').JobScope | undefined} scope ended, or none @param {any} owner @param {any} type @param {any} listener @param {Function} below */
  lateListener(scope, owner, type, listener, below) {
    if (scope === undefined ? !this.jobs.hasBegun : scope.watch !== this.watch) return
    this.late.push(owner, type, listener, this.sampleLate(type, below), scope ?? null, this.jobs.order)
    if (this.late.length >= MAX_BIRTHS * LATE_SLOTS) this.drainLate()
    else if (!this.isDrainScheduled) this.scheduleDrain()
  }

  /**
   * A timer that arms itself again is as old as the first of its kind, and was made where that was made.
   * @param {any} timer @param {import('./job').JobScope | null} scope
   */
  chainOf(timer, scope) {
    const fired = /** @type {any} */ (executionAsyncResource())
    if (timer._repeat !== null || fired._repeat !== null) return undefined
    const birth = this.timers.births.get(fired)
    if (birth === undefined || birth.scope !== scope || birth.site === 0) return undefined
    return haveSameSource(fired._onTimeout, timer._onTimeout) ? birth : undefined
  }

  /** @param {import('./job').JobScope | null} scope @param {number} duration @param {Function} below */
  lateBirth(scope, duration, below) {
    return new Birth(scope, this.jobs.order, this.sampleLate(duration, below))
  }

  /**
   * @param {any} scope @param {number} duration @param {Function} below
   * @returns {Birth | null | undefined} null: only the duration matters; undefined: nothing does
   */
  promisedBirth(scope, duration, below) {
    if (scope === undefined) {
      return this.jobs.hasBegun && this.watch.exact ? this.lateBirth(null, duration, below) : null
    }
    if (scope.exempt || scope.watch !== this.watch) return undefined
    if (scope.order !== 0) {
      const birth = this.lateBirth(scope, duration, below)
      return birth.site === 0 ? null : birth
    }
    const site = this.sampleOpen(scope, duration, below)
    return site === 0 ? null : new Birth(scope, 0, site)
  }

  /** @param {any} timer @param {Birth} birth */
  recordTimer(timer, birth) {
    this.timers.record(timer, birth)
    if (!this.timers.enumerates) this.timers.recordWeakly(timer, birth)
  }

  // --- call sites -------------------------------------------------------------------------------

  /**
   * @param {import('./job').JobScope} scope open @param {any} what see sampleLate @param {Function} below
   * @returns {number} site id, 0: not sampled
   */
  sampleOpen(scope, what, below) {
    if (scope.stacks > 0) {
      scope.stacks--
      this.sampling.tokens--
    } else if (!this.sampling.isWanted(what)) return 0
    scope.lastSite = this.watch.sites.capture(below)
    return scope.lastSite
  }

  /** @param {any} what event name, or duration of a timer, 0 for immediates @param {Function} below */
  sampleLate(what, below) {
    const isSampled = this.sampling.takeToken() || this.sampling.isWanted(what)
    return isSampled ? this.watch.sites.capture(below) : 0
  }

  // --- the end of the turn ----------------------------------------------------------------------

  /**
   * Right after the host's own code of this turn: the timers phase, which may come before any immediate, must
   * not find references of ours (Node's test-eventtarget-memoryleakwarning collects there).
   */
  scheduleDrain() {
    this.isDrainScheduled = true
    originals.nextTick(this.drain)
  }

  drain() {
    this.isDrainScheduled = false
    const { dirty } = this
    if (dirty.length > 0) this.dirty = []
    // By index: an iterator is the host's to replace, and this runs on its loop.
    for (let i = 0; i < dirty.length; i++) this.drainScope(dirty[i])
    this.drainLate()
  }

  /** @param {import('./job').JobScope} scope */
  drainScope(scope) {
    const { births } = scope
    if (births === null) return
    scope.births = null
    for (let i = 0; i < births.length; i += BIRTH_SLOTS) {
      this.settle(births[i], births[i + 1], births[i + 2], births[i + 3], scope, 0)
    }
  }

  drainLate() {
    const { late } = this
    if (late.length === 0) return
    this.late = []
    for (let i = 0; i < late.length; i += LATE_SLOTS) {
      this.settle(late[i], late[i + 1], late[i + 2], late[i + 3], late[i + 4], late[i + 5])
    }
  }

  /** @param {any} owner @param {any} type @param {any} listener @param {number} site @param {import('./job').JobScope | null} scope @param {number} bornAt */
  settle(owner, type, listener, site, scope, bornAt) {
    try {
      if (!isListener(type, listener) || !this.listeners.isAttached(owner, type, listener)) return
      // After its job a scope is the context of whatever that job started, a lazy consumer for one.
      const seenBy = scope === null || bornAt > 0 ? -1 - bornAt : scope.id
      this.listeners.keep(owner, type, listener, new Birth(scope, bornAt, site), seenBy)
    } catch {
      this.watch.faults++
    }
  }
}

/** What `writeFile` and `truncate` open, they close: of equal paths it would be taken for what somebody left open. @param {Function} below */
function isClosedByNode(below) {
  const [caller] = captureCallSites(below, 1)
  return caller?.getFileName() === 'node:fs'
}

/** @param {any} a @param {any} b */
function haveSameSource(a, b) {
  if (a === b) return true
  return typeof a === 'function' && typeof b === 'function' && sourceOf.call(a) === sourceOf.call(b)
}

/** Node ignores or refuses anything else. @param {any} type @param {any} listener */
function isListener(type, listener) {
  if (typeof type !== 'string' && typeof type !== 'symbol' && typeof type !== 'number') return false
  return typeof listener === 'function' || (typeof listener === 'object' && listener !== null)
}

exports.Recorder = Recorder
