'use strict'

const { MessagePort } = require('node:worker_threads')
const { KIND } = require('../kinds')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * What Node itself listens for on every new message port, before anybody else (20 to 26): there is no other sign of one,
 * whatever it is made for (`MessageChannel`, `BroadcastChannel`, a worker, a message that carries one).
 */
const FIRST_ON_PORT = 'newListener'

/**
 * Options are never read here: their getters are the host's, and Node passes private ones.
 * @param {Function} original
 */
function observe(original) {
  const { addEventListener } = {
    addEventListener(/** @type {any} */ type, /** @type {any} */ listener) {
      const result = Reflect.apply(original, this, arguments)
      if (sink.recorder !== null) {
        if (type === FIRST_ON_PORT && isPort(this)) sink.recorder.opened(KIND.port, this, addEventListener)
        sink.recorder.listener(this, type, listener, addEventListener)
      }
      return result
    }
  }
  return addEventListener
}

/** @param {any} target */
function isPort(target) {
  return target instanceof MessagePort
}

module.exports = reusable(() => [
  patch([{ owner: EventTarget.prototype, name: 'addEventListener' }], observe)
])
