'use strict'

const holdover = require('../index')
const { CHECK, resolve, show } = require('../config')
const { HoldoverError } = require('../errors')
const { formatNumberOf } = require('../reporters/format')
const { failureText } = require('../reporters/failure')

/** Left of a test's time for the last look and the report, which a busy machine stretches: a fifth, and no more than this. */
const MAX_RESERVE_MS = 1_000
const RESERVE_SHARE = 0.2
/** Jobs that must have left something before a leak is sure, see docs/how-it-works.md. */
const SURE_JOBS = 500
/** Least time of a check, see config.js. */
const LEAST_MS = 100

/** @typedef {{ pass: boolean, message: () => string }} Outcome what expect.extend takes */

/**
 * A job must be a function.
 * @param {string} where @param {any} job
 */
function needFunction(where, job) {
  if (typeof job === 'function') return
  const isPromise = typeof job?.then === 'function'
  const got = isPromise
    ? 'a promise: what has started already has no scope, so pass the function that starts it'
    : show(job)
  throw new HoldoverError('HOLDOVER_ARG', { where, what: 'the job', expected: 'a function', got })
}

/**
 * The options of a check inside a test: its time is the test's, less what the report needs.
 * @param {any} options @param {number | null} testLeftMs null: the test has no limit
 */
function withinTest(options, testLeftMs) {
  if (isGiven(options, 'timeoutMs') || testLeftMs === null) return options
  const reserveMs = Math.min(MAX_RESERVE_MS, testLeftMs * RESERVE_SHARE)
  return { ...options, timeoutMs: Math.max(LEAST_MS, Math.floor(testLeftMs - reserveMs)) }
}

/** @param {any} options @param {'heap' | 'timeoutMs'} name */
function isGiven(options, name) {
  return options[name] !== undefined || process.env[CHECK[name].env] !== undefined
}

/** Snapshots of a test runner's heap take longer than most tests have, so they are asked for. @param {any} options */
function withoutHeap(options) {
  return isGiven(options, 'heap') ? options : { ...options, heap: false }
}

/** @param {import('../index').Report} report */
function jobsRun(report) {
  const finished = report.jobs.reduce((sum, job) => sum + job.completed + job.failed + job.timedOut, 0)
  return formatNumberOf(finished, 'job')
}

/**
 * Calls `job(i)` again and again and says whether nothing is left behind. A pass needs a clean verdict, and its
 * contrary, for `.not`, a sure leak.
 * @param {any} job
 * @param {any} options of `check`
 * @param {{ isNot?: boolean, testLeftMs: number | null }} test
 * @returns {Promise<Outcome>}
 */
async function nothingBehind(job, options = {}, { isNot = false, testLeftMs }) {
  needFunction('toLeaveNothingBehind', job)
  const isObject = options !== null && typeof options === 'object'
  const given = isObject ? withinTest(withoutHeap(options), testLeftMs) : options
  const resolved = resolve(CHECK, given)
  const report = await holdover.check(job, given)
  if (isNot) return notClean(report, resolved)
  const pass = report.verdict === 'clean' || (report.verdict === 'inconclusive' && resolved.allowInconclusive)
  return { pass, message: () => failureText(report, resolved) }
}

/** @param {import('../index').Report} report @param {any} options resolved @returns {Outcome} */
function notClean(report, options) {
  const isSure = report.leaks.some((leak) => leak.certainty === 'sure')
  if (isSure) return { pass: false, message: () => failureText(report, options) }
  const why = {
    clean: `${jobsRun(report)} finished after the warm-up and left nothing behind`,
    leaks: `the leak is likely, and \`.not\` needs one that is sure: that takes ${SURE_JOBS} jobs that left something, and a test with time for them`,
    inconclusive: 'there is no verdict, and `.not` needs a leak that is sure'
  }[report.verdict]
  return { pass: true, message: () => `${why}\n\n${failureText(report, options)}` }
}

module.exports = { nothingBehind, needFunction, withinTest }
