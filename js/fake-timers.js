'use strict'

const { realm } = require('./realm')

const NAMES = ['setTimeout', 'setInterval', 'setImmediate']
/** node:test's mock timers are one private method, bound (Node 20 to 26). */
const BOUND_MOCK = /^bound #/

/**
 * Whether a timer function belongs to a fake clock: @sinonjs/fake-timers (Jest, Vitest, sinon) hangs its clock on each,
 * node:test binds a private method.
 * @param {any} timer
 */
function isFake(timer) {
  if (typeof timer !== 'function') return false
  return (typeof timer.clock === 'object' && timer.clock !== null) || BOUND_MOCK.test(timer.name)
}

/**
 * Jest's legacy fake timers are mock functions; so is a spy on the real ones, which returns real timers.
 * @param {any} timer
 */
function isMocked(timer) {
  if (timer?._isMockFunction !== true) return false
  const results = timer.mock?.results ?? []
  return results.some(
    (/** @type {any} */ { type, value }) => type === 'return' && typeof value?._idleTimeout !== 'number'
  )
}

/** The clock that the realm's timers hang on. @returns {{ clock: any, count: number | null } | null} null: real time */
function fakeClock() {
  const timer = NAMES.map((name) => realm()[name]).find(
    (candidate) => isFake(candidate) || isMocked(candidate)
  )
  if (timer === undefined) return null
  const clock = timer.clock ?? null
  return { clock, count: typeof clock?.countTimers === 'function' ? clock.countTimers() : null }
}

/**
 * Fake timers through a check: what they make is no resource of Node's and is not seen. Where one clock is there all the
 * time, it says itself how many timers it holds; else nothing can be called clean.
 */
class FakeTimers {
  constructor() {
    this.start = fakeClock()
    this.now = this.start
    this.baseCount = this.start?.count ?? 0
    this.hasChanged = false
  }

  /** From here on timers count. */
  endWarmup() {
    this.look()
    this.baseCount = this.now?.count ?? 0
  }

  look() {
    this.now = fakeClock()
    if ((this.now === null) !== (this.start === null) || this.now?.clock !== this.start?.clock)
      this.hasChanged = true
  }

  get isCounted() {
    return !this.hasChanged && this.now !== null && this.now.count !== null
  }

  /** Why this check cannot be clean. @param {number} jobs measured @returns {string[]} */
  obstacles(jobs) {
    if (this.now === null && !this.hasChanged) return []
    if (!this.isCounted) return ['fake timers are on: timers made through them are not seen']
    const more = /** @type {number} */ (this.now?.count) - this.baseCount
    if (more <= 0) return []
    const rate = (more / Math.max(1, jobs)).toFixed(2)
    return [
      `fake timers are on: their clock holds ${more} timers more than before the jobs (+${rate} per job)`
    ]
  }

  /** @returns {string[]} */
  notes() {
    return this.isCounted ? ['fake timers are on: timers were counted by their clock, without a place'] : []
  }
}

module.exports = { FakeTimers, fakeClock, isFake }
