'use strict'

const { storage } = require('../context')
const { Birth } = require('../job')
const { clock, setGuard } = require('../engine')
const { collect, turn, wait } = require('../collect')
const { GUARD, resolve } = require('../config')
const { HoldoverError } = require('../errors')
const { SourceLines } = require('../source')
const { fakeClock } = require('../fake-timers')
const { isDom } = require('../realm')
const { likeOriginal } = require('../like-original')
const { reportHandles } = require('../hooks/handles')
const { observeFakeClock } = require('../hooks/fake-clock')
const { probeInternals } = require('../hooks/internals')
const { Listeners } = require('../survivors/listeners')
const { guardText, notesText } = require('../reporters/guard-text')
const scopes = require('./scopes')
const { Ages } = require('./ages')
const { GuardSites } = require('./sites')
const { Handles, release } = require('./handles')
const { MadeTimers } = require('./made-timers')
const { Look, timerItem, handleItem, listenerItem } = require('./look')
const { judge } = require('./judge')

/** First wait of the settle, doubled each time. */
const FIRST_WAIT_MS = 5
/** Waits up to this long come before the first collection. */
const COLLECT_AFTER_MS = 40
/** Forced collections before a listener counts: what a finalizer holds goes with the second one. */
const COLLECTIONS = 2

/** @typedef {import('./scopes').Scope} Scope */

const DOM =
  'a DOM environment (jsdom, happy-dom) is on: its timers and event targets are not those of Node, and were not judged'
const STARTED = 'holdover was started in this file: what was made while it watched was not judged here'

/** What is known of something that was made: where, and by which test. */
class Made extends Birth {
  /** @param {Scope | null} scope null: outside any test and hook @param {{ id: number, isAtLoad: boolean }} site */
  constructor(scope, site) {
    super(/** @type {any} */ (scope), 0, site.id)
    /** A module was being loaded: once per process, or per test file where the runner loads it again. */
    this.isAtLoad = site.isAtLoad
    /** Of a socket, what it had sent when its test was over; null while that runs. @type {number | null} */
    this.sentBytes = null
    /** Of a listener: what it is on may be the test's own. */
    this.isOfUnknownAge = false
  }
}

let lastId = 0
/** Once per process: it holds for many files. */
let hasSaidDom = false

/** A subtest of node:test. @param {Scope} scope @param {Scope} outer */
function isWithin(scope, outer) {
  return scope.name.startsWith(`${outer.name} > `)
}

/**
 * The guard of one test file: hears what its tests make, and at the end asks what of it is still there.
 *
 * It implements what the hooks report to. Like every recorder it never throws, and holds nothing of the host.
 */
class Guard {
  /** @param {{ file: () => string, process: any }} init asked at the end; what the file's global object calls `process` */
  constructor({ file, process: ofFile }) {
    this.id = ++lastId
    this.file = file
    this.options = resolve(GUARD)
    this.processes = [process, ofFile]
    this.sites = new GuardSites()
    this.ages = new Ages()
    this.timers = new MadeTimers()
    this.handles = new Handles()
    /** Also what Listeners asks of a run. */
    this.exact = true
    this.graceMs = 0
    this.now = clock
    this.walkingPass = 0
    this.listeners = new Listeners(
      /** @type {any} */ (this),
      probeInternals(process.env.HOLDOVER_PRIVATE_FIELDS !== 'off')
    )
    this.scopeCount = 0
    /** Tests that ran. */
    this.tests = 0
    /** What began last, of what runs one after the other. @type {Scope | null} */
    this.current = null
    /** Where a runner only tells when a test begins and ends: those that run. @type {Set<Scope>} */
    this.running = new Set()
    /** Sockets of tests that are not over. @type {Array<{ ref: WeakRef<any>, made: Made }>} */
    this.sockets = []
    /** Tests after which a fake clock held timers, or one that does not say. @type {Set<string>} */
    this.fakes = new Set()
    /** The fake clock as it was last seen. @type {{ clock: any, count: number }} */
    this.fake = { clock: null, count: 0 }
    this.hasStarted = false
    this.faults = 0
    setGuard(this)
    reportHandles(this)
  }

  // --- what runners tell ------------------------------------------------------------------------

  /** @param {string} name @param {'test' | 'hook'} kind */
  scope(name, kind) {
    if (kind === 'test') this.tests++
    return new scopes.Scope(++this.scopeCount, this.id, name, kind)
  }

  /**
   * Runs a test, one of its hooks, or a hook of a describe block, and returns what it returns. A test is over when the next
   * one begins: so the hooks after it belong to it.
   * @param {Scope} scope @param {() => any} fn
   */
  run(scope, fn) {
    this.begin(scope)
    return scopes.runIn(scope, fn)
  }

  /**
   * A test or hook that runs in its scope whenever its runner calls it.
   * @param {Function} fn @param {() => Scope | null} scopeOf null: nobody knows which
   */
  wrap(fn, scopeOf) {
    const guard = this
    /** @this {any} */
    function wrapped() {
      const scope = scopeOf()
      // As they are: a runner hands over a callback only to a function that takes one.
      // biome-ignore lint/complexity/noArguments: a rest parameter would be a copy
      const call = () => Reflect.apply(fn, this, arguments)
      return scope === null ? call() : guard.run(scope, call)
    }
    return likeOriginal(wrapped, fn)
  }

  /** @param {Scope} scope */
  begin(scope) {
    this.noteClock()
    if (scope === this.current || scope.isConcurrent) return
    this.over(this.current)
    this.current = scope
  }

  /** Where a test cannot be wrapped: it runs from here on. @param {Scope} scope */
  enter(scope) {
    const outer = this.innermost
    if (outer !== null && !isWithin(scope, outer))
      for (const each of [...this.running, scope]) each.isConcurrent = true
    this.running.add(scope)
    this.begin(scope)
  }

  /** @param {Scope} scope */
  leave(scope) {
    this.noteClock()
    this.running.delete(scope)
  }

  /** @returns {Scope | null} */
  get innermost() {
    return [...this.running].at(-1) ?? null
  }

  /** What its sockets send from here on is somebody else's. @param {Scope | null} scope */
  over(scope) {
    this.sockets = this.sockets.filter(({ ref, made }) => {
      const isOver = made.scope !== null && /** @type {any} */ (made.scope) === scope
      if (isOver) made.sentBytes = ref.deref()?.bytesWritten ?? 0
      return !isOver
    })
  }

  /** A fake clock that has got timers, or one that does not say: they are none of Node's. */
  noteClock() {
    try {
      const now = fakeClock()
      const { clock: fake, count } = now ?? { clock: null, count: 0 }
      const before = fake === this.fake.clock ? this.fake.count : 0
      this.fake = { clock: fake, count: count ?? 0 }
      const test = this.here() ?? this.current
      if (now !== null && test !== null && (count === null || count > before)) this.fakes.add(test.name)
    } catch {
      this.faults++
    }
  }

  /** @param {{ useRealTimers: Function }} vi */
  observeFakeClock(vi) {
    observeFakeClock(vi)
  }

  // --- what hooks tell --------------------------------------------------------------------------

  /** A run of holdover's own has the hooks now. @param {boolean} isCheck which judges for itself */
  giveWay(isCheck) {
    if (!isCheck) this.hasStarted = true
  }

  /** @returns {Scope | null | undefined} null: outside any test and hook; undefined: none of this file's business */
  here() {
    if (/** @type {any} */ (storage.getStore())?.exempt) return undefined
    const scope = scopes.scopeHere()
    if (scope !== undefined) return scope.guardId === this.id ? scope : undefined
    const { innermost } = this
    if (innermost === null || !innermost.isConcurrent) return innermost
    const names = [...this.running].map(({ name }) => name)
    return new scopes.Scope(innermost.id, this.id, `one of ${names.join(', ')}`, 'hook')
  }

  /** @param {any} owner @param {any} type @param {any} listener @param {Function} below */
  listener(owner, type, listener, below) {
    try {
      const scope = this.here()
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
      const scope = this.here()
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

  /** @param {any} object @param {Function} below */
  opened(object, below) {
    try {
      const scope = this.here()
      if (scope === undefined || this.handles.made.has(object)) return
      const made = new Made(scope, this.sites.capture(below))
      this.handles.made.set(object, made)
      if (typeof object.bytesWritten === 'number') this.sockets.push({ ref: new WeakRef(object), made })
    } catch {
      this.faults++
    }
  }

  /** @param {any} emitter */
  born(emitter) {
    try {
      this.ages.noteBirth(emitter, this.here()?.id ?? 0)
    } catch {
      this.faults++
    }
  }

  // --- the end ----------------------------------------------------------------------------------

  /** The file is over: throws an error that names what its tests have left behind. */
  async end() {
    this.noteClock()
    this.over(this.current)
    const found = await scopes.outsideScopes(() => this.settle())
    setGuard(null)
    reportHandles(null)
    const notes = this.notes(found.notes)
    new SourceLines(this.sites.originals).addTo({ leaks: found.failures })
    if (found.failures.length > 0) {
      this.release(found.failures)
      const text = guardText(this.file(), this.tests, found.failures, notes)
      if (this.options.fail) throw leftBehind(text, found.failures[0])
      print(text)
    } else if (notes.length > 0) print(notesText(this.file(), notes))
  }

  /** What was reported must not keep the run from ending, nor what hangs on it. @param {Array<{ objects: any[] }>} failures */
  release(failures) {
    for (const { objects } of failures) for (const object of objects) release(object)
    for (const handle of this.handles.fresh()) release(handle)
  }

  /**
   * Waits out the grace period while something is still there. What closes by itself mostly does so at once: a collection
   * is dearer than that, so it comes after the first waits, and once more after the last one.
   */
  async settle() {
    const until = clock() + this.options.graceMs
    let collections = 0
    await turn()
    for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
      const found = this.look()
      const leftMs = until - clock()
      const wanted = leftMs <= 0 ? COLLECTIONS + 1 : waitMs > COLLECT_AFTER_MS ? COLLECTIONS : 0
      const isOpen = found.hasListeners || found.failures.length > 0
      if (found.hasListeners && collections < wanted) {
        await collect()
        collections++
      } else if (leftMs <= 0 || !isOpen || (found.failures.length === 0 && wanted > 0)) return found
      else await wait(Math.min(waitMs, leftMs))
    }
  }

  look() {
    const look = new Look(this.sites)
    for (const { timer, made } of this.timers.armed()) look.add(timerItem(timer, made))
    for (const { handle, kind, made } of this.handles.open())
      if (kind !== '') look.add(handleItem(handle, kind, made))
    for (const _ of this.listeners.survivors(/** @type {any} */ (look)));
    for (const row of look.rows) look.add(listenerItem(row))
    return judge(look.described())
  }

  /** @param {string[]} found */
  notes(found) {
    const notes = [...found]
    const others = this.handles.others()
    if (others.length > 0) notes.push(`also open, and not judged: ${[...new Set(others)].sort().join(', ')}`)
    if (this.fakes.size > 0) {
      const [first] = this.fakes
      const more = this.fakes.size > 1 ? ` and ${this.fakes.size - 1} more` : ''
      notes.push(
        `'${first}'${more} ended with timers on a fake clock, which are not Node's and were not judged`
      )
    }
    if (isDom() && !hasSaidDom) {
      hasSaidDom = true
      notes.push(DOM)
    }
    if (this.hasStarted) notes.push(STARTED)
    const dropped = this.timers.dropped + this.listeners.dropped
    if (dropped > 0) notes.push(`${dropped} timers and listeners were too many to watch and were not judged`)
    return notes
  }
}

/**
 * Its stack is the place of the first finding, so that a runner shows that line and none of ours.
 * @param {string} text @param {{ site: any, calledFrom: any }} first
 */
function leftBehind(text, { site, calledFrom }) {
  const error = new HoldoverError('HOLDOVER_LEFT_BEHIND', { report: text })
  const place = calledFrom ?? site
  const frame = place?.file ? `\n    at ${place.file}:${place.line}:${place.column}` : ''
  error.stack = `${error.name}: ${error.message}${frame}`
  return error
}

/** Past what the runner has put in place of the console, which belongs to a test. @param {string} text */
function print(text) {
  process.stderr.write(`${text}\n`)
}

/** @param {{ file: () => string, process: any }} init */
function openGuard(init) {
  return new Guard(init)
}

exports.Guard = Guard
exports.Made = Made
exports.openGuard = openGuard
