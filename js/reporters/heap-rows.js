'use strict'

/** Which rows of a table of heap snapshots are shown, and in which order. */

/**
 * @typedef {object} Limits
 * @property {number} rows how many
 * @property {boolean} all also those of V8 and Node
 * @property {number} paths how many paths
 * @property {string} [filter] only classes whose name has this
 * @property {string} [sort] a column
 */

/** What a row has in a column; a number sorts the largest first. @typedef {(row: any) => number | string} Column */

/** @param {any} row */
const name = (row) => row.name
/** @param {any[]} figures */
const last = (figures) => figures[figures.length - 1]

/** By command and column. @type {Record<string, Record<string, Column>>} */
const COLUMNS = {
  summary: {
    count: (row) => row.count,
    shallow: (row) => row.shallowBytes,
    retained: (row) => row.retainedBytes,
    distance: (row) => -(row.distance ?? Number.MAX_SAFE_INTEGER),
    name
  },
  compare: {
    new: (row) => row.newCount,
    deleted: (row) => row.deletedCount,
    delta: (row) => row.countDelta,
    bytes: (row) => row.newBytes,
    growth: (row) => row.bytesDelta,
    name
  },
  growth: {
    rate: (row) => row.perJob,
    count: (row) => last(row.counts),
    bytes: (row) => last(row.bytes),
    name
  }
}

/**
 * The rows that pass the filter, in the wanted order; without one as they come.
 * @template {{ name: string }} T
 * @param {T[]} rows
 * @param {'summary' | 'compare' | 'growth'} table
 * @param {{ filter?: string, sort?: string }} limits
 * @returns {T[]}
 */
function select(rows, table, { filter, sort }) {
  const passed = filter === undefined ? rows : rows.filter((row) => hasText(row.name, filter))
  const column = sort === undefined ? undefined : COLUMNS[table][sort]
  if (column === undefined) return passed
  return [...passed].sort((a, b) => compare(column(a), column(b)))
}

/** @param {string} text @param {string} part */
function hasText(text, part) {
  return text.toLowerCase().includes(part.toLowerCase())
}

/** @param {any} a @param {any} b */
function compare(a, b) {
  if (typeof a === 'number') return b - a
  return a < b ? -1 : Number(a > b)
}

module.exports = { COLUMNS, hasText, select }
