'use strict'

const { MEMORY, resolve, show, isOff } = require('../config')
const { HoldoverError } = require('../errors')
const { checkMemory } = require('../memory-check')
const { memoryText } = require('../reporters/memory-table')
const { needFunction, withinTest } = require('./nothing-behind')

/**
 * Runs the job and measures, after forced collections, by how much heap and rss have grown since the warm-up.
 * @param {string} where @param {any} job @param {any} limits @param {number | null} testLeftMs
 */
async function measure(where, job, limits, testLeftMs) {
  needFunction(where, job)
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where })
  const isObject = limits !== null && typeof limits === 'object'
  const options = resolve(MEMORY, isObject ? withinTest(limits, testLeftMs) : (limits ?? {}))
  if (options.heapMb === null && options.rssMb === null) {
    const expected = 'an object with heapMb, rssMb or both'
    throw new HoldoverError('HOLDOVER_ARG', { where, what: 'limits', expected, got: show(limits) })
  }
  const result = await checkMemory(job, options)
  return { result, options, text: memoryText(job.name || 'job', result, options) }
}

/**
 * @param {any} job
 * @param {any} limits `heapMb`, `rssMb`, and options of `check`
 * @param {{ isNot?: boolean, testLeftMs: number | null }} test
 * @returns {Promise<import('./nothing-behind').Outcome>}
 */
async function stayWithin(job, limits, { isNot = false, testLeftMs }) {
  const { result, options, text } = await measure('toStayWithin', job, limits, testLeftMs)
  const { verdict, missing } = result
  const message = () => text
  // Growth that few jobs show may be the first filling of something bounded.
  if (isNot) return { pass: verdict !== 'beyond' || missing.length > 0, message }
  return { pass: verdict === 'within' || (verdict === 'inconclusive' && options.allowInconclusive), message }
}

/** The same as an assertion. @param {any} job @param {any} limits */
async function assertStaysWithin(job, limits) {
  const { result, options, text } = await measure('staysWithin', job, limits, null)
  if (result.verdict === 'beyond') throw new HoldoverError('HOLDOVER_MEMORY', { report: text })
  if (result.verdict === 'inconclusive' && !options.allowInconclusive)
    throw new HoldoverError('HOLDOVER_INCONCLUSIVE', { report: text })
}

module.exports = { stayWithin, assertStaysWithin }
