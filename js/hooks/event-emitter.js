'use strict'

const { EventEmitter } = require('node:events')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * `on`/`addListener` stay one function, as in Node; `once` and `prependOnceListener` call them.
 * Removal and emit are never wrapped: whether a listener is still there is asked of the emitter.
 *
 * Each wrapper has a function literal of its own. V8 keeps what it learns of calls with the literal, so closures
 * of one literal over two originals would make both calls unpredictable, and slow.
 * @param {Function} original
 */
function observeOn(original) {
  return function observed(/** @type {any} */ type, /** @type {any} */ listener) {
    // @ts-expect-error `this` is whatever emitter the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.recorder !== null) sink.recorder.listener(this, type, listener, observed)
    return result
  }
}

/** @param {Function} original */
function observePrepend(original) {
  return function observed(/** @type {any} */ type, /** @type {any} */ listener) {
    // @ts-expect-error `this` is whatever emitter the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.recorder !== null) sink.recorder.listener(this, type, listener, observed)
    return result
  }
}

module.exports = reusable(() => {
  const owner = EventEmitter.prototype
  return [
    patch(
      [
        { owner, name: 'on' },
        { owner, name: 'addListener' }
      ],
      observeOn
    ),
    patch([{ owner, name: 'prependListener' }], observePrepend)
  ]
})
