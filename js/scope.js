'use strict'

const { types } = require('node:util')
const { storage, OUTSIDE } = require('./context')
const { activeWatch } = require('./engine')
const { OUTCOME } = require('./job')
const { HoldoverError } = require('./errors')
const { show } = require('./config')
const { likeOriginal } = require('./like-original')

/** Characters of a job's id kept for the report. */
const MAX_ID = 100

/**
 * @typedef {string | { name: string, id?: string | number }} Ident
 */

/** @param {unknown} fn @param {string} where */
function requireFunction(fn, where) {
  if (typeof fn !== 'function') {
    throw new HoldoverError('HOLDOVER_ARG', { where, what: 'fn', expected: 'a function', got: show(fn) })
  }
}

/** @param {any} ident @param {string} where */
function requireIdent(ident, where) {
  const name = typeof ident === 'string' ? ident : ident?.name
  if (typeof name !== 'string' || name === '') {
    const expected = 'a job name or { name, id }'
    throw new HoldoverError('HOLDOVER_ARG', { where, what: 'the job', expected, got: show(ident) })
  }
}

/** How a job that threw ended. Reading an error's fields may itself throw. @param {any} error */
function outcomeOf(error) {
  try {
    return error?.name === 'TimeoutError' || error?.code === 'ETIMEDOUT' ? OUTCOME.timedOut : OUTCOME.failed
  } catch {
    return OUTCOME.failed
  }
}

/** @param {any} value */
function isThenable(value) {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof value.then === 'function'
  )
}

/**
 * Runs `fn` in the scope of a new job and returns what it returns. A job ends when `fn` returns, throws, or the
 * promise it returned settles.
 *
 * A promise comes back as a promise that settles the same way: a handler on the job's own promise would hide
 * an unhandled rejection. Another thenable (a lazy query) is started once, in the job.
 *
 * @param {import('./watch').Watch} watch
 * @param {Ident} ident
 * @param {Function} fn
 * @param {any} self
 * @param {ArrayLike<any>} args
 */
function runInJob(watch, ident, fn, self, args) {
  const scope = beginSafely(watch, typeof ident === 'string' ? ident : ident.name)
  if (scope === null) return Reflect.apply(fn, self, args)
  if (typeof ident === 'object' && ident.id !== undefined) scope.userId = String(ident.id).slice(0, MAX_ID)
  let result
  try {
    result = storage.run(/** @type {any} */ (scope), () => Reflect.apply(fn, self, args))
    // `instanceof` first: the other asks C++.
    if (result instanceof Promise || types.isPromise(result)) return settleWith(watch, scope, result)
    if (isThenable(result))
      return settleWith(watch, scope, storage.run(/** @type {any} */ (scope), adopt, result))
  } catch (error) {
    endSafely(watch, scope, outcomeOf(error))
    throw error
  }
  endSafely(watch, scope, OUTCOME.completed)
  return result
}

/** A fault of ours must not cost the host its job. @param {import('./watch').Watch} watch @param {string} name */
function beginSafely(watch, name) {
  try {
    return watch.begin(name)
  } catch {
    watch.faults++
    return null
  }
}

/** @param {import('./watch').Watch} watch @param {import('./job').JobScope} scope @param {0 | 1 | 2} outcome */
function endSafely(watch, scope, outcome) {
  try {
    watch.end(scope, outcome)
  } catch {
    watch.faults++
  }
}

/** @param {any} thenable */
function adopt(thenable) {
  return new Promise((resolve, reject) => thenable.then(resolve, reject))
}

/**
 * @param {import('./watch').Watch} watch
 * @param {import('./job').JobScope} scope
 * @param {Promise<any>} promise
 */
function settleWith(watch, scope, promise) {
  return promise.then(
    (value) => {
      endSafely(watch, scope, OUTCOME.completed)
      return value
    },
    (error) => {
      endSafely(watch, scope, outcomeOf(error))
      throw error
    }
  )
}

/**
 * @param {Ident} ident
 * @param {Function} fn
 */
function runJob(ident, fn) {
  requireIdent(ident, 'runJob')
  requireFunction(fn, 'runJob')
  const watch = activeWatch()
  return watch === null ? fn() : runInJob(watch, ident, fn, undefined, [])
}

/**
 * The same for a processor: `length` and `name` stay (queues read them), `this` and arguments pass through.
 * @param {Ident | ((...args: any[]) => Ident)} identOrFunction
 * @param {Function} fn
 */
function wrapJob(identOrFunction, fn) {
  if (typeof identOrFunction !== 'function') requireIdent(identOrFunction, 'wrapJob')
  requireFunction(fn, 'wrapJob')
  /** @this {any} @param {any[]} args */
  function wrapped(...args) {
    const watch = activeWatch()
    if (watch === null) return Reflect.apply(fn, this, args)
    return runInJob(watch, identify(identOrFunction, args), fn, this, args)
  }
  return likeOriginal(wrapped, fn)
}

/** A mistake in the user's ident function must not fail the job. @param {any} identOrFunction @param {any[]} args @returns {Ident} */
function identify(identOrFunction, args) {
  if (typeof identOrFunction !== 'function') return identOrFunction
  try {
    const ident = identOrFunction(...args)
    const name = typeof ident === 'string' ? ident : ident?.name
    return typeof name === 'string' && name !== '' ? ident : '(unnamed)'
  } catch {
    return '(unnamed)'
  }
}

/**
 * Runs `fn` outside the current job: what it makes belongs to the process (a pool, a lazy singleton).
 * @param {Function} fn
 */
function outside(fn) {
  requireFunction(fn, 'outside')
  return storage.run(/** @type {any} */ (OUTSIDE), () => fn())
}

module.exports = { runJob, wrapJob, outside, runInJob }
