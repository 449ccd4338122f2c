'use strict'

/**
 * What a tool's output is worth for one job module. Pure: the output comes as entries, one for each thing that the tool
 * lists, with the places that it shows for it, first the one that it points at.
 */

const path = require('node:path')

/** Rates must be this near, or as near as the marker says. */
const RATE_SHARE = 0.02

/**
 * @typedef {{ file: string, line: number }} Place
 * @typedef {object} Entry
 * @property {Place[]} places
 * @property {string} [kind]
 * @property {number} [perJob]
 * @property {'sure' | 'likely'} [certainty]
 *
 * @typedef {object} Answer
 * @property {Entry[]} entries
 * @property {boolean} isUndecided it says itself that it cannot tell
 * @property {string} [failed] no answer, and why
 *
 * @typedef {object} Mark what became of one marked leak
 * @property {string} kind
 * @property {number} line
 * @property {boolean} found
 * @property {boolean} named
 * @property {boolean} pointed
 * @property {boolean} rated
 *
 * @typedef {object} Outcome
 * @property {Mark[]} marks
 * @property {number} alarms entries on a clean module
 * @property {number} placedAlarms those of them that show a line of it
 * @property {number} wrongSure
 * @property {boolean} isUndecided
 * @property {string} [failed]
 */

const PLACE = /((?:file:\/\/)?[^\s()'"@]+\.[cm]?js):(\d+)/g

/** @param {string} text @param {string} folder what relative paths are below @returns {Place[]} in the order of the text */
function placesIn(text, folder) {
  return [...text.matchAll(PLACE)].map(([, file, line]) => ({
    file: path.resolve(folder, file.replace(/^file:\/\//, '')),
    line: Number(line)
  }))
}

/** @param {Place | undefined} place @param {Place} marked */
const isAt = (place, marked) => place?.file === marked.file && place.line === marked.line

/** The place that an entry points at: the first one that is neither a package's nor the tool's. @param {Entry} entry @param {string} folder */
const pointedAt = ({ places }, folder) => places.find(({ file }) => file.startsWith(folder + path.sep))

/**
 * @param {{ file: string, isClean: boolean, expected: import('../../__test__/helpers/fixtures').Expectation[] }} source
 * @param {Answer} answer
 * @param {Entry[]} idle what the tool lists of the same worker when it has run no job
 * @returns {Outcome}
 */
function judge({ file, isClean, expected }, { entries, isUndecided, failed }, idle) {
  const folder = path.dirname(file)
  const found = entries.length > idle.length
  const marks = expected.map((one) => {
    const pointing = entries.filter((entry) => isAt(pointedAt(entry, folder), one))
    return {
      kind: one.kind,
      line: one.line,
      found,
      named: entries.some(({ places }) => places.some((place) => isAt(place, one))),
      pointed: pointing.length > 0,
      rated: pointing.some((entry) => entry.kind === one.kind && isNear(entry.perJob, one))
    }
  })
  const unmarked = entries.filter((entry) => !expected.some((one) => isThis(entry, one, folder)))
  const placed = (/** @type {Entry[]} */ some) =>
    some.filter((entry) => pointedAt(entry, folder) !== undefined).length
  const alarms = isClean ? Math.max(0, entries.length - idle.length) : 0
  return {
    marks,
    alarms,
    placedAlarms: isClean ? Math.max(0, placed(entries) - placed(idle)) : 0,
    wrongSure: unmarked.filter(({ certainty }) => certainty === 'sure').length,
    isUndecided,
    ...(failed === undefined ? {} : { failed })
  }
}

const isThis = (entry, expected, folder) =>
  entry.kind === expected.kind && isAt(pointedAt(entry, folder), expected)

function isNear(perJob, expected) {
  if (perJob === undefined) return false
  const share = Math.max(RATE_SHARE, expected.tolerance)
  return Math.abs(perJob - expected.perJob) <= share * expected.perJob
}

module.exports = { judge, placesIn }
