'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { HoldoverError } = require('./errors')
const { repositoryPath } = require('./paths')
const { formatFile } = require('./reporters/format')

/** Of the file's layout. */
const VERSION = 1
const FINGERPRINT = /^L-[0-9a-f]{6}(-\d+)?$/
/** Why an accepted leftover that is not called a leak is kept; as in src/report/mod.rs. */
const ACCEPTED = 'accepted by the baseline'
const ABOUT = 'Leaks that are accepted: with --baseline only others fail. Written by --update-baseline.'

/**
 * A leak that is accepted. Only the fingerprint counts; the rest is for the reader, but `reportedBy`, which says whose
 * business it is that the leak is gone.
 * @typedef {object} Accepted
 * @property {string} fingerprint
 * @property {string} [kind]
 * @property {string} [description]
 * @property {string} [job]
 * @property {string} [place]
 * @property {string} [reportedBy]
 */

/**
 * A rule by hand for what is no mistake here: leaks that all of its fields fit are accepted, whatever their fingerprint.
 * @typedef {object} IgnoreRule
 * @property {string} reason why; shown with each leak
 * @property {string} [kind]
 * @property {string} [job] name of the job, `*` for any text
 * @property {string} [file] end of the path, from a folder's name on
 * @property {string} [library] name of the package, without version
 */

/**
 * @typedef {object} Baseline
 * @property {Accepted[]} accepted
 * @property {IgnoreRule[]} ignore
 */

/** @typedef {import('./index').Report} Report */

/** Accepts nothing. @type {Readonly<Baseline>} */
const NO_BASELINE = Object.freeze({ accepted: [], ignore: [] })

const FIELDS = ['kind', 'job', 'file', 'library']

/** @param {string | null} file null: none @returns {Readonly<Baseline>} */
function readBaseline(file) {
  if (file === null) return NO_BASELINE
  const { accepted, ignore } = parse(file, read(file))
  accepted.forEach((/** @type {any} */ entry, /** @type {number} */ at) => {
    if (FINGERPRINT.test(entry?.fingerprint)) return
    const got = JSON.stringify(entry?.fingerprint) ?? 'nothing'
    throw damaged(file, `accepted[${at}].fingerprint must be like "L-5f31c2", got ${got}`)
  })
  ignore.forEach((/** @type {any} */ rule, /** @type {number} */ at) => {
    const problem = problemOf(rule)
    if (problem !== null) throw damaged(file, `ignore[${at}]${problem}`)
  })
  return { accepted, ignore }
}

/** @param {any} rule @returns {string | null} */
function problemOf(rule) {
  if (rule === null || typeof rule !== 'object') return ' must be an object'
  if (typeof rule.reason !== 'string' || rule.reason.trim() === '') return ' needs a reason, in words'
  const fields = Object.keys(rule).filter((name) => name !== 'reason')
  if (fields.length === 0) return ` would ignore everything: give one of ${FIELDS.join(', ')}`
  const unknown = fields.find((name) => !FIELDS.includes(name))
  if (unknown !== undefined) return ` has a field '${unknown}': there are ${FIELDS.join(', ')}`
  const odd = fields.find((name) => typeof rule[name] !== 'string' || rule[name] === '')
  return odd === undefined ? null : `.${odd} must be a text`
}

/** @param {string} file */
function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (cause)
    const problem = code === 'ENOENT' ? 'there is no such file' : message
    const remedy = 'write it with: holdover check FILE --baseline FILE --update-baseline'
    throw new HoldoverError('HOLDOVER_BASELINE', { file: formatFile(file), problem, remedy }, { cause })
  }
}

/** @param {string} file @param {string} text @returns {{ accepted: any[], ignore: any[] }} */
function parse(file, text) {
  let json
  try {
    json = JSON.parse(text)
  } catch {
    throw damaged(`${file}:${placeOfError(text)}`, 'it is no JSON from there on')
  }
  if (json?.version !== VERSION)
    throw damaged(file, `version must be ${VERSION}, got ${JSON.stringify(json?.version) ?? 'nothing'}`)
  const { accepted, ignore = [] } = json
  if (!Array.isArray(accepted)) throw damaged(file, 'accepted must be a list')
  if (!Array.isArray(ignore)) throw damaged(file, 'ignore must be a list')
  return { accepted, ignore }
}

/** @param {string} file @param {string} problem */
function damaged(file, problem) {
  const remedy = 'repair it (a merge conflict?), or delete it and write it anew with --update-baseline'
  return new HoldoverError('HOLDOVER_BASELINE', { file: formatFile(file), problem, remedy })
}

/**
 * Line and column from which on a text is no JSON, whatever follows. V8's message has a position for some mistakes
 * only, so the longest start that could still become JSON is looked for.
 * @param {string} text that is no JSON
 */
function placeOfError(text) {
  let [good, bad] = [0, text.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (mayGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  const lines = text.slice(0, good).split('\n')
  return `${lines.length}:${lines[lines.length - 1].length + 1}`
}

/** Whether nothing but the end is wrong. @param {string} start of a text */
function mayGoOn(start) {
  try {
    JSON.parse(start)
    return true
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    const at = / at position (\d+)/.exec(message)
    return at === null ? /^Unexpected end/.test(message) : Number(at[1]) >= start.length
  }
}

/**
 * What the file holds when it accepts all that a report found, and nothing of the same reporter that is gone.
 * @param {Accepted[]} entries as they are
 * @param {Report} report
 * @param {string} by who found it
 * @param {string} folder of the file, which places are relative to
 */
function updated(entries, report, by, folder) {
  // What a rule accepts needs no entry.
  const found = [...report.leaks, ...report.accepted.filter((leak) => leak.ignoredBecause === null)]
  const undecided = new Set(stillKept(report))
  const known = new Set(found.map((leak) => leak.fingerprint))
  const others = entries.filter(
    ({ fingerprint, reportedBy }) =>
      !known.has(fingerprint) && (reportedBy !== by || undecided.has(fingerprint))
  )
  const mine = found.map((leak) => toEntry(leak, by, folder))
  return [...others, ...mine].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
}

/** @param {import('./index').Leak} leak @param {string} reportedBy @param {string} folder @returns {Accepted} */
function toEntry({ fingerprint, kind, description, job, site, calledFrom }, reportedBy, folder) {
  const at = calledFrom ?? site
  // No column: a reader needs none, and the file is to change seldom.
  const place = at?.file
    ? `${repositoryPath(at.file, folder) ?? path.basename(at.file)}:${at.line}`
    : 'unknown'
  return { fingerprint, kind, description, job, place, reportedBy }
}

/** Accepted ones that were there, with too little evidence to be called a leak. @param {Report} report */
function stillKept(report) {
  return report.kept.filter((row) => row.undecided || row.reason === ACCEPTED).map((row) => row.fingerprint)
}

/**
 * Accepted leaks that the same reporter no longer finds, one sentence each, so that the file can shrink.
 * @param {Readonly<Baseline>} baseline @param {Report} report @param {string} by who made the report
 */
function goneNotes({ accepted }, report, by) {
  if (report.verdict === 'inconclusive') return []
  const rows = [...report.leaks, ...report.accepted].map((leak) => leak.fingerprint)
  const seen = new Set([...rows, ...stillKept(report)])
  return accepted
    .filter(({ fingerprint, reportedBy }) => reportedBy === by && !seen.has(fingerprint))
    .map(({ fingerprint, description, job }) => `accepted ${fingerprint} is gone: ${description}, ${job}`)
}

/**
 * @param {string} file @param {Readonly<Baseline>} baseline as it is @param {Report} report @param {string} by who found it
 * @returns {string} what was done, in words
 */
function writeBaseline(file, baseline, report, by) {
  const accepted = updated(baseline.accepted, report, by, path.dirname(path.resolve(file)))
  const before = new Set(baseline.accepted.map((entry) => entry.fingerprint))
  const added = accepted.filter((entry) => !before.has(entry.fingerprint)).length
  const gone = baseline.accepted.length - (accepted.length - added)
  const ignore = baseline.ignore.length > 0 ? { ignore: baseline.ignore } : {}
  const json = { about: ABOUT, version: VERSION, ...ignore, accepted }
  try {
    fs.writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`)
  } catch (cause) {
    const problem = /** @type {Error} */ (cause).message
    const remedy = 'give a file that can be written'
    throw new HoldoverError('HOLDOVER_BASELINE', { file: formatFile(file), problem, remedy }, { cause })
  }
  return `${formatFile(file)}: ${accepted.length} accepted, ${added} of them new; ${gone} gone`
}

/** What the ledger is told. @param {Readonly<Baseline>} baseline */
function baselineFacts({ accepted, ignore }) {
  return { accepted: accepted.map((entry) => entry.fingerprint), ignore }
}

module.exports = { NO_BASELINE, readBaseline, baselineFacts, writeBaseline, goneNotes }
