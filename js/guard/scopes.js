'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

/**
 * Which test is running: an AsyncLocalStorage of its own, beside that of jobs, since a test may run jobs. The store is
 * small and holds no guard, because Node keeps it alive for as long as a timer made in the test lives.
 */
const storage = new AsyncLocalStorage()

/** What is made by one test, with the hooks around it, or by one hook of a describe block or a file. */
class Scope {
  /**
   * @param {number} id in its file, from 1
   * @param {number} guardId
   * @param {string} name
   * @param {'test' | 'hook'} kind
   */
  constructor(id, guardId, name, kind) {
    this.id = id
    this.guardId = guardId
    this.name = name
    this.kind = kind
    /** Others run meanwhile, so nobody can tell what was used after it. */
    this.isConcurrent = false
  }
}

/** Runs a function in a scope and returns what it returns. @template T @param {Scope} scope @param {() => T} fn @returns {T} */
function runIn(scope, fn) {
  return storage.run(/** @type {any} */ (scope), fn)
}

/** The scope of the code that runs now, of whichever file. @returns {Scope | undefined} */
function scopeHere() {
  return /** @type {any} */ (storage.getStore())
}

/** @template T @param {() => T} fn @returns {T} */
function outsideScopes(fn) {
  return storage.exit(fn)
}

exports.Scope = Scope
exports.runIn = runIn
exports.scopeHere = scopeHere
exports.outsideScopes = outsideScopes
