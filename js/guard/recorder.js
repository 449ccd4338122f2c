'use strict'

const { Birth } = require('../job')
const { clock } = require('../engine')
const { fakeClock } = require('../fake-timers')
const { KIND } = require('../kinds')
const { probeInternals } = require('../hooks/internals')
const { Listeners } = require('../survivors/listeners')
const { Ages } = require('./ages')
const { GuardSites } = require('./sites')
const { Handles, areOneConnection, sentBytes } = require('./handles')
const { MadeTimers } = require('./made-timers')

/** Handles of the running tests looked at when those are over; one beyond is never taken to be shared. */
const MAX_HANDLES = 16_384

/** Handles that are judged. @type {Set<number>} */
const JUDGED = new Set([KIND.socket, KIND.server, KIND['child-process']])

/** @typedef {import('./scopes').Scope} Scope */

/** What is known of something that was made: where, and by which test. */
class Made extends Birth {
  /** @param {Scope | null} scope null: outside any test and hook @param {{ id: number, isAtLoad: boolean }} site */
  constructor(scope, site) {
    super(/** @type {any} */ (scope), 0, site.id)
    /** A module was being loaded: once per process, or per test file where the runner loads it again. */
    this.isAtLoad = site.isAtLoad
    /** Of a handle, what it had been sent when its test was over; null while that runs. @type {number | null} */
    this.sentBytes = null
    /** Of a server: a later test has connected to it. */
    this.isUsedLater = false
    /** Of a listener: what it is on may be the test's own. */
    this.isOfUnknownAge = false
  }
}

/**
 * What the hooks report to while a test file is guarded: which test made what, and where. Never throws into the host, and
 * holds nothing of it.
 */
class GuardRecorder {
  /** @param {import('./running').Running} running @param {any} ofFile what the file's global object calls `process` */
  constructor(running, ofFile) {
    this.running = running
    this.processes = [process, ofFile]
    this.sites = new GuardSites()
    this.ages = new Ages()
    this.timers = new MadeTimers()
    this.handles = new Handles()
    /** As Listeners asks of a run: every owner is watched. */
    this.exact = true
    /** It hears of emitters as `born`. */
    this.hearsConstructions = false
    this.graceMs = 0
    this.now = clock
    this.walkingPass = 0
    const internals = probeInternals(process.env.HOLDOVER_PRIVATE_FIELDS !== 'off')
    this.listeners = new Listeners(/** @type {any} */ (this), internals)
    /** Handles of tests that are not over. @type {Array<{ ref: WeakRef<any>, made: Made }>} */
    this.open = []
    /** Tests after which a fake clock held timers, or one that does not say. @type {Set<string>} */
    this.fakes = new Set()
    /** The fake clock as it was last seen. @type {{ clock: any, count: number }} */
    this.fake = { clock: null, count: 0 }
    /** holdover watched in this file itself. */
    this.hasStarted = false
    this.faults = 0
  }

  /** Handles are judged by themselves, whatever listens to them. */
  openedBy() {
    return null
  }

  /** A run of holdover's own has the hooks now. @param {boolean} isCheck which judges for itself */
  giveWay(isCheck) {
    if (!isCheck) this.hasStarted = true
  }

  /** @param {any} owner @param {any} type @param {any} listener @param {Function} below */
  listener(owner, type, listener, below) {
    try {
      const scope = this.running.here()
      if (scope === undefined) return
      const age = this.processes.includes(owner) ? 'older' : this.ages.of(owner, scope?.id ?? 0)
      if (scope === null || age === 'own' || !this.listeners.isAttached(owner, type, listener)) return
      const made = new Made(scope, this.sites.capture(below))
      made.isOfUnknownAge = age === 'unknown'
      this.listeners.keep(owner, type, listener, made, scope.id)
    } catch {
      this.faults++
    }
  }

  /** @param {any} timer @param {Function} below */
  timer(timer, below) {
    try {
      const scope = this.running.here()
      if (scope === undefined || (scope === null && timer._repeat === null)) return
      this.timers.add(timer, new Made(scope, this.sites.capture(below)))
    } catch {
      this.faults++
    }
  }

  /** One that re-arms itself for ever shows by what it makes. */
  immediate() {}

  /** The timer is made later, inside Node. */
  promisedTimer() {}

  /** @param {number} kind @param {any} object @param {Function} below */
  opened(kind, object, below) {
    if (!JUDGED.has(kind)) return
    try {
      const scope = this.running.here()
      if (scope === undefined || this.handles.made.has(object)) return
      const made = new Made(scope, this.sites.capture(below))
      this.handles.made.set(object, made)
      if (this.open.length < MAX_HANDLES) this.open.push({ ref: new WeakRef(object), made })
    } catch {
      this.faults++
    }
  }

  /** @param {any} socket of a server */
  accepted(socket) {
    try {
      const made = this.handles.made.get(socket.server)
      // Only what one that is over has left is of interest.
      if (made === undefined || made.sentBytes === null || made.isUsedLater) return
      made.isUsedLater = this.open.some(
        ({ ref, made: client }) =>
          client.scope !== null && client.scope !== made.scope && areOneConnection(ref.deref(), socket)
      )
    } catch {
      this.faults++
    }
  }

  /** Files fail nothing. */
  openedFile() {}
  renamedFile() {}

  /** See `born`. */
  constructed() {}

  /** @param {any} emitter */
  born(emitter) {
    try {
      this.ages.noteBirth(emitter, this.running.here()?.id ?? 0)
    } catch {
      this.faults++
    }
  }

  /** What its handles are sent from here on is somebody else's. @param {Scope | null} scope */
  over(scope) {
    this.open = this.open.filter(({ ref, made }) => {
      const handle = ref.deref()
      const isOver = made.scope !== null && /** @type {any} */ (made.scope) === scope
      if (isOver) made.sentBytes = sentBytes(handle)
      return !isOver && handle !== undefined
    })
  }

  /** A fake clock that has got timers, or one that does not say: they are none of Node's. */
  noteClock() {
    try {
      const now = fakeClock()
      const { clock: fake, count } = now ?? { clock: null, count: 0 }
      const before = fake === this.fake.clock ? this.fake.count : 0
      this.fake = { clock: fake, count: count ?? 0 }
      const test = this.running.here() ?? this.running.current
      if (now !== null && test !== null && (count === null || count > before)) this.fakes.add(test.name)
    } catch {
      this.faults++
    }
  }
}

exports.GuardRecorder = GuardRecorder
exports.Made = Made
