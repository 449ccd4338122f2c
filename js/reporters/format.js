'use strict'

const path = require('node:path')
const { fileURLToPath } = require('node:url')
const { styleText } = require('node:util')

/** The only place that puts units into words. */

/** @param {number} value @param {number} digits */
const fixed = (value, digits) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** @param {number} count */
function formatCount(count) {
  return fixed(count, 0)
}

/** @param {number} bytes */
function formatBytes(bytes) {
  const size = Math.abs(bytes)
  if (size < 1_000) return `${fixed(bytes, 0)} B`
  if (size < 1e6) return `${fixed(bytes / 1e3, 1)} kB`
  if (size < 1e9) return `${fixed(bytes / 1e6, 1)} MB`
  return `${fixed(bytes / 1e9, 2)} GB`
}

/** @param {number} bytes */
function formatChange(bytes) {
  return (bytes < 0 ? '-' : '+') + formatBytes(Math.abs(bytes))
}

/** @param {number} ms */
function formatDuration(ms) {
  if (ms < 1_000) return `${fixed(ms, 0)} ms`
  if (ms < 120_000) return `${fixed(ms / 1e3, ms % 1_000 === 0 ? 0 : 1)} s`
  if (ms < 7_200_000) return `${fixed(ms / 60_000, 0)} min`
  if (ms < 172_800_000) return `${fixed(ms / 3_600_000, ms % 3_600_000 === 0 ? 0 : 1)} h`
  return `${fixed(ms / 86_400_000, 1)} days`
}

/** Two digits after the point, more where a rate is so small that they would say 0.00. @param {number} rate */
function formatRate(rate) {
  const digits = Math.abs(rate) >= 0.01 || rate === 0 ? 2 : 4
  return (rate < 0 ? '-' : '+') + fixed(Math.abs(rate), digits)
}

/** @param {number} share of one CPU */
function formatShare(share) {
  return `${fixed(share * 100, share < 0.0995 ? 2 : 0)} %`
}

/** Relative to the working folder where that is shorter. @param {string} file */
function formatFile(file) {
  // As V8 names ES modules.
  if (file.startsWith('file:')) return formatFile(fileURLToPath(file))
  const marker = `${path.sep}node_modules${path.sep}`
  const library = file.lastIndexOf(marker)
  if (library !== -1) return file.slice(library + marker.length)
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}

/** Where a heap snapshot is. @param {string | null} file */
function formatSource(file) {
  return file === null ? 'this process' : formatFile(file)
}

/** @param {{ file: string | null, line: number, column: number } | null} site */
function formatSite(site) {
  return site?.file ? `${formatFile(site.file)}:${site.line}:${site.column}` : 'unknown place'
}

/** @param {number} count @param {string} noun @param {string} [plural] */
function formatNumberOf(count, noun, plural = `${noun}s`) {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/**
 * @param {boolean} useColor
 * @returns {(format: any, text: string) => string}
 */
function painter(useColor) {
  // validateStream would ask stdout; the caller has decided already.
  return (format, text) =>
    useColor ? styleText(format, text, /** @type {any} */ ({ validateStream: false })) : text
}

module.exports = {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatFile,
  formatSource,
  formatNumberOf,
  formatRate,
  formatShare,
  formatSite,
  painter
}
