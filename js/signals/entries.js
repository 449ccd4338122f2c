'use strict'

/**
 * How many entries an object has, in the process itself: run there by V8's inspector. Its own properties, symbols included; of a
 * Map or Set its size, whatever a class of the program's says of that. Holes of an array are none.
 */
const COUNTS = `function () {
  for (const of of [Map, Set]) {
    try {
      return Reflect.apply(Object.getOwnPropertyDescriptor(of.prototype, 'size').get, this, [])
    } catch {}
  }
  return Reflect.ownKeys(this).length
}`
/** Of the list that the inspector makes of the entries of what has no size. */
const LENGTH = 'function () { return this.length }'

/** V8's names for what has entries that can be counted; the bytes of an ArrayBuffer are none. */
const COUNTED = [undefined, 'array', 'map', 'set']
/** Their storage grows with all that were in it between two collections, and stays as large. */
const WEAK = ['weakmap', 'weakset']

/** Of all that the inspector hands out here, so that it lets go of it. */
const GROUP = 'holdover'

/**
 * @param {(method: string, parameters: object) => any} post to an inspector session of this thread that was there when the
 * snapshot was taken
 * @param {number} id of an object in a snapshot
 * @returns {number | null} null: not known
 */
function entriesOf(post, id) {
  try {
    const { result } = post('HeapProfiler.getObjectByHeapObjectId', {
      objectId: String(id),
      objectGroup: GROUP
    })
    if (result.type !== 'object') return null
    if (COUNTED.includes(result.subtype)) return numberOf(post, result.objectId, COUNTS)
    return WEAK.includes(result.subtype) ? numberOf(post, entryListOf(post, result.objectId), LENGTH) : null
  } catch {
    return null
  } finally {
    release(post)
  }
}

/** @param {(method: string, parameters: object) => any} post @param {string} objectId of a WeakMap or WeakSet */
function entryListOf(post, objectId) {
  const { internalProperties } = post('Runtime.getProperties', { objectId, ownProperties: true })
  return internalProperties.find((/** @type {any} */ { name }) => name === '[[Entries]]').value.objectId
}

/** @param {(method: string, parameters: object) => any} post @param {string} objectId @param {string} functionDeclaration */
function numberOf(post, objectId, functionDeclaration) {
  const { result } = post('Runtime.callFunctionOn', {
    objectId,
    functionDeclaration,
    returnByValue: true,
    silent: true
  })
  return Number.isSafeInteger(result.value) ? result.value : null
}

/** @param {(method: string, parameters: object) => any} post */
function release(post) {
  try {
    post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
  } catch {
    // The session is gone, and all that it held.
  }
}

module.exports = { entriesOf }
