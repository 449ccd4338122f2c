'use strict'

/** Characters of a callback's source that enter its hash; enough to tell callbacks apart. */
const MAX_SOURCE = 2_000
const MAX_TEXT = 80

const sourceOf = Function.prototype.toString

/**
 * FNV-1a (Fowler, Noll, Vo), 32 bit, of a callback's source text: the same in tests and production, free of
 * addresses. Native and bound functions share one text and so one hash.
 * @param {string} text
 */
function hashText(text) {
  let hash = 0x811c9dc5
  const length = Math.min(text.length, MAX_SOURCE)
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** UUIDs, long hex, long numbers: what no author writes into a name. */
const IDS = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  /\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi,
  /\d{4,}/g
]
/** A number that stands by itself in an event name: `reply:7`, but not `utf8` or `h2`. */
const OWN_NUMBER = /(?<![0-9A-Za-z])\d+(?![0-9A-Za-z])/g

/**
 * Folds ids inside a job name, so that `mail:4711` and `mail:4712` are one: each becomes `#`.
 * @param {string} text
 */
function foldIds(text) {
  return IDS.reduce((folded, pattern) => folded.replace(pattern, '#'), text).slice(0, MAX_TEXT)
}

/** The same for event names, which carry correlation ids from 0 on. @param {string} text */
function foldEvent(text) {
  return foldIds(text).replace(OWN_NUMBER, '#')
}

/**
 * For an owner with so many event names at once that they must hold ids of any making: all behind the first
 * separator is one.
 * @param {string} text
 */
function foldTail(text) {
  if (/^[A-Za-z]+$/.test(text)) return text
  return `${/^[^:./#_-]+[:./#_-]/.exec(text)?.[0] ?? ''}#`
}

/** @param {any} callback function or `{ handleEvent }` object */
function describeCallback(callback) {
  if (typeof callback !== 'function') return { callback: 'handleEvent', source: '' }
  const source = sourceOf.call(callback)
  return {
    callback: typeof callback.name === 'string' ? callback.name.slice(0, MAX_TEXT) : '',
    source: source.endsWith('{ [native code] }') ? 'native' : hashText(source)
  }
}

/** What a listener calls that holds its target weakly. */
const DEREF = /\.deref\s*\(/

/**
 * Whether a listener reaches what it is for through a WeakRef: then it is most likely taken off once that is collected, and
 * says nothing before.
 * @param {any} listener as it is listed
 */
function looksThroughWeakRef(listener) {
  const callback = callbackOf(listener)
  return typeof callback === 'function' && DEREF.test(sourceOf.call(callback).slice(0, MAX_SOURCE))
}

/** The function inside what `once` registers. @param {any} listener */
function callbackOf(listener) {
  return typeof listener?.listener === 'function' ? listener.listener : listener
}

/** @param {any} owner */
function className(owner) {
  const type = Object.getPrototypeOf(owner)?.constructor
  const name = typeof type === 'function' ? type.name : ''
  return typeof name === 'string' ? name.slice(0, MAX_TEXT) : ''
}

/**
 * @param {any} owner
 * @param {any} type
 * @param {any} listener
 * @param {boolean} isTarget an EventTarget, not an emitter
 * @param {boolean} [hasManyEvents] see foldTail
 */
function listenerShape(owner, type, listener, isTarget, hasManyEvents = false) {
  return {
    owner: className(owner),
    event: hasManyEvents ? foldTail(String(type)) : foldEvent(String(type)),
    ...(isTarget ? { target: 'event-target' } : {}),
    ...describeCallback(callbackOf(listener))
  }
}

/**
 * The delay belongs to the shape only where the callback says nothing (promisified timers), since
 * retries and polls jitter it.
 * @param {any} callback
 * @param {number} [delayMs]
 */
function timerShape(callback, delayMs) {
  const described = describeCallback(callback)
  const anonymous = described.source === 'native' || described.source === ''
  return anonymous && delayMs !== undefined ? { ...described, delayMs } : described
}

module.exports = { className, listenerShape, looksThroughWeakRef, timerShape, foldIds, foldEvent, hashText }
