'use strict'

const { formatBytes, formatChange, formatCount, formatNumberOf } = require('./format')

/** @typedef {import('../memory-check').MemoryResult} MemoryResult */
/** @typedef {import('../memory-check').Point} Point */

const HEAD = ['after jobs', 'heap', '', 'rss', '']
const WIDTHS = [10, 12, 12, 12, 12]

/** @param {string[]} cells */
function row(cells) {
  return cells
    .map((cell, i) => cell.padStart(WIDTHS[i]))
    .join('')
    .trimEnd()
}

/** @param {Point} point @param {Point} first */
function cellsOf(point, first) {
  const change = (/** @type {number} */ bytes) => (point === first ? '' : formatChange(bytes))
  return [
    formatCount(point.jobs),
    formatBytes(point.heapUsedBytes),
    change(point.heapUsedBytes - first.heapUsedBytes),
    formatBytes(point.rssBytes),
    change(point.rssBytes - first.rssBytes)
  ]
}

/** @param {any} options resolved */
function limitWords({ heapMb, rssMb }) {
  const limits = [heapMb === null ? '' : `heap +${heapMb} MB`, rssMb === null ? '' : `rss +${rssMb} MB`]
  return limits.filter((text) => text !== '').join(', ')
}

/**
 * What a process held over its jobs, measured after forced collections.
 * @param {string} name of the job
 * @param {MemoryResult} result
 * @param {any} options resolved
 */
function memoryText(name, result, options) {
  const { verdict, points, completed, failed, errors, missing } = result
  const [first] = points
  const last = points[points.length - 1]
  const state = { within: 'within its memory', beyond: 'BEYOND its memory', inconclusive: 'inconclusive' }[
    verdict
  ]
  const jobs = completed + failed
  const lines = [
    `holdover ${state}: ${name}, ${formatNumberOf(jobs, 'job')} after ${options.warmupJobs} to warm up; allowed ${limitWords(options)}`,
    '',
    row(HEAD),
    ...points.map((point) => row(cellsOf(point, first)))
  ]
  if (last.jobs > 0) {
    const perJob = (last.heapUsedBytes - first.heapUsedBytes) / last.jobs
    lines.push('', ` heap ${formatChange(Math.round(perJob))} per job, collected before each figure`)
  }
  if (failed > 0) lines.push(` ${formatNumberOf(failed, 'job')} failed`)
  for (const [text, count] of errors) lines.push(`   ${formatCount(count)} × ${text}`)
  for (const text of missing) lines.push(` missing: ${text}`)
  if (verdict === 'inconclusive') lines.push(' allowInconclusive: true lets it pass as it is')
  return lines.join('\n')
}

module.exports = { memoryText }
