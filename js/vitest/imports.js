'use strict'

const { syncBuiltinESMExports } = require('node:module')
/** @type {any} */
const holdover = require('../index')
const { isOff } = require('../config')

const OF_TIMERS = /^(node:)?timers(\/promises)?$/

/**
 * In Vitest's vmThreads and vmForks a core module that is imported is a copy of its exports, made at the first import; and
 * Vitest imports `node:timers` before any setup file. Brings the copies of this test file up to date, as
 * `syncBuiltinESMExports` does with Node's own modules: Vitest 5 has a function for it, in Vitest 4 they lie open.
 * @param {object[]} namespaces of node:timers and node:timers/promises, as this test file would import them
 */
function refreshImports(namespaces) {
  if (isOff()) return
  syncBuiltinESMExports()
  const { __vitest_required__: ofVitest5, __vitest_vm_context__: ofVitest4 } = /** @type {any} */ (globalThis)
  if (typeof ofVitest5?.syncBuiltinESMExports === 'function') ofVitest5.syncBuiltinESMExports()
  else refreshCopies(ofVitest4?.externalModulesExecutor?.cjs?.moduleCache)
  // Whether that was of use: another Vitest may keep them elsewhere.
  holdover.noteImports(namespaces)
}

/** @param {any} copies by name of the module; undefined in pools without any */
function refreshCopies(copies) {
  if (typeof copies?.entries !== 'function') return
  for (const [name, copy] of copies.entries()) {
    if (!OF_TIMERS.test(name) || copy.status !== 'evaluated') continue
    for (const [key, value] of Object.entries(require(name))) copy.setExport(key, value)
  }
}

module.exports = { refreshImports }
