'use strict'

const path = require('node:path')
const { HoldoverError } = require('../errors')
const { isOff, show } = require('../config')
const { native } = require('../native')

/**
 * Heap snapshots of Node 20 to 26. Reading and analysing happens in Rust on a thread of Node's pool; the promises settle
 * with plain data.
 */

/**
 * Reads a snapshot and sums it up by class.
 * @param {string} file
 * @returns {Promise<import('../index').HeapSummary>}
 */
async function open(file) {
  requireFile(file, 'file', 'heap.open')
  const json = await refusing(native().summarizeHeap(path.resolve(file)))
  return { file: path.resolve(file), ...JSON.parse(json) }
}

/**
 * What changed between two snapshots of one process, by class. Takes files, or what `open` gave. With `paths` also what
 * holds the new objects.
 * @param {string | { file: string }} before
 * @param {string | { file: string }} after
 * @param {{ paths?: boolean }} [options]
 * @returns {Promise<import('../index').HeapComparison>}
 */
async function compare(before, after, { paths = false } = {}) {
  const files = [fileOf(before, 'before'), fileOf(after, 'after')]
  const json = await refusing(native().compareHeaps(files[0], files[1], Boolean(paths)))
  return { files: { before: files[0], after: files[1] }, ...JSON.parse(json) }
}

/** @param {any} snapshot @param {string} what */
function fileOf(snapshot, what) {
  const file = typeof snapshot === 'string' ? snapshot : snapshot?.file
  requireFile(file, what, 'heap.compare')
  return path.resolve(file)
}

/** @param {any} file @param {string} what @param {string} where */
function requireFile(file, what, where) {
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where })
  if (typeof file === 'string' && file !== '') return
  throw new HoldoverError('HOLDOVER_ARG', {
    where,
    what,
    expected: 'the path of a snapshot',
    got: show(file)
  })
}

const REFUSAL = /^(HOLDOVER_SNAPSHOT_[A-Z]+): (\{.*\})$/s

/**
 * Awaits Rust's answer; what it says of a file that is no snapshot becomes an error of ours.
 * @param {Promise<string>} answer
 */
async function refusing(answer) {
  try {
    return await answer
  } catch (cause) {
    const reason = /** @type {Error} */ (cause).message
    const match = REFUSAL.exec(reason)
    if (match === null) throw new HoldoverError('HOLDOVER_NATIVE', { reason }, { cause })
    const facts = JSON.parse(match[2])
    const { byteOffset } = facts
    throw Object.assign(new HoldoverError(match[1], facts), { byteOffset })
  }
}

module.exports = { open, compare }
