'use strict'

const v8 = require('node:v8')
const vm = require('node:vm')
const originals = require('./originals')

/** @type {(() => void) | null} */
let gc = null

/**
 * V8's collector without a command-line flag. The flag is taken back at once, since every context
 * made while it is on (the next test file of a runner) would show a `gc` global.
 */
function collector() {
  if (gc === null) {
    v8.setFlagsFromString('--expose-gc')
    try {
      gc = vm.runInNewContext('gc')
    } finally {
      v8.setFlagsFromString('--no-expose-gc')
    }
  }
  return /** @type {() => void} */ (gc)
}

/** Lets one loop turn pass; a WeakRef's target is held until then. */
function turn() {
  return new Promise((resolve) => originals.setImmediate(resolve))
}

/** @param {number} ms */
function wait(ms) {
  return new Promise((resolve) => originals.setTimeout(resolve, ms))
}

/**
 * One full collection from a clean stack, with time for finalizers before and after.
 * @param {(gc: () => void) => Promise<void>} [around] what calls the collector, for whoever looks before and after
 */
async function collect(around) {
  await turn()
  if (around === undefined) collector()()
  else await around(collector())
  await turn()
}

module.exports = { collect, turn, wait }
