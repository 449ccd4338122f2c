/** What is wrong with a run of bench/stack.js: pure, from what the worker printed to sentences. */

const path = require('node:path')

const { expectationsIn } = require('../../__test__/helpers/fixtures')

const WORKER = path.join(__dirname, 'worker.js')
const ROOT = path.join(__dirname, '..', '..')
/** A rate is a slope over jobs that end out of order. */
const RATE_SHARE = 0.05
const RATE_LEAST = 0.001

/** @param {any} run @returns {string[]} */
function judgeAny({ jobs, attempts, errors, holdover }) {
  const faults = Object.entries(errors).map(([message, count]) => `${count} times: ${message}`)
  const counted = holdover.jobs.reduce(
    (/** @type {number} */ sum, /** @type {any} */ one) => sum + one.completed + one.failed,
    0
  )
  const real = Object.values(/** @type {Record<string, number>} */ (attempts)).reduce((sum, n) => sum + n, 0)
  if (real < jobs) faults.push(`${real} attempts at ${jobs} jobs`)
  if (counted !== real) faults.push(`${counted} of ${real} attempts were counted`)
  if (holdover.self.dropped.faults > 0)
    faults.push(`${holdover.self.dropped.faults} faults of holdover's own`)
  if (holdover.level !== 'sites') faults.push(`stepped down to ${holdover.level}`)
  return faults
}

/**
 * Inconclusive is no alarm: what a library does once the last job is over has no later jobs to be judged by.
 * @param {any} run of a worker without mistakes @returns {string[]}
 */
function judgeClean(run) {
  const { verdict, everCalledLeak, reports } = run.holdover
  const faults = [
    ...judgeAny(run),
    ...everCalledLeak.map((/** @type {string} */ one) => `false alarm: ${one}`)
  ]
  if (verdict === 'leaks') faults.push(`the last report says ${verdict}`)
  if (reports === 0) faults.push('no report was made')
  return faults
}

/**
 * @param {any} run of a worker that makes mistakes
 * @param {import('../../__test__/helpers/fixtures').Expectation[]} expected its LEAK markers
 * @returns {string[]}
 */
function judgeLeaking(run, expected) {
  const faults = judgeAny(run)
  const found = run.holdover.leaks
  for (const one of expected) {
    const leak = found.find((/** @type {any} */ leak) => isThat(leak, one))
    const job = /** @type {string} */ (one.job)
    const rate = run.planted[job] / run.attempts[job]
    if (leak === undefined) faults.push(`missed: ${one.kind} of ${job} in line ${one.line}`)
    else if (Math.abs(leak.perJob - rate) > RATE_SHARE * rate + RATE_LEAST)
      faults.push(`${one.kind} of ${job}: ${leak.perJob} per job, really ${rate}`)
  }
  for (const leak of found) {
    if (expected.some((one) => isThat(leak, one))) continue
    faults.push(`false alarm: ${leak.certainty} ${leak.description} of ${leak.job} at ${leak.at}`)
  }
  return faults
}

/** What a library made is at the library's line; the job's own is the one it was called from. @param {any} leak @param {any} expected */
function isThat({ kind, job, at, calledFrom, owner }, expected) {
  const isOwn = expected.library === undefined
  const place = `${path.relative(ROOT, expected.file)}:${expected.line}`
  return (
    kind === expected.kind &&
    job === expected.job &&
    (isOwn ? at : calledFrom) === place &&
    owner.startsWith(isOwn ? 'app' : `library:${expected.library}@`)
  )
}

/** @param {string} part of bench/stack.js @param {any} result @returns {string[]} */
function faultsOf(part, result) {
  if (part === 'leaking') return judgeLeaking(result, expectationsIn(WORKER))
  const runs =
    part === 'clean' ? [result] : result.filter((/** @type {any} */ { holdover }) => holdover !== null)
  return runs.flatMap(judgeClean)
}

module.exports = { judgeClean, judgeLeaking, faultsOf, isThat }
