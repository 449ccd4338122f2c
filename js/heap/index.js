'use strict'

const path = require('node:path')
const { HoldoverError } = require('../errors')
const { isOff, show } = require('../config')
const { native } = require('../native')
const { answer } = require('./answer')
const { takeSnapshot } = require('./capture')
const { HeapSnapshot } = require('./held')

/**
 * Heap snapshots of Node 20 to 26, from files and of this process. Reading and analysing happens in Rust on a thread of Node's pool; the promises settle
 * with plain data.
 */

/** A file, what `open` gave, or what `takeSnapshot` gave. @typedef {string | { file: string | null } | import('./held').HeapSnapshot} Source */

/**
 * Sums a snapshot up by class.
 * @param {Source} source
 * @returns {Promise<import('../index').HeapSummary>}
 */
async function open(source) {
  const { file, named } = toSource(source, 'snapshot', 'heap.open')
  const json = await answer(() => native().summarizeHeap(named))
  return { file, ...JSON.parse(json) }
}

/**
 * What changed between two snapshots of one process, by class. With `paths` also what holds the new objects.
 * @param {Source} before
 * @param {Source} after
 * @param {{ paths?: boolean }} [options]
 * @returns {Promise<import('../index').HeapComparison>}
 */
async function compare(before, after, { paths = false } = {}) {
  const [first, second] = [
    toSource(before, 'before', 'heap.compare'),
    toSource(after, 'after', 'heap.compare')
  ]
  const json = await answer(() => native().compareHeaps(first.named, second.named, Boolean(paths)))
  return { files: { before: first.file, after: second.file }, ...JSON.parse(json) }
}

/**
 * What is shown of a snapshot, and what Rust takes.
 * @param {any} source @param {string} what @param {string} where
 * @returns {{ file: string | null, named: any }}
 */
function toSource(source, what, where) {
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where })
  if (source instanceof HeapSnapshot) return { file: source.file, named: HeapSnapshot.heldOf(source) }
  const given = typeof source === 'string' ? source : source?.file
  if (typeof given !== 'string' || given === '') {
    const expected = 'the path of a snapshot, or a snapshot'
    throw new HoldoverError('HOLDOVER_ARG', { where, what, expected, got: show(source) })
  }
  const file = path.resolve(given)
  return { file, named: file }
}

module.exports = { takeSnapshot, open, compare }
