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
/** V8's names for what has entries of which all are seen so; those of a WeakMap and the bytes of an ArrayBuffer are not. */
const COUNTED = [undefined, 'array', 'map', 'set']

/**
 * @param {(method: string, parameters: object) => any} post to an inspector session of this thread that was there when the
 * snapshot was taken
 * @param {number} id of an object in a snapshot
 * @returns {number | null} null: not known
 */
function entriesOf(post, id) {
  try {
    const { result } = post('HeapProfiler.getObjectByHeapObjectId', { objectId: String(id) })
    const { objectId, type, subtype } = result
    if (type !== 'object' || !COUNTED.includes(subtype)) return null
    const answer = post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: COUNTS,
      returnByValue: true,
      silent: true
    })
    post('Runtime.releaseObject', { objectId })
    return Number.isSafeInteger(answer.result.value) ? answer.result.value : null
  } catch {
    return null
  }
}

module.exports = { entriesOf }
