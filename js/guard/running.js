'use strict'

const { storage } = require('../context')
const scopes = require('./scopes')

/** @typedef {import('./scopes').Scope} Scope */

/** A subtest of node:test. @param {Scope} scope @param {Scope} outer */
function isWithin(scope, outer) {
  return scope.name.startsWith(`${outer.name} > `)
}

/**
 * Which test of a file runs: by the context that code runs in, and where a runner only tells when a test begins and ends,
 * by that.
 */
class Running {
  /** @param {number} guardId */
  constructor(guardId) {
    this.guardId = guardId
    this.scopeCount = 0
    /** Tests that ran. */
    this.tests = 0
    /** What began last, of what runs one after the other. @type {Scope | null} */
    this.current = null
    /** Where only begin and end are told: those that run. @type {Set<Scope>} */
    this.open = new Set()
    /** For what one of several made that run at once, by their names. @type {Map<string, Scope>} */
    this.ambiguous = new Map()
  }

  /** @param {string} name @param {'test' | 'hook'} kind */
  scope(name, kind) {
    if (kind === 'test') this.tests++
    return new scopes.Scope(++this.scopeCount, this.guardId, name, kind)
  }

  /** @param {Scope} scope @returns {Scope | null} the one that is over with it */
  begin(scope) {
    if (scope === this.current || scope.isConcurrent) return null
    const before = this.current
    this.current = scope
    return before
  }

  /** @param {Scope} scope */
  enter(scope) {
    const outer = this.innermost
    if (outer !== null && !isWithin(scope, outer))
      for (const each of [...this.open, scope]) each.isConcurrent = true
    this.open.add(scope)
  }

  /** @param {Scope} scope */
  leave(scope) {
    this.open.delete(scope)
  }

  /** @returns {Scope | null} */
  get innermost() {
    return [...this.open].at(-1) ?? null
  }

  /** @returns {Scope | null | undefined} null: outside any test and hook; undefined: none of this file's business */
  here() {
    if (/** @type {any} */ (storage.getStore())?.exempt) return undefined
    const scope = scopes.scopeHere()
    if (scope !== undefined) return scope.guardId === this.guardId ? scope : undefined
    const { innermost } = this
    return innermost?.isConcurrent ? this.oneOf(innermost) : innermost
  }

  /** @param {Scope} innermost */
  oneOf(innermost) {
    const name = `one of ${[...this.open].map((scope) => scope.name).join(', ')}`
    const known = this.ambiguous.get(name)
    if (known !== undefined) return known
    const scope = new scopes.Scope(innermost.id, this.guardId, name, 'hook')
    this.ambiguous.set(name, scope)
    return scope
  }
}

exports.Running = Running
