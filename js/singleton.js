'use strict'

const { EventEmitter } = require('node:events')
const { version } = require('../package.json')

/**
 * One holdover per process and version, however often its modules are evaluated (test runners do it once per
 * file): the second evaluation gets the first one's exports. The key hangs on a core class, not on the
 * global object, where a new name would be seen.
 */
const KEY = Symbol.for(`holdover@${version}`)

/** @template T @param {() => T} make @returns {T} */
function singleton(make) {
  const host = /** @type {any} */ (EventEmitter)
  if (host[KEY] === undefined) Object.defineProperty(host, KEY, { value: make(), configurable: true })
  return host[KEY]
}

module.exports = { singleton }
