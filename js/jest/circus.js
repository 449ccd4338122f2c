'use strict'

/**
 * The state of jest-circus: it hangs on the global object under a symbol that is not shared, so it is known by its name.
 * @returns {any}
 */
function circusState() {
  const key = Object.getOwnPropertySymbols(globalThis).find(
    (symbol) => symbol.description === 'JEST_STATE_SYMBOL'
  )
  return key === undefined ? undefined : /** @type {any} */ (globalThis)[key]
}

module.exports = { circusState }
