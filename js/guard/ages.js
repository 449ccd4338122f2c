'use strict'

/**
 * How old emitters and targets are, in scopes: a listener that a test leaves on something of its own goes with it, one on
 * something older stays.
 *
 * An emitter is known from its constructor on. An event target is known from its first listener on, so what only one test
 * has seen of it is of unknown age.
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

  /** A listener is added; whether the owner is older than this scope. @param {object} owner @param {number} scope */
  isOlderThan(owner, scope) {
    const first = this.born.get(owner) ?? this.seen.get(owner)
    if (first !== undefined) return first !== scope
    this.seen.set(owner, scope)
    return false
  }
}

exports.Ages = Ages
