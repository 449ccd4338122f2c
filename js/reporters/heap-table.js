'use strict'

const {
  formatBytes,
  formatChange,
  formatCount,
  formatFile,
  formatNumberOf,
  formatSource
} = require('./format')

const { holdingsText } = require('./heap-paths')
const { select } = require('./heap-rows')

/** Tables of heap snapshots, for people. What is left out is counted below. */

/** @typedef {import('./heap-rows').Limits} Limits */

const SUMMARY_HEAD = ['count', 'shallow', 'retained', 'distance']
const COMPARISON_HEAD = ['new', 'deleted', 'delta', 'new bytes', 'freed', 'growth']
const WIDTH = 11

/** @param {import('../index').HeapSummary} summary @param {Limits} limits */
function summaryText(summary, limits) {
  const { file, snapshot } = summary
  const classes = select(summary.classes, 'summary', limits)
  const cells = (/** @type {import('../index').HeapClass} */ row) => [
    formatCount(row.count),
    formatBytes(row.shallowBytes),
    formatBytes(row.retainedBytes),
    row.distance === null ? '-' : formatCount(row.distance)
  ]
  return [
    `${formatSource(file)}: ${totals(snapshot)}`,
    '',
    ...table(SUMMARY_HEAD, classes.slice(0, limits.rows), cells),
    ...leftOut(classes.length - limits.rows, 'more class', 'more classes')
  ].join('\n')
}

/** @param {import('../index').HeapComparison} comparison @param {Limits} limits */
function comparisonText(comparison, limits) {
  const { files, before, after } = comparison
  const classes = select(comparison.classes, 'compare', limits)
  const shown = limits.all ? classes : classes.filter((row) => !isOwnNoise(row))
  const cells = (/** @type {import('../index').HeapClassChange} */ row) => [
    formatCount(row.newCount),
    formatCount(row.deletedCount),
    (row.countDelta > 0 ? '+' : '') + formatCount(row.countDelta),
    formatBytes(row.newBytes),
    formatBytes(row.deletedBytes),
    formatChange(row.bytesDelta)
  ]
  const lines = [
    `before  ${formatSource(files.before)}: ${totals(before)}`,
    `after   ${formatSource(files.after)}: ${totals(after)}`,
    '',
    ...table(COMPARISON_HEAD, shown.slice(0, limits.rows), cells),
    ...leftOut(shown.length - limits.rows, 'more class', 'more classes'),
    ...leftOut(
      classes.length - shown.length,
      "class of Node's own that every snapshot makes anew",
      "classes of Node's own that every snapshot makes anew"
    )
  ]
  const held = holdingsText(comparison, limits)
  return [...lines, ...(held.length > 0 ? ['', ...held] : [])].join('\n')
}

/**
 * Node describes its own objects outside the heap with fresh ids each time: as many new as deleted.
 * @param {import('../index').HeapClassChange} row
 */
function isOwnNoise(row) {
  return /^(Detached )?Node \//.test(row.name) && row.countDelta === 0 && row.bytesDelta === 0
}

/** @param {import('../index').HeapTotals} snapshot */
function totals({ nodes, edges, shallowBytes }) {
  return `${formatBytes(shallowBytes)} in ${formatNumberOf(nodes, 'node')}, ${formatNumberOf(edges, 'edge')}`
}

/**
 * @template {{ name: string, place: import('../index').HeapPlace | null }} T
 * @param {string[]} head
 * @param {T[]} rows
 * @param {(row: T) => string[]} cells
 */
function table(head, rows, cells) {
  const line = (/** @type {string[]} */ figures, /** @type {string} */ name) =>
    `${figures.map((figure) => figure.padStart(WIDTH)).join('')}   ${name}`
  return [line(head, 'constructor'), ...rows.map((row) => line(cells(row), nameOf(row)))]
}

/** @param {{ name: string, place: import('../index').HeapPlace | null }} row */
function nameOf({ name, place }) {
  if (place === null || place.file === null) return name
  return `${name}  ${formatFile(place.file)}:${place.line}`
}

/** @param {number} count @param {string} one @param {string} many */
function leftOut(count, one, many) {
  return count > 0 ? ['', ` ${formatNumberOf(count, one, many)}: see them with --all`] : []
}

module.exports = { comparisonText, summaryText }
