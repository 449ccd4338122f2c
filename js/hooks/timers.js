'use strict'

const timers = require('node:timers')
const timersPromises = require('node:timers/promises')
const { patch, reusable } = require('./patch')
const { realm } = require('../realm')
const { isFake } = require('../fake-timers')
const sink = require('./sink')

/**
 * Callbacks are never wrapped, clearing is never watched. One literal for each function, for speed: see
 * event-emitter.js.
 * @param {Function} original
 */
function observeTimeout(original) {
  return function observed(/** @type {any} */ _callback, /** @type {any} */ _delay) {
    // @ts-expect-error `this` is the caller's
    const timer = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.timer(timer, observed)
    return timer
  }
}

/** @param {Function} original */
function observeInterval(original) {
  return function observed(/** @type {any} */ _callback, /** @type {any} */ _delay) {
    // @ts-expect-error `this` is the caller's
    const timer = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.timer(timer, observed)
    return timer
  }
}

/** @param {Function} original */
function observeImmediate(original) {
  return function observed(/** @type {any} */ _callback) {
    // @ts-expect-error `this` is the caller's
    const immediate = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.immediate(immediate, observed)
    return immediate
  }
}

/**
 * timers/promises: the Timeout stays inside Node, so only its duration is noted. The promise is
 * returned as it is: a handler on it would hide an unhandled rejection.
 * @param {Function} original
 */
function observePromised(original) {
  return function observed(/** @type {any} */ delay) {
    // @ts-expect-error `this` is the caller's
    const result = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.promisedTimer(delay, observed)
    return result
  }
}

/** As observePromised, for scheduler.wait, which is a method and has no prototype. @param {Function} original */
function observeWait(original) {
  const { wait } = {
    wait(/** @type {any} */ delay) {
      const result = Reflect.apply(original, this, arguments)
      if (sink.recorder !== null) sink.recorder.promisedTimer(delay, wait)
      return result
    }
  }
  return wait
}

/**
 * The global and the module function are one in Node and stay one. Where another library has put
 * its own over the global, each is patched by itself.
 * @param {string} name
 * @param {(original: Function) => Function} make
 */
function patchGlobal(name, make) {
  const inModule = { owner: timers, name }
  const inGlobal = { owner: realm(), name }
  const places = [inModule, inGlobal].filter((place) => !isFake(place.owner[name]))
  const isOne = places.every((place) => place.owner[name] === places[0].owner[name])
  if (places.length === 0) return []
  return isOne ? [patch(places, make)] : places.map((place) => patch([place], make))
}

const hook = reusable(() => {
  // scheduler.wait lives on a prototype that Node does not export.
  const scheduler = Object.getPrototypeOf(timersPromises.scheduler)
  return [
    ...patchGlobal('setTimeout', observeTimeout),
    ...patchGlobal('setInterval', observeInterval),
    ...patchGlobal('setImmediate', observeImmediate),
    patch([{ owner: timersPromises, name: 'setTimeout' }], observePromised),
    patch([{ owner: timersPromises, name: 'setInterval' }], observePromised),
    patch([{ owner: scheduler, name: 'wait' }], observeWait)
  ]
})

/** The realm's global timers are Node's, and Node's are wrapped: puts the same wrappers there. */
function enterRealm() {
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) hook.extend({ owner: realm(), name })
}

module.exports = { ...hook, enterRealm }
