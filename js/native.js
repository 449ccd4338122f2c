'use strict'

const { HoldoverError } = require('./errors')

/**
 * The only place that loads the native binary, and only when it is first needed, so that
 * `HOLDOVER=off` never maps it.
 * @type {{ binding: any, failure: Error | null } | null}
 */
let loaded = null

function load() {
  if (loaded !== null) return loaded
  // Loading an addon while a startup snapshot is being built is a fatal V8 error.
  const snapshotting = require('node:v8').startupSnapshot?.isBuildingSnapshot?.() === true
  try {
    if (snapshotting) throw new Error('a startup snapshot is being built')
    loaded = { binding: require('./binding.js'), failure: null }
  } catch (error) {
    loaded = { binding: null, failure: /** @type {Error} */ (error) }
  }
  return loaded
}

/** What the loader threw first: its own message only says that nothing was found. @param {any} error */
function firstCause(error) {
  let cause = error
  while (cause?.cause) cause = Array.isArray(cause.cause) ? cause.cause[0] : cause.cause
  return String(cause?.message ?? cause)
    .split('\n')[0]
    .replace(/\.$/, '')
}

/** Why there are no native exports; null where they are there. @returns {HoldoverError | null} */
function nativeFailure() {
  const { failure } = load()
  if (failure === null) return null
  const platform = `${process.platform}-${process.arch}`
  return new HoldoverError('HOLDOVER_BINARY', { platform, reason: firstCause(failure) }, { cause: failure })
}

/** The native exports; throws HOLDOVER_BINARY where no binary loads. */
function native() {
  const failure = nativeFailure()
  if (failure !== null) throw failure
  return load().binding
}

module.exports = { native, nativeFailure }
