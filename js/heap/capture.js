'use strict'

const path = require('node:path')
const { performance } = require('node:perf_hooks')
const { writeHeapSnapshot } = require('node:v8')
const { HoldoverError } = require('../errors')
const { isOff, show } = require('../config')
const { native } = require('../native')
const { wait } = require('../collect')
const { predictCost, requireCheap } = require('./cost')
const { refusal } = require('./refusal')
const { HeapSnapshot } = require('./held')

/**
 * Snapshots of this process. V8 writes into a pipe that a thread of ours reads meanwhile, so that there is a graph when
 * V8 is done, and no file unless one was asked for.
 */

/** How often somebody who waits for another capture of the process looks whether it is over. */
const LOOK_EVERY_MS = 10

/** @typedef {{ file?: string, force?: boolean, maxPauseMs?: number }} TakeOptions */

/**
 * Takes a snapshot now, before it returns; only where another thread or call is taking one it waits for that.
 * @param {TakeOptions} [options]
 * @returns {Promise<import('./held').HeapSnapshot>}
 */
async function takeSnapshot(options = {}) {
  const { file, force, maxPauseMs } = checked(options)
  const predicted = predictCost()
  if (!force) requireCheap(predicted, maxPauseMs, '`force: true` takes it all the same')
  const whole = await viaPipe(file)
  const { held, route, pauseMs } = whole ?? (await capture(file, false))
  return new HeapSnapshot(held, { file, route, pauseMs, predicted })
}

/** Nothing where V8 may not write to the pipe, as with Node's permission model. @param {string | null} file */
async function viaPipe(file) {
  try {
    return await capture(file, true)
  } catch (error) {
    if (/** @type {any} */ (error).wroteNothing) return null
    throw error
  }
}

/** @param {any} options */
function checked(options) {
  const where = 'heap.takeSnapshot'
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where })
  if (typeof options !== 'object' || options === null) {
    const expected = 'an object'
    throw new HoldoverError('HOLDOVER_ARG', { where, what: 'options', expected, got: show(options) })
  }
  const { file, force = false, maxPauseMs = Number.POSITIVE_INFINITY } = options
  /** @param {boolean} isFine @param {string} what @param {string} expected @param {any} got */
  const mustBe = (isFine, what, expected, got) => {
    if (!isFine) throw new HoldoverError('HOLDOVER_ARG', { where, what, expected, got: show(got) })
  }
  mustBe(file === undefined || (typeof file === 'string' && file !== ''), 'file', 'a path', file)
  mustBe(typeof force === 'boolean', 'force', 'true or false', force)
  mustBe(typeof maxPauseMs === 'number' && maxPauseMs >= 0, 'maxPauseMs', 'milliseconds from 0', maxPauseMs)
  return { file: file === undefined ? null : path.resolve(file), force, maxPauseMs }
}

/** @param {string | null} file @param {boolean} byPipe */
async function capture(file, byPipe) {
  const begun = begin(file, byPipe) ?? (await turn(file, byPipe))
  const [target, route] = JSON.parse(native().captureRoute(begun))
  const startedAt = performance.now()
  const failure = write(target)
  const pauseMs = performance.now() - startedAt
  try {
    return { held: await native().finishCapture(begun), route, pauseMs }
  } catch (cause) {
    throw explain(refusal(cause), failure, route)
  }
}

/** Nothing while another capture of the process is under way. @param {string | null} file @param {boolean} byPipe */
function begin(file, byPipe) {
  try {
    return native().beginCapture(file, byPipe)
  } catch (cause) {
    throw refusal(cause)
  }
}

/** @param {string | null} file @param {boolean} byPipe @returns {Promise<any>} */
async function turn(file, byPipe) {
  for (;;) {
    await wait(LOOK_EVERY_MS)
    const begun = begin(file, byPipe)
    if (begun !== null) return begun
  }
}

/** V8's complaint, or null. @param {string} target @returns {Error | null} */
function write(target) {
  try {
    writeHeapSnapshot(target)
    return null
  } catch (error) {
    return /** @type {Error} */ (error)
  }
}

/**
 * Where V8 failed and what it wrote is merely cut, V8 has the reason; else V8 failed because the reader had one.
 * @param {HoldoverError} refused @param {Error | null} failure of V8 @param {'pipe' | 'file'} route
 */
function explain(refused, failure, route) {
  if (failure === null || refused.code !== 'HOLDOVER_SNAPSHOT_TRUNCATED') return refused
  const error = new HoldoverError('HOLDOVER_SNAPSHOT_TAKE', { reason: failure.message }, { cause: failure })
  const wroteNothing = route === 'pipe' && /** @type {any} */ (refused).byteOffset === 0
  return Object.defineProperty(error, 'wroteNothing', { value: wroteNothing })
}

module.exports = { takeSnapshot }
