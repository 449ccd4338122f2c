'use strict'

const { EventEmitter } = require('node:events')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * `on`/`addListener` stay one function, as in Node; `once` and `prependOnceListener` call them.
 * Removal and emit are never wrapped: whether a listener is still there is asked of the emitter.
 * @param {Function} original
 */
function observe(original) {
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
      observe
    ),
    patch([{ owner, name: 'prependListener' }], observe)
  ]
})
