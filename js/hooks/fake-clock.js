'use strict'

const { patch } = require('./patch')
const sink = require('./sink')

/** Objects that are observed already: a test file's own, or one for all files. */
const observed = new WeakSet()

/** @param {Function} original */
function observe(original) {
  return function observedRestore() {
    if (sink.guard !== null) sink.guard.noteClock()
    // @ts-expect-error `this` is the caller's
    return Reflect.apply(original, this, arguments)
  }
}

/**
 * Vitest's own switch: before it takes a fake clock away, the clock still says what it holds.
 * @param {{ useRealTimers: Function }} vi
 */
function observeFakeClock(vi) {
  if (observed.has(vi)) return
  observed.add(vi)
  patch([{ owner: vi, name: 'useRealTimers' }], observe)
}

module.exports = { observeFakeClock }
