'use strict'

const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * Options are never read here: their getters are the host's, and Node passes private ones.
 * @param {Function} original
 */
function observe(original) {
  const { addEventListener } = {
    addEventListener(/** @type {any} */ type, /** @type {any} */ listener) {
      const result = Reflect.apply(original, this, arguments)
      if (sink.recorder !== null) sink.recorder.listener(this, type, listener, addEventListener)
      return result
    }
  }
  return addEventListener
}

module.exports = reusable(() => [
  patch([{ owner: EventTarget.prototype, name: 'addEventListener' }], observe)
])
