'use strict'

const { patch, reusable } = require('./patch')

/** @type {import('./index').Recorder | null} */
let recorder = null

/**
 * Options are never read here: their getters are the host's, and Node passes private ones.
 * @param {Function} original
 */
function observe(original) {
  const { addEventListener } = {
    addEventListener(/** @type {any} */ type, /** @type {any} */ listener) {
      const result = Reflect.apply(original, this, arguments)
      if (recorder !== null) recorder.listener(this, type, listener, addEventListener)
      return result
    }
  }
  return addEventListener
}

const hook = reusable(() => [patch([{ owner: EventTarget.prototype, name: 'addEventListener' }], observe)])

module.exports = {
  name: 'event-target',
  /** @param {import('./index').Recorder} sink */
  install(sink) {
    recorder = sink
    hook.install()
  },
  uninstall() {
    recorder = null
    hook.uninstall()
  }
}
