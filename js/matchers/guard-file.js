'use strict'

const path = require('node:path')
const holdover = require('../index')
const { isOff } = require('../config')
const { HoldoverError } = require('../errors')

/** Ours to judge in, beyond any grace period that may be asked for. */
const TIMEOUT_MS = 120_000

/**
 * Opens the suite guard of a test file; what a runner must be told for it is the runner's own.
 * @param {object} runner
 * @param {string} runner.where the entry
 * @param {() => string | undefined} runner.file absolute, asked at the end
 * @param {string | null} runner.problem why it cannot be guarded
 * @param {(guard: any, timeoutMs: number) => void} runner.register
 */
function guardFile({ where, file, problem, register }) {
  if (isOff()) return
  if (problem !== null) throw new HoldoverError('HOLDOVER_GUARD', { where, problem })
  const init = { file: () => path.relative(process.cwd(), file() ?? 'test file'), process }
  register(/** @type {any} */ (holdover).openGuard(init), TIMEOUT_MS)
}

module.exports = { guardFile }
