'use strict'

const {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate,
  formatShare,
  formatSite,
  painter
} = require('./format')

/** The job name that the ledger gives to what no job made. */
const BETWEEN_JOBS = '(between jobs)'
/** Information rows shown before "and N more". */
const MAX_KEPT = 5

/** @typedef {import('../index').Report} Report */
/** @typedef {import('../index').Leak} Leak */
/** @typedef {ReturnType<typeof painter>} Paint */

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

/** @param {Leak} leak */
function jobsWords(leak) {
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

/** A leak that sits in some of several threads. @param {Leak} leak @param {number} threads */
function threadWords(leak, threads) {
  return leak.threads < threads ? `, in ${formatCount(leak.threads)} of ${formatCount(threads)} threads` : ''
}

/**
 * The line that made it, and where that is a library's, the application's line that called.
 * @param {{ site: Leak['site'], calledFrom: Leak['calledFrom'], source: string | null }} found
 * @param {Paint} [paint]
 */
function placeLines({ site, calledFrom, source }, paint = painter(false)) {
  if (calledFrom) {
    const line = `   created  ${formatSite(site)}     called by YOU  ${paint('cyan', formatSite(calledFrom))}`
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
      paint('bold', `${formatRate(leak.perJob)} ${thing(leak)} ${perWords(leak)}`) +
      `   ${jobsWords(leak)}${threadWords(leak, threads)}`
  ]
  lines.push(...placeLines(leak, paint))
  for (const other of leak.sites.slice(1, 4))
    lines.push(`${indent}also at ${formatSite(other)} (${formatCount(other.count)})`)
  if (leak.companions.length > 0)
    lines.push(`${indent}with it: ${leak.companions.join(', ')} (counted here, not again)`)
  if (leak.holder) lines.push(`${indent}on: ${holderWords(leak.holder)}`)
  if (leak.kind === 'timeout' && leak.heldMs)
    lines.push(`${indent}each is held until it is due, up to ${formatDuration(leak.heldMs)}`)
  if (leak.onlyWhenFailing)
    lines.push(`${indent}it stays only when the job fails: the cleanup is not in a finally block`)
  lines.push(`${indent}fix: ${leak.fix}     ${paint('dim', `id ${leak.fingerprint}`)}`)
  return lines
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

/** @param {Report} report the state of the process in one line */
function headline(report) {
  const state = { leaks: 'LEAKING', clean: 'clean', inconclusive: 'inconclusive' }[report.verdict]
  const parts = []
  const { memory } = report
  if (report.mode === 'production' && memory.secondsToLimit !== null) {
    parts.push(`out of memory in ~${formatDuration(memory.secondsToLimit * 1_000)} (${rssWords(memory)})`)
  }
  if (report.leaks.length > 0) {
    const [biggest] = report.leaks
    parts.push(formatNumberOf(report.leaks.length, 'leak'))
    const lead = report.leaks.length === 1 ? '' : 'biggest: '
    parts.push(
      `${lead}${thing(biggest)}, ${biggest.job.replace(/[()]/g, '')}, ${formatSite(pointOf(biggest)).replace(/:\d+$/, '')}`
    )
  } else {
    const finished = report.jobs.reduce((sum, job) => sum + job.completed + job.failed + job.timedOut, 0)
    parts.push(`${formatNumberOf(finished, 'job')} finished`)
  }
  return `holdover ${state} ${report.worker}: ${parts.join('; ')}`
}

/** @param {Report['memory']} memory */
function rssWords(memory) {
  const limit = memory.limitBytes === null ? '' : ` of ${formatBytes(memory.limitBytes)}`
  const perMin = memory.slopes.rssBytesPerMin
  return `rss ${formatBytes(memory.rssBytes)}${limit}${perMin === null ? '' : `, ${formatChange(perMin)}/min`}`
}

/** @param {string} name @param {number | null} bytes @param {number | null} perJob */
function memoryPart(name, bytes, perJob) {
  if (bytes === null) return null
  return `${name} ${formatBytes(bytes)}${perJob === null ? '' : ` (${formatChange(perJob)}/job)`}`
}

/** @param {Report} report */
function memoryLine({ memory, threads }) {
  const { slopes } = memory
  const parts = [
    memoryPart('heap', memory.heapUsedBytes, slopes.heapUsedBytesPerJob),
    memoryPart('after GC', memory.afterGcBytes, slopes.afterGcBytesPerJob),
    memoryPart('external', memory.externalBytes, slopes.externalBytesPerJob),
    memoryPart('array buffers', memory.arrayBuffersBytes, slopes.arrayBuffersBytesPerJob),
    memoryPart('rss', memory.rssBytes, slopes.rssBytesPerJob)
  ]
  const where = threads.length > 1 ? ` (${formatCount(threads.length)} threads)` : ''
  return ` memory${where}: ${parts.filter((part) => part !== null).join(' · ')}`
}

/** @param {Report} report @param {Paint} paint */
function stuckLines(report, paint) {
  return report.openJobs
    .filter((job) => job.stuck)
    .flatMap((job) => {
      const id = job.jobId === null ? '' : ` ${job.jobId}`
      const where = job.thread === 0 ? '' : ` in thread ${job.thread}`
      const holds = job.holds.map((held) => `${formatCount(held.count)} × ${held.description}`).join(', ')
      return [
        ` ${paint(['bold', 'yellow'], 'STUCK')}  ${job.job}${id}${where}   open for ${formatDuration(job.openForMs)}, far longer than its peers`,
        `   last seen at ${formatSite(job.lastSite)}   holds: ${holds === '' ? 'nothing that holdover sees' : holds}`
      ]
    })
}

/** @param {import('../index').Returned} gone */
function returnedWords({ peak, now }) {
  if (now * 2 > peak) return `${formatCount(now)} alive, and no longer growing`
  return `${formatCount(peak)} at its peak, now ${formatCount(now)}`
}

/** @param {Report} report */
function informationLines(report) {
  // What has no place is not worth a line: it is counted below, and in the JSON.
  const placed = report.kept.filter((kept) => kept.site?.file)
  const lines = placed
    .slice(0, MAX_KEPT)
    .map(
      (kept) =>
        ` kept   ${formatCount(kept.count)} × ${kept.description}, ${kept.job}, ${formatSite(kept.site)}: ${kept.reason}`
    )
  if (placed.length > MAX_KEPT) lines.push(` kept   and ${formatCount(placed.length - MAX_KEPT)} more`)
  for (const gone of report.returned) {
    lines.push(
      ` returned  ${gone.description}, ${gone.job}, ${formatSite(gone.site)}: ${returnedWords(gone)}`
    )
  }
  for (const note of report.notes) lines.push(` note   ${note}`)
  return lines
}

/** @param {Report} report */
function footer(report) {
  const stuck = report.openJobs.filter((job) => job.stuck).length
  const dropped = Object.values(report.self.dropped).reduce((sum, count) => sum + count, 0)
  const cost = report.self.cpuShare === null ? '' : `${formatShare(report.self.cpuShare)} CPU, `
  return (
    ` kept ${formatCount(report.kept.length)} (not leaks) · ${formatNumberOf(stuck, 'stuck job')} · dropped ${formatCount(dropped)} · ` +
    `holdover used ${cost}${formatBytes(report.self.bytes)}`
  )
}

/** @param {Report} report */
function jobLine(report) {
  const shown = report.jobs.slice(0, 8).map((job) => {
    const bad = [
      job.failed > 0 ? `${formatCount(job.failed)} failed` : '',
      job.timedOut > 0 ? `${formatCount(job.timedOut)} timed out` : ''
    ]
    const words = bad.filter((part) => part !== '').join(', ')
    return `${job.name} ${formatCount(job.completed + job.failed + job.timedOut)}${words === '' ? '' : ` (${words})`}`
  })
  const more = report.jobs.length > 8 ? ` · and ${formatCount(report.jobs.length - 8)} more` : ''
  return ` jobs: ${shown.join(' · ')}${more}`
}

/**
 * A report as text.
 * @param {Report} report
 * @param {{ color?: boolean, whole?: Report }} [options] `whole`: what the last line counts, where `report` is a part of it
 * @returns {string} lines without a final newline
 */
function renderText(report, { color = false, whole = report } = {}) {
  const paint = painter(color)
  const title =
    report.verdict === 'leaks'
      ? ['bold', 'red']
      : report.verdict === 'clean'
        ? ['bold', 'green']
        : ['bold', 'yellow']
  const lines = [paint(title, headline(report)), '']
  for (const [index, leak] of report.leaks.entries())
    lines.push(...leakLines(leak, index + 1, report.threads.length, paint), '')
  const stuck = stuckLines(report, paint)
  if (stuck.length > 0) lines.push(...stuck, '')
  lines.push(...informationLines(report))
  if (report.jobs.length > 0) lines.push(jobLine(report))
  lines.push(memoryLine(report), footer(whole))
  return lines.join('\n')
}

module.exports = { renderText, returnedWords, headline, thing, ownerWords, placeLines }
