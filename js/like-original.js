'use strict'

/**
 * Gives a wrapper the `length` and `name` of what it wraps: queues and test runners read them.
 * @template {Function} T @param {T} wrapped @param {Function} original @returns {T}
 */
function likeOriginal(wrapped, original) {
  for (const key of ['length', 'name']) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)
    if (descriptor !== undefined) Object.defineProperty(wrapped, key, descriptor)
  }
  return wrapped
}

module.exports = { likeOriginal }
