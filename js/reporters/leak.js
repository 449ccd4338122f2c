'use strict'

/** One leak in words, for every reporter. */

const { HEAP_KINDS } = require('../kinds')
const { isLibrary, packageName } = require('../owner')
const {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate,
  formatSite,
  painter
} = require('./format')

/** The job name that the ledger gives to what no job made. */
const BETWEEN_JOBS = '(between jobs)'

/** @typedef {import('../index').Leak} Leak */
/** @typedef {ReturnType<typeof import('./format').painter>} Paint */

/** @param {string} owner */
function ownerWords(owner) {
  if (owner === 'app') return 'YOURS'
  if (owner === 'node') return 'NODE'
  return owner.replace(/^library:/, 'LIBRARY ')
}

/** @param {Leak} leak what it is, with the delay of a timer */
function thing(leak) {
  const delay = leak.heldMs !== null && leak.heldMs > 0 ? ` of ${formatDuration(leak.heldMs)}` : ''
  return leak.description + delay
}

/** @param {Leak} leak the place to look at first: the application's own line */
function pointOf(leak) {
  return leak.calledFrom ?? leak.site
}

/** @param {Leak} leak */
function perWords(leak) {
  return leak.job === BETWEEN_JOBS ? 'per job, made between jobs' : `per ${leak.job}`
}

/** @param {Leak} leak what it comes to, in a few words */
function leakTitle(leak) {
  return `${formatRate(leak.perJob)} ${thing(leak)} ${perWords(leak)}`
}

/** @param {Leak} leak */
function jobsWords(leak) {
  // Counted at snapshots, and not job by job.
  if (HEAP_KINDS.includes(leak.kind))
    return `${heldWords(leak)} after ${formatNumberOf(leak.jobsFinished, 'job')}`
  if (leak.job === BETWEEN_JOBS) return `${formatNumberOf(leak.jobsFinished, 'job')} finished`
  const { completed, failed, timedOut } = leak.jobsLeaving
  const leaving = completed + failed + timedOut
  const all = `${formatCount(leaving)} of ${formatNumberOf(leak.jobsFinished, 'job')}`
  if (leak.onlyWhenFailing) return `${all}, only when it fails`
  const parts = [
    [completed, 'completed'],
    [failed, 'failed'],
    [timedOut, 'timed out']
  ].filter(([count]) => Number(count) > 0)
  return parts.length < 2
    ? all
    : `${all} (${parts.map(([count, word]) => `${formatCount(Number(count))} ${word}`).join(', ')})`
}

/** What it comes to in bytes, where snapshots tell. @param {Leak} leak */
function heldWords({ count, perJob, bytesPerJob, retainedBytes, kind }) {
  const held = `${formatBytes(retainedBytes ?? 0)}`
  if (kind === 'heap' || kind === 'closure') return held
  return `${formatBytes((bytesPerJob ?? 0) / (perJob || 1))} each: ${formatCount(count)}, ${held}`
}

/** A leak that sits in some of several threads. @param {Leak} leak @param {number} threads */
function threadWords(leak, threads) {
  return leak.threads < threads ? `, in ${formatCount(leak.threads)} of ${formatCount(threads)} threads` : ''
}

/**
 * The package that the application called, where that one called another, which made it: it is the one to mend or to update.
 * @param {{ site: Leak['site'], calledFrom: Leak['calledFrom'], stack?: string[] }} found
 */
function throughWords({ site, calledFrom, stack = [] }) {
  const line = `${calledFrom?.file}:${calledFrom?.line}:`
  const called = stack[stack.findIndex((frame) => frame.includes(line)) - 1] ?? ''
  if (!isLibrary(called) || !site?.file || !isLibrary(site.file)) return ''
  const name = packageName(called)
  return name === packageName(site.file) ? '' : ` through ${name}`
}

/**
 * The line that made it, and where that is a library's, the application's line that called.
 * @param {{ site: Leak['site'], calledFrom: Leak['calledFrom'], source: string | null, stack?: string[] }} found
 * @param {Paint} [paint]
 */
function placeLines(found, paint = painter(false)) {
  const { site, calledFrom, source } = found
  if (calledFrom) {
    const made = `${formatSite(site)}${throughWords(found)}`
    const line = `   created  ${made}     called by YOU  ${paint('cyan', formatSite(calledFrom))}`
    return source ? [line, `   ${calledFrom.line} |   ${source}`] : [line]
  }
  const code = source && site ? `     ${site.line} |   ${source}` : ''
  return [`   ${paint('cyan', formatSite(site))}${code}`]
}

/** @param {Leak} leak @param {number} number @param {number} threads @param {Paint} paint */
function leakLines(leak, number, threads, paint) {
  const indent = '   '
  const lines = [
    `${String(number).padStart(2)} ${paint(['bold', 'red'], 'LEAK')}  ${leak.certainty} · ${ownerWords(leak.owner)}   ` +
      paint('bold', leakTitle(leak)) +
      `   ${jobsWords(leak)}${threadWords(leak, threads)}`
  ]
  lines.push(...placeLines(leak, paint))
  for (const other of leak.sites.slice(1, 4))
    lines.push(`${indent}also at ${formatSite(other)} (${formatCount(other.count)})`)
  if (leak.client !== null) lines.push(`${indent}${clientWords(leak, leak.client)}`)
  else if (leak.companions.length > 0)
    lines.push(`${indent}with it: ${leak.companions.join(', ')} (counted here, not again)`)
  if (leak.known !== null)
    lines.push(`${indent}known leak: fixed in ${leak.known.fixedIn} (${leak.known.evidence})`)
  if (leak.holder) lines.push(`${indent}on: ${holderWords(leak.holder)}`)
  if (leak.retainingPath !== null) lines.push(...heldLines(leak))
  if (leak.kind === 'timeout' && leak.heldMs)
    lines.push(`${indent}each is held until it is due, up to ${formatDuration(leak.heldMs)}`)
  if (leak.onlyWhenFailing)
    lines.push(`${indent}it stays only when the job fails: the cleanup is not in a finally block`)
  lines.push(`${indent}fix: ${leak.fix}     ${paint('dim', `id ${leak.fingerprint}`)}`)
  return lines
}

/**
 * @param {Leak} leak @param {NonNullable<Leak['client']>} client
 */
function clientWords(leak, client) {
  const each = [`${Math.round(leak.count / client.count)} ${leak.description}`, ...leak.companions].join(', ')
  const at = formatSite(client.site)
  const made = at === formatSite(pointOf(leak)) ? '' : ` made at ${at},`
  const perJob = client.count / leak.jobsFinished
  // Of the warm-up, there are a few more.
  const isOne = perJob > 0.95 && perJob < 1.3
  const many = isOne ? `one ${client.class} per job` : formatNumberOf(client.count, client.class)
  return `${many},${made} never closed; each holds ${each} (counted here, not again)`
}

/** Steps shown of a path: those next to what piles up say most. */
const MAX_STEPS = 5

/** @param {Leak} leak what keeps it, or how much a listener or timer keeps */
function heldLines({ kind, retainingPath, retainedBytes, bytesPerJob }) {
  if (!HEAP_KINDS.includes(kind))
    return [`   keeps ${formatBytes(retainedBytes ?? 0)}, ${formatChange(bytesPerJob ?? 0)} per job`]
  const steps = /** @type {string[]} */ (retainingPath)
  return [`   held by   ${steps.length > MAX_STEPS ? '… → ' : ''}${steps.slice(-MAX_STEPS).join(' → ')}`]
}

/** @param {NonNullable<Leak['holder']>} holder */
function holderWords(holder) {
  const named = holder.class || 'emitter'
  const article = /^[AEIOU]/i.test(named) ? 'an' : 'a'
  const now = `${formatNumberOf(holder.listenersNow, 'listener')} on '${holder.event}'`
  return holder.owners === 1
    ? `one long-lived ${named}, now ${now}`
    : `${formatNumberOf(holder.owners, 'object')}, each ${article} ${named} that outlives its job, up to ${now}`
}

module.exports = {
  BETWEEN_JOBS,
  clientWords,
  holderWords,
  jobsWords,
  leakLines,
  leakTitle,
  ownerWords,
  placeLines,
  pointOf,
  thing,
  throughWords
}
