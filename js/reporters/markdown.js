'use strict'

const path = require('node:path')
const {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate
} = require('./format')
const {
  clientWords,
  holderWords,
  jobsWords,
  leakTitle,
  ownerWords,
  pointOf,
  throughWords
} = require('./leak')
const { repositoryPath } = require('../paths')

/** @typedef {import('../index').Report} Report */
/** @typedef {import('../index').Leak} Leak */
/** @typedef {import('../index').Site} Site */
/** @typedef {import('./index').Surroundings} Surroundings */

/** Leaks told in full: an issue and the summary of a step have a limit. */
const MAX_LEAKS = 50

/** Foreign text, in which no name calls anybody and no character means anything. @param {string} text */
function code(text) {
  const runs = text.match(/`+/g) ?? []
  const ticks = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1)
  const line = text.replace(/\s*[\r\n]+\s*/g, ' ')
  return runs.length === 0 ? `\`${line}\`` : `${ticks} ${line} ${ticks}`
}

/** The same for lines. @param {string[]} lines */
function block(lines) {
  const runs = lines.join('\n').match(/`{3,}/g) ?? []
  const fence = '`'.repeat(Math.max(2, ...runs.map((run) => run.length)) + 1)
  return [`${fence}text`, ...lines, fence]
}

/** @param {Site} site @param {string} root */
function placeOf({ file, line, column }, root) {
  const name = String(file)
  const marker = `${path.sep}node_modules${path.sep}`
  const library = name.lastIndexOf(marker)
  const short = library === -1 ? (repositoryPath(name, root) ?? name) : name.slice(library + 1)
  return `${short}:${line}:${column}`
}

/** @param {Leak} leak @param {number} at @param {string} root */
function leakSection(leak, at, root) {
  const { evidence, jobsLeaving } = leak
  const place = pointOf(leak)
  const bounds = `${formatRate(evidence.perJobLow)} to ${formatRate(evidence.perJobHigh)}`
  const rows = [
    ['Certainty', `${leak.certainty}; ${code(ownerWords(leak.owner))}`],
    ['Rate', `${formatRate(leak.perJob)} per job (${bounds}); ${formatCount(leak.count)} alive`],
    ['Jobs that left one', `${jobsWords(leak)}${jobsLeaving.failed > 0 ? '' : ', none of them failed'}`],
    ['Made at', leak.calledFrom && leak.site ? code(placeOf(leak.site, root)) + throughWords(leak) : null],
    ['On', leak.holder ? code(holderWords(leak.holder)) : null],
    ['Made by', leak.client ? code(clientWords(leak, leak.client)) : null],
    ['With it', leak.companions.length > 0 && !leak.client ? code(leak.companions.join(', ')) : null],
    ['Known', leak.known ? `fixed in ${leak.known.fixedIn} (${leak.known.evidence})` : null],
    ['Evidence', evidenceWords(leak)],
    ['Fix', code(leak.fix)],
    ['Fingerprint', code(leak.fingerprint)]
  ]
  return [
    `### ${at + 1}. ${code(leakTitle(leak))}`,
    '',
    ...block([
      place?.file ? placeOf(place, root) : 'unknown place',
      ...(leak.source && place ? [`${place.line} | ${leak.source}`] : [])
    ]),
    '',
    ...rows.filter(([, value]) => value !== null).map(([name, value]) => `* ${name}: ${value}`),
    ''
  ]
}

/** @param {Leak} leak */
function evidenceWords({ evidence }) {
  const parts = [
    `${formatNumberOf(evidence.windows, 'interval')} between looks`,
    `${Math.round(evidence.cohortAlive * 100)} % of the first ones still alive`
  ]
  if (evidence.collections > 0)
    parts.push(`outlived ${formatNumberOf(evidence.collections, 'major collection')}`)
  return parts.join(', ')
}

/** @param {Report} report */
function jobsLine({ jobs }) {
  const words = jobs.map(({ name, completed, failed, timedOut }) => {
    const bad = failed + timedOut
    return `${code(name)} ${formatCount(completed + bad)}${bad > 0 ? ` (${formatCount(bad)} failed or timed out)` : ''}`
  })
  return words.length === 0 ? 'none finished' : words.join(', ')
}

/** @param {Surroundings} surroundings */
function howMeasured({ options, root, file }) {
  const name = file === null ? 'the worker' : code(repositoryPath(file, root) ?? path.basename(file))
  if (options === null)
    return `${name} was watched while it ran; leftovers were looked at after the grace period`
  const alone = options.concurrency === 1 ? 'one at a time' : `${formatCount(options.concurrency)} at a time`
  return (
    `the job of ${name} was called again and again in one process, ${alone}, after ` +
    `${formatNumberOf(options.warmupJobs, 'call')} to warm up; between looks a collection was forced, and what was ` +
    `still there ${formatDuration(options.graceMs)} after the last job was left behind` +
    (options.strict ? '; strict: anything left counts' : '')
  )
}

/** @param {Report['memory']} memory */
function memoryLine({ heapUsedBytes, rssBytes, slopes }) {
  const perJob = (/** @type {number | null} */ slope) =>
    slope === null ? '' : ` (${formatChange(slope)} per job)`
  return (
    `heap ${formatBytes(heapUsedBytes)}${perJob(slopes.heapUsedBytesPerJob)}, ` +
    `resident ${formatBytes(rssBytes)}${perJob(slopes.rssBytesPerJob)}`
  )
}

/** No folder of the machine: neither the project's nor the user's. @param {string} text @param {Surroundings} surroundings */
function withoutFolders(text, { root, home }) {
  const without = (/** @type {string} */ from, /** @type {string} */ folder, /** @type {string} */ to) =>
    folder.length < 2 ? from : from.replaceAll(folder, to)
  const sep = path.sep
  const short = without(without(text, root + sep, ''), home + sep, `~${sep}`)
  return without(without(short, root, '.'), home, '~')
}

/**
 * A certificate to paste into an issue: what was found, on what evidence, and how it was measured.
 * @param {Report} report @param {Surroundings} surroundings
 */
function render(report, surroundings) {
  const { leaks, accepted } = report
  const verdict = { leaks: 'leaks', clean: 'clean', inconclusive: 'inconclusive: too little evidence' }[
    report.verdict
  ]
  const lines = [
    `## holdover: ${formatNumberOf(leaks.length, 'leak')} in ${code(report.worker)}`,
    '',
    `* Verdict: **${verdict}**`,
    `* Jobs: ${jobsLine(report)}`,
    `* How it was measured: ${howMeasured(surroundings)}`,
    `* Memory: ${memoryLine(report.memory)}`,
    `* Versions: holdover ${report.env.holdover}, Node ${report.env.node}, ${report.env.platform}`,
    '',
    ...leaks.slice(0, MAX_LEAKS).flatMap((leak, at) => leakSection(leak, at, surroundings.root))
  ]
  if (leaks.length > MAX_LEAKS) lines.push(`And ${formatCount(leaks.length - MAX_LEAKS)} more leaks.`, '')
  if (accepted.length > 0) {
    const rows = accepted
      .slice(0, MAX_LEAKS)
      .map((leak) => `* ${code(leakTitle(leak))}, ${code(leak.fingerprint)}`)
    lines.push(`Accepted by the baseline: ${formatCount(accepted.length)}`, '', ...rows, '')
  }
  if (report.notes.length > 0) lines.push('Notes:', '', ...block(report.notes), '')
  return withoutFolders(lines.join('\n'), surroundings)
}

module.exports = { render }
