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

/** The native exports, or null where no binary loads. */
function tryNative() {
  return load().binding
}

/** The native exports; throws HOLDOVER_BINARY where no binary loads. */
function native() {
  const { binding, failure } = load()
  if (binding === null) {
    const reason = failure === null ? 'unknown' : failure.message.split('\n')[0]
    throw new HoldoverError(
      'HOLDOVER_BINARY',
      { platform: `${process.platform}-${process.arch}`, reason },
      { cause: failure }
    )
  }
  return binding
}

module.exports = { native, tryNative }
