'use strict'

const { EventEmitter } = require('node:events')
const originals = require('../originals')
const { storage } = require('../context')

/**
 * What holdover reads of Node's private fields, each probed on a real object before it is used.
 * Every field has a fallback; the report names the ones in use. Verified on Node 20, 22, 24 and 26.
 *
 * @typedef {object} Internals
 * @property {((timer: any) => any) | null} timerStore the async store of a Timeout, so that timers
 *   need not be recorded (20, 22: a symbol property per storage; 24, 26: the async context frame)
 * @property {boolean} timerLists Timeouts hang on one linked list per duration (`_idlePrev`, `_idleNext`)
 * @property {boolean} timerState `_destroyed` tells whether a Timeout or Immediate is over
 * @property {boolean} emitterEvents `_events` holds an emitter's listeners
 * @property {symbol | null} targetEvents the symbol under which an EventTarget keeps its listeners
 */

const noop = () => {}

/** @returns {((timer: any) => any) | null} */
function probeTimerStore() {
  const marker = { id: 0, exempt: true, order: 0 }
  const timer = storage.run(/** @type {any} */ (marker), () => originals.setTimeout(noop, 1))
  try {
    return storeReader(timer, marker)
  } finally {
    // Only now: Node 24 and 26 drop the context of a cleared timer.
    originals.dropTimer(timer)
  }
}

/** @param {any} timer @param {object} marker @returns {((timer: any) => any) | null} */
function storeReader(timer, marker) {
  for (const symbol of Object.getOwnPropertySymbols(timer)) {
    const value = timer[symbol]
    if (value === marker) return (candidate) => candidate[symbol]
    if (typeof value?.get === 'function' && value.get(storage) === marker) {
      return (candidate) => candidate[symbol]?.get(storage)
    }
  }
  return null
}

function probeTimerLists() {
  const first = /** @type {any} */ (originals.setTimeout(noop, 77_777_777))
  const second = /** @type {any} */ (originals.setTimeout(noop, 77_777_777))
  const list = second._idlePrev
  const works =
    list !== undefined &&
    list._idleNext === second &&
    second._idleNext === first &&
    first._idleNext === list &&
    first._idleTimeout === 77_777_777 &&
    typeof first._idleStart === 'number' &&
    first._repeat === null &&
    typeof first._onTimeout === 'function'
  originals.dropTimer(first)
  originals.dropTimer(second)
  return works
}

function probeTimerState() {
  const timer = /** @type {any} */ (originals.setTimeout(noop, 1))
  const before = timer._destroyed
  originals.dropTimer(timer)
  return before === false && timer._destroyed === true
}

function probeEmitterEvents() {
  const emitter = /** @type {any} */ (new EventEmitter())
  emitter.on('probe', noop)
  const single = emitter._events?.probe === noop
  emitter.on('probe', noop)
  return single && Array.isArray(emitter._events.probe)
}

/** @returns {symbol | null} */
function probeTargetEvents() {
  const target = /** @type {any} */ (new EventTarget())
  target.addEventListener('probe', noop)
  const symbol = Object.getOwnPropertySymbols(target).find((candidate) => {
    // Not `instanceof Map`: Node's own maps have a null prototype.
    const root = typeof target[candidate]?.get === 'function' ? target[candidate].get('probe') : undefined
    return root?.size === 1 && root.next?.listener === noop
  })
  return symbol ?? null
}

/** @template T @param {() => T} probe @param {T} fallback @returns {T} */
function attempt(probe, fallback) {
  try {
    return probe()
  } catch {
    return fallback
  }
}

/**
 * @param {boolean} [usePrivateFields] false forces every fallback (HOLDOVER_PRIVATE_FIELDS=off)
 * @returns {Internals}
 */
function probeInternals(usePrivateFields = true) {
  if (!usePrivateFields) {
    return { timerStore: null, timerLists: false, timerState: true, emitterEvents: false, targetEvents: null }
  }
  return {
    timerStore: attempt(probeTimerStore, null),
    timerLists: attempt(probeTimerLists, false),
    timerState: attempt(probeTimerState, false),
    emitterEvents: attempt(probeEmitterEvents, false),
    targetEvents: attempt(probeTargetEvents, null)
  }
}

/** @param {Internals} internals @returns {string[]} one note per fallback in use */
function describeFallbacks(internals) {
  const notes = []
  if (internals.timerStore === null || !internals.timerLists) {
    notes.push('timers are recorded one by one: this Node keeps them in a way holdover does not know')
  }
  if (!internals.timerState) notes.push('timers are not watched: this Node does not tell when one is over')
  if (!internals.emitterEvents || internals.targetEvents === null) {
    notes.push('listeners are looked up through the public API, which is slower')
  }
  return notes
}

module.exports = { probeInternals, describeFallbacks }
