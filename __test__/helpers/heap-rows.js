'use strict'

/**
 * Of a comparison of the small worker's snapshots: what its jobs made, which is the same in every run. What V8 compiles or
 * collects on the way is not.
 */

const NAMES = [
  'AuditEntry',
  'Connection',
  'RecentJob',
  'Session',
  'Date',
  'RegExp',
  'Timeout',
  'Promise',
  '(bigint)',
  '(symbol)'
]

/** @param {any[]} classes with name, newCount, deletedCount, newBytes, deletedBytes */
function stableRows(classes) {
  return classes
    .filter(({ name }) => NAMES.includes(name) || name.startsWith('{'))
    .map(({ name, newCount, deletedCount, newBytes, deletedBytes }) => ({
      name,
      newCount,
      deletedCount,
      newBytes,
      deletedBytes
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

module.exports = { stableRows }
