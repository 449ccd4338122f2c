'use strict'

const { HoldoverError } = require('../errors')
const { isOff, show } = require('../config')
const { native } = require('../native')
const { clock } = require('../engine')
const { collect, turn, wait } = require('../collect')
const { formatNumberOf, formatDuration } = require('../reporters/format')
const { pathLines } = require('../reporters/heap-paths')
const { takeSnapshot } = require('./capture')
const { HeapSnapshot } = require('./held')
const { work } = require('./work')

/**
 * Whether an object goes, and what holds it if it does not. It is held weakly throughout. In the snapshot it is found by a
 * mark: it is the key of a WeakMap, the value of which has a property that nothing else has.
 */

const DEFAULT_TIMEOUT_MS = 5_000
/** Some things go only in a second collection, whatever time that takes. */
const MIN_COLLECTIONS = 3
const MAX_WAIT_MS = 250
const MAX_SHOWN = 3
const MAX_PATHS = 100

/** @type {WeakMap<object, object>} */
const marks = new WeakMap()
let marked = 0

/**
 * Resolves once the object was collected. Not async: the frame of an async function would hold it.
 * @param {object} object
 * @param {{ timeoutMs?: number, force?: boolean }} [options]
 * @returns {Promise<void>}
 */
function expectCollected(object, { timeoutMs = DEFAULT_TIMEOUT_MS, force = false } = {}) {
  const problem = problemWith(object, timeoutMs)
  if (problem !== null) return Promise.reject(problem)
  return settle(new WeakRef(object), nameOf(object), mark(object), timeoutMs, force)
}

/** @param {any} object @param {any} timeoutMs @returns {HoldoverError | null} */
function problemWith(object, timeoutMs) {
  const where = 'heap.expectCollected'
  if (isOff()) return new HoldoverError('HOLDOVER_OFF', { where })
  const wrong = (/** @type {string} */ what, /** @type {string} */ expected, /** @type {any} */ got) =>
    new HoldoverError('HOLDOVER_ARG', { where, what, expected, got: show(got) })
  const isHeld = typeof object === 'function' || (typeof object === 'object' && object !== null)
  if (!isHeld) return wrong('the first argument', 'an object or a function', object)
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0))
    return wrong('timeoutMs', 'milliseconds from 0', timeoutMs)
  return null
}

/** @param {object} object @returns {string} the name of the mark */
function mark(object) {
  const name = `HoldoverMark${++marked}`
  // What the property holds must be an object: numbers are not in a snapshot.
  marks.set(object, { [name]: marks })
  return name
}

/** What the object is called in the message. Reading it may run code of the host's, which may throw. @param {any} object */
function nameOf(object) {
  try {
    const name =
      typeof object === 'function' ? `function ${object.name || '(anonymous)'}` : object.constructor?.name
    return typeof name === 'string' && name !== '' ? name : 'object'
  } catch {
    return 'object'
  }
}

/**
 * @param {WeakRef<object>} ref @param {string} what @param {string} markName
 * @param {number} timeoutMs @param {boolean} force
 */
async function settle(ref, what, markName, timeoutMs, force) {
  const endsAt = clock() + timeoutMs
  let waitMs = 5
  let collections = 0
  for (;;) {
    await collect()
    collections++
    if (isGone(ref)) return
    if (clock() >= endsAt && collections >= MIN_COLLECTIONS) break
    await wait(Math.max(0, Math.min(waitMs, endsAt - clock())))
    waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)
  }
  const { retainers, reason } = await whatHolds(markName, force)
  // The snapshot collects once more.
  if (retainers !== null && retainers.objects === 0) return
  unmark(ref)
  const tried = `${formatDuration(timeoutMs)} and ${formatNumberOf(collections, 'forced collection')}`
  const report = [`the ${what} was not collected within ${tried}. ${reason}`, ...shown(retainers)].join('\n')
  throw Object.assign(new HoldoverError('HOLDOVER_NOT_COLLECTED', { report }), { collections, retainers })
}

/** In a frame of its own: whoever asks holds it for the rest of the turn. @param {WeakRef<object>} ref */
function isGone(ref) {
  return ref.deref() === undefined
}

/** @param {WeakRef<object>} ref */
function unmark(ref) {
  const object = ref.deref()
  if (object !== undefined) marks.delete(object)
}

/**
 * @param {string} markName @param {boolean} force
 * @returns {Promise<{ retainers: any, reason: string }>}
 */
async function whatHolds(markName, force) {
  let snapshot
  // Asking a WeakRef holds its object for the rest of the turn.
  await turn()
  try {
    snapshot = await takeSnapshot({ force })
    const held = HeapSnapshot.heldOf(snapshot)
    const retainers = await work((job) => native().markedRetainers(held, markName, MAX_PATHS, job), {})
    return { retainers, reason: reasonOf(retainers.ways) }
  } catch (error) {
    return { retainers: null, reason: `What holds it is not known: ${/** @type {Error} */ (error).message}` }
  } finally {
    snapshot?.close()
  }
}

/** @param {number} ways */
function reasonOf(ways) {
  return ways === 0
    ? 'Nothing that a snapshot shows holds it: a variable of a function that is running, or native code'
    : 'What holds it:'
}

/**
 * Ways that read differently: V8 tells of an array's elements twice.
 * @param {any} found @returns {string[]} lines
 */
function shown(found) {
  if (found === null) return []
  const ways = [
    ...new Set(
      found.retainers.map((/** @type {any} */ way) => pathLines(way.path, way.suspectFrom).join('\n'))
    )
  ]
  const lines = ways.slice(0, MAX_SHOWN).flatMap((way) => ['', way])
  const more = ways.length - MAX_SHOWN
  return more > 0
    ? [...lines, '', `   and in ${formatNumberOf(more, 'more way')}: see error.retainers`]
    : lines
}

module.exports = { expectCollected }
