'use strict'

/**
 * Keeps a Map or Set within its bound: what came first is forgotten first. Called after each addition.
 * @param {Map<any, any> | Set<any>} collection @param {number} max
 */
function forgetOldest(collection, max) {
  // The first key is the oldest: both iterate in the order of insertion.
  if (collection.size > max) collection.delete(collection.keys().next().value)
}

module.exports = { forgetOldest }
