'use strict'

/**
 * How old emitters and targets are, in scopes: a listener that a test leaves on something of its own goes with it, one on
 * something older stays.
 *
 * An emitter is known from its constructor on. An event target, and what was there before the guard, is known from its
 * first listener on: what only one test has seen of it is of unknown age.
 */
class Ages {
  constructor() {
    /** Scope in which it was made, 0 outside any. @type {WeakMap<object, number>} */
    this.born = new WeakMap()
    /** Scope of the first listener. @type {WeakMap<object, number>} */
    this.seen = new WeakMap()
  }

  /** @param {object} emitter @param {number} scope */
  noteBirth(emitter, scope) {
    this.born.set(emitter, scope)
  }

  /** A listener is added in this scope. @param {object} owner @param {number} scope @returns {'own' | 'older' | 'unknown'} */
  of(owner, scope) {
    const born = this.born.get(owner)
    if (born !== undefined) return born === scope ? 'own' : 'older'
    const seen = this.seen.get(owner)
    if (seen === undefined) this.seen.set(owner, scope)
    return seen === undefined || seen === scope ? 'unknown' : 'older'
  }
}

exports.Ages = Ages
