'use strict'

const { clock, setGuard } = require('../engine')
const { collect, turn, wait } = require('../collect')
const { GUARD, resolve } = require('../config')
const { HoldoverError } = require('../errors')
const { SourceLines } = require('../source')
const { isDom } = require('../realm')
const { unseenImports } = require('../imports')
const { likeOriginal } = require('../like-original')
const { reportToGuard } = require('../hooks')
const { observeFakeClock } = require('../hooks/fake-clock')
const { guardText, notesText } = require('../reporters/guard-text')
const scopes = require('./scopes')
const { Running } = require('./running')
const { GuardRecorder } = require('./recorder')
const { release } = require('./handles')
const { Look, timerItem, handleItem, listenerItem } = require('./look')
const { judge } = require('./judge')

/** First wait of the settle, doubled each time. */
const FIRST_WAIT_MS = 5
/** Waits up to this long come before the first collection. */
const COLLECT_AFTER_MS = 40
/** Forced collections before a listener counts: what a finalizer holds goes with the second one. */
const COLLECTIONS = 2

const DOM =
  'a DOM environment (jsdom, happy-dom) is on: its timers and event targets are not those of Node, and were not judged'
const STARTED = 'holdover was started in this file: what was made while it watched was not judged here'

/** @typedef {import('./scopes').Scope} Scope */

let lastId = 0
/** Once per process: it holds for many files. */
let hasSaidDom = false

/**
 * The guard of one test file: knows which test runs, hears what it makes, and asks at the end what of it is still there.
 */
class Guard {
  /** @param {{ file: () => string, process: any }} init asked at the end; what the file's global object calls `process` */
  constructor({ file, process: ofFile }) {
    this.file = file
    this.options = resolve(GUARD)
    this.running = new Running(++lastId)
    this.made = new GuardRecorder(this.running, ofFile)
    setGuard(this.made)
    reportToGuard(this.made)
  }

  // --- what runners tell ------------------------------------------------------------------------

  /** @param {string} name @param {'test' | 'hook'} kind */
  scope(name, kind) {
    return this.running.scope(name, kind)
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
    this.made.noteClock()
    const before = this.running.begin(scope)
    if (before !== null) this.made.over(before)
  }

  /** Where a test cannot be wrapped: it runs from here on. @param {Scope} scope */
  enter(scope) {
    this.running.enter(scope)
    this.begin(scope)
  }

  /** @param {Scope} scope */
  leave(scope) {
    this.made.noteClock()
    this.running.leave(scope)
  }

  /** @param {{ useRealTimers: Function }} vi */
  observeFakeClock(vi) {
    observeFakeClock(vi)
  }

  // --- the end ----------------------------------------------------------------------------------

  /** The file is over: throws an error that names what its tests have left behind. */
  async end() {
    this.made.noteClock()
    this.made.over(this.running.current)
    const { failures, notes } = await this.verdict()
    setGuard(null)
    reportToGuard(null)
    if (failures.length > 0) {
      new SourceLines(this.made.sites.originals).addTo({ leaks: failures, accepted: [] })
      this.release(failures)
      const text = guardText(this.file(), this.running.tests, failures, notes)
      if (this.options.fail) throw leftBehind(text, failures[0])
      print(text)
    } else if (notes.length > 0) print(notesText(this.file(), notes))
  }

  /** A fault of ours fails no test, and is no pass in silence. */
  async verdict() {
    try {
      const { failures, notes } = await scopes.outsideScopes(() => this.settle())
      return { failures, notes: this.notes(notes) }
    } catch (error) {
      return { failures: [], notes: [`nothing was judged, for a fault of holdover: ${error}`] }
    }
  }

  /** What was reported must not keep the run from ending, nor what hangs on it. @param {Array<{ objects: any[] }>} failures */
  release(failures) {
    for (const { objects } of failures) for (const object of objects) release(object)
    for (const handle of this.made.handles.fresh()) release(handle)
  }

  /**
   * Waits out the grace period while something is still there. What closes by itself mostly does so at once: a collection
   * is dearer than that, so it comes after the first waits, and once more after the last one.
   */
  async settle() {
    const until = clock() + this.options.graceMs
    let collections = 0
    // What the last hook has closed is over in the phase of the loop that comes after the first turn.
    await turn()
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
    const look = new Look(this.made.sites)
    for (const { timer, made } of this.made.timers.armed()) look.add(timerItem(timer, made))
    for (const { handle, kind, made } of this.made.handles.open())
      if (kind !== '') look.add(handleItem(handle, kind, made))
    for (const _ of this.made.listeners.survivors(/** @type {any} */ (look)));
    for (const row of look.rows) look.add(listenerItem(row))
    return judge(look.described(), this.options.once)
  }

  /** @param {string[]} found */
  notes(found) {
    const notes = [...found]
    const others = this.made.handles.others()
    if (others.length > 0) notes.push(`also open, and not judged: ${[...new Set(others)].sort().join(', ')}`)
    if (this.made.fakes.size > 0) {
      const [first] = this.made.fakes
      const more = this.made.fakes.size > 1 ? ` and ${this.made.fakes.size - 1} more` : ''
      notes.push(
        `'${first}'${more} ended with timers on a fake clock, which are not Node's and were not judged`
      )
    }
    if (isDom() && !hasSaidDom) {
      hasSaidDom = true
      notes.push(DOM)
    }
    notes.push(...unseenImports())
    if (this.made.hasStarted) notes.push(STARTED)
    const dropped = this.made.timers.dropped + this.made.listeners.dropped
    if (dropped > 0) notes.push(`${dropped} timers and listeners were too many to watch and were not judged`)
    if (this.made.faults > 0)
      notes.push(`${this.made.faults} faults of holdover: something may not have been judged`)
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
exports.openGuard = openGuard
