'use strict'

const originals = require('./originals')

/**
 * The global object of the code that uses holdover. There is one, but in Jest and in Vitest's vmThreads: there each
 * test file has its own, with timer functions of its own, and holdover is at work in that of the first file. Held
 * weakly, since a file's global object is to go with the file.
 */
let current = new WeakRef(globalThis)

/** @returns {any} */
function realm() {
  return current.deref() ?? globalThis
}

/** @param {object} global */
function setRealm(global) {
  current = new WeakRef(/** @type {any} */ (global))
}

/** Whether a DOM environment (jsdom, happy-dom) has put timers or event targets of its own in place of Node's. */
function isDom() {
  const global = realm()
  return global.window === global && typeof global.document === 'object' && global.document !== null
}

/**
 * The `Error` of Node's own code. Taken from an error that Node throws, since in a sandbox the one in reach is the
 * sandbox's.
 * @returns {any}
 */
function nodesError() {
  try {
    originals.setTimeout(/** @type {any} */ (null))
  } catch (error) {
    let made = /** @type {any} */ (error).constructor
    // Up to the last one that makes objects: below it is Function.prototype.
    for (let base = made; base?.prototype !== undefined; base = Object.getPrototypeOf(base)) made = base
    return made
  }
}

/** Whether this file runs in a test file's own global object, which ends with the test file; so does its `require`. */
function isSandboxed() {
  return nodesError() !== Error
}

module.exports = { realm, setRealm, isDom, nodesError, isSandboxed }
