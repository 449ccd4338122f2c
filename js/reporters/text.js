'use strict'

const {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
  formatSite,
  painter
} = require('./format')
const { leakLines, leakTitle, pointOf, thing } = require('./leak')

/** Information rows shown before "and N more". */
const MAX_KEPT = 5

/** @typedef {import('../index').Report} Report */
/** @typedef {ReturnType<typeof painter>} Paint */

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

/** @param {Report['accepted']} leaks */
function acceptedLines(leaks) {
  const lines = leaks
    .slice(0, MAX_KEPT)
    .map(
      (leak) =>
        ` accepted  ${leakTitle(leak)}, ${formatSite(pointOf(leak))}: id ${leak.fingerprint}, ${leak.ignoredBecause ?? 'baseline'}`
    )
  if (leaks.length > MAX_KEPT) lines.push(` accepted  and ${formatCount(leaks.length - MAX_KEPT)} more`)
  return lines
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
  lines.push(...acceptedLines(report.accepted))
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

module.exports = { renderText, returnedWords, headline }
