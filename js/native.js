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
  // Where there is no ldd to read, the loader asks for a report and leaves this setting of the host changed.
  const hostReport = /** @type {any} */ (process.report)
  const excludeNetwork = hostReport?.excludeNetwork
  try {
    if (snapshotting) throw new Error('a startup snapshot is being built')
    loaded = { binding: require('./binding.js'), failure: null }
  } catch (error) {
    loaded = { binding: null, failure: /** @type {Error} */ (error) }
  } finally {
    if (hostReport && hostReport.excludeNetwork !== excludeNetwork) hostReport.excludeNetwork = excludeNetwork
  }
  return loaded
}

const NOT_FOUND = /^Cannot find module '([^']+)'/
const NOT_ALLOWED = /loading addons is disabled/

/**
 * What went wrong and what to do. The loader's own message only says that nothing was found; what each of its attempts
 * threw hangs on it, the last one outermost, and of their errors only the messages.
 * @param {any} error
 */
function explain(error) {
  const attempts = []
  for (let at = error.cause ?? error; at; at = at.cause) attempts.unshift(firstLine(at))
  const reason = attempts.find((message) => !NOT_FOUND.test(message))
  if (reason === undefined) return notInstalled(attempts)
  const remedy = NOT_ALLOWED.test(reason)
    ? 'Start Node without --no-addons, and where it has --permission with --allow-addons'
    : 'In a clone, run `npm run build`'
  return { reason, remedy }
}

/** @param {string[]} attempts of the files and packages that were looked for, the package of this platform last */
function notInstalled(attempts) {
  const names = attempts.map((message) => /** @type {RegExpExecArray} */ (NOT_FOUND.exec(message))[1])
  const packages = names.filter((name) => !name.startsWith('.') && !name.includes('wasm32'))
  return {
    reason: `${packages.at(-1) ?? names.at(-1)} is not installed`,
    remedy:
      'Install with optional dependencies (npm install --include=optional); a package-lock.json made on another ' +
      'platform may lack it: remove that and node_modules first. In a clone, run `npm run build`'
  }
}

/** @param {any} error */
function firstLine(error) {
  return String(error?.message ?? error)
    .split('\n')[0]
    .replace(/\.$/, '')
}

/** Why there are no native exports; null where they are there. @returns {HoldoverError | null} */
function nativeFailure() {
  const { failure } = load()
  if (failure === null) return null
  const platform = `${process.platform}-${process.arch}`
  return new HoldoverError('HOLDOVER_BINARY', { platform, ...explain(failure) }, { cause: failure })
}

/** The native exports; throws HOLDOVER_BINARY where no binary loads. */
function native() {
  const failure = nativeFailure()
  if (failure !== null) throw failure
  return load().binding
}

module.exports = { native, nativeFailure }
