'use strict'

/** What a run of one worker proves: clean and silent, or leaking and named. */

const path = require('node:path')

/** The rate of a twin may be this far from the truth. */
const RATE_TOLERANCE = 0.05

/** @param {any} leak @returns {string} kind and place */
function where({ kind, place }) {
  return `${kind} ${place?.file ? `${path.basename(place.file)}:${place.line}` : '(no place)'}`
}

/** @param {any} leak */
function describe(leak) {
  return `${where(leak)} +${leak.perJob.toFixed(2)} ${leak.certainty}`
}

/**
 * @param {import('./habits').Worker} worker
 * @param {{ alarms: any[], leaks: any[] }} result leaks: of the last report; alarms: of all reports
 * @returns {{ ok: boolean, text: string }}
 */
function outcome(worker, result) {
  return worker.twin === 'clean' ? silence(result) : naming(worker, result)
}

/** @param {{ alarms: any[] }} result */
function silence({ alarms }) {
  return { ok: alarms.length === 0, text: alarms.length === 0 ? '0' : alarms.map(describe).join(', ') }
}

/**
 * The mistake comes first. What hangs on it, an emitter that each job made and that is now held, may follow.
 * @param {import('./habits').Worker} worker @param {{ leaks: any[] }} result
 */
function naming({ habit, expected }, { leaks }) {
  const first = leaks.slice(0, expected.length)
  const missing = expected.filter((one) => !first.some((leak) => isThis(leak, one, habit)))
  const more = leaks.length - expected.length
  if (missing.length === 0) {
    return {
      ok: true,
      text: first.map(describe).join(', ') + (more > 0 ? ` (and ${more} on what it holds)` : '')
    }
  }
  const lost = missing.map((one) => `missing ${one.kind} :${one.line} +${one.perJob.toFixed(2)}`)
  return { ok: false, text: [...lost, ...leaks.map((leak) => `instead ${describe(leak)}`)].join(', ') }
}

/** @param {any} leak @param {any} expected @param {string} habit */
function isThis(leak, expected, habit) {
  const { place } = leak
  return (
    leak.kind === expected.kind &&
    place?.line === expected.line &&
    path.resolve(place.file) === expected.file &&
    leak.job === (expected.job ?? habit) &&
    leak.onlyWhenFailing === expected.onlyWhenFailing &&
    Math.abs(leak.perJob - expected.perJob) <= RATE_TOLERANCE * expected.perJob
  )
}

module.exports = { outcome }
