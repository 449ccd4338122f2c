'use strict'

const originals = require('./originals')

/** Functions of node:timers and node:timers/promises that are wrapped. @type {Array<Record<string, Function>>} */
const WRAPPED = [
  {
    setTimeout: originals.setTimeout,
    setInterval: originals.setInterval,
    setImmediate: originals.setImmediate
  },
  originals.promises
]

/**
 * The two modules as the test file at work imports them, where its runner has copies of its own. Weakly, since they are to
 * go with the file.
 * @type {Array<WeakRef<any>>}
 */
let modules = []

/** @param {object[]} namespaces in the order of WRAPPED */
function noteImports(namespaces) {
  modules = namespaces.map((namespace) => new WeakRef(namespace))
}

/**
 * Why timers may be made that nobody sees: a test file that imports a function by name has Node's own, and not the wrapped one.
 * @returns {string[]}
 */
function unseenImports() {
  const names = WRAPPED.flatMap((functions, i) =>
    Object.keys(functions).filter((name) => modules[i]?.deref()?.[name] === functions[name])
  )
  if (names.length === 0) return []
  const list = [...new Set(names)].sort().join(', ')
  return [
    `the test runner has copies of node:timers from before holdover (${list}): timers made through an import by name are not seen`
  ]
}

module.exports = { noteImports, unseenImports }
