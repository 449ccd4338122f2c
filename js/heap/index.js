'use strict'

const path = require('node:path')
const { HoldoverError } = require('../errors')
const { isOff, show } = require('../config')
const { native } = require('../native')
const { work } = require('./work')
const { takeSnapshot } = require('./capture')
const { expectCollected } = require('./expect-collected')
const { HeapSnapshot } = require('./held')
const { watch } = require('./watch')

/**
 * Heap snapshots of Node 20 to 26, from files and of this process. Reading and analysing happens in Rust on a thread of
 * Node's pool; the promises settle with plain data.
 */

/** More jobs than this between two snapshots are no number of jobs. */
const MAX_JOBS = 2 ** 32 - 1
/** What holdover itself keeps, in the process that it watches, is not the program's. */
const WATCHER = path.join(__dirname, '..') + path.sep
/** The rate takes time quadratic in their number, and nobody has more. */
const MAX_SNAPSHOTS = 65
/** V8 counts no further. */
const MAX_ID = 2 ** 32 - 1
/** Nobody reads on to the hundredth. */
const DEFAULT_PATHS = 100

/**
 * A file, what `open` gave of one, or what `takeSnapshot` gave.
 * @typedef {string | { file: string | null } | import('./held').HeapSnapshot} Source
 */

/**
 * Sums a snapshot up by class.
 * @param {Source} snapshot
 * @param {import('../index').HeapWorkOptions} [options]
 * @returns {Promise<import('../index').HeapSummary>}
 */
async function open(snapshot, options = {}) {
  const { file, named } = toSource(snapshot, 'snapshot', 'heap.open')
  return { file, ...(await work((job) => native().summarizeHeap(named, job), options)) }
}

/**
 * What changed between two snapshots of one process, by class. With `paths` also what holds the new objects.
 * @param {Source} before
 * @param {Source} after
 * @param {import('../index').HeapWorkOptions & { paths?: boolean }} [options]
 * @returns {Promise<import('../index').HeapComparison>}
 */
async function compare(before, after, options = {}) {
  const where = 'heap.compare'
  const [first, second] = [toSource(before, 'before', where), toSource(after, 'after', where)]
  const paths = Boolean(options.paths)
  const result = await work((job) => native().compareHeaps(first.named, second.named, paths, job), options)
  return { files: { before: first.file, after: second.file }, ...result }
}

/**
 * What is shown of a snapshot, and what Rust takes.
 * @param {any} snapshot @param {string} what @param {string} where
 * @returns {{ file: string | null, named: any }}
 */
function toSource(snapshot, what, where) {
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where })
  if (snapshot instanceof HeapSnapshot) return { file: snapshot.file, named: HeapSnapshot.heldOf(snapshot) }
  const given = typeof snapshot === 'object' && snapshot !== null ? snapshot.file : snapshot
  if (typeof given !== 'string' || given === '')
    throw argument(where, what, 'the path of a snapshot, or a snapshot', snapshot)
  const file = path.resolve(given)
  return { file, named: file }
}

/**
 * What grows with the jobs, over snapshots of one process after more and more of them.
 * @param {Source[]} list
 * @param {import('../index').HeapGrowthOptions} options
 * @returns {Promise<import('../index').HeapGrowth>}
 */
async function growth(list, options) {
  const where = 'heap.growth'
  if (!Array.isArray(list) || list.length < 2 || list.length > MAX_SNAPSHOTS)
    throw argument(where, 'the list', `2 to ${MAX_SNAPSHOTS} snapshots`, list?.length ?? list)
  const sources = list.map((snapshot, at) => toSource(snapshot, `snapshot ${at + 1}`, where))
  const named = sources.map((source) => source.named)
  const jobs = jobsOf(options?.jobs, sources.length, where)
  const result = await work((job) => native().heapGrowth(named, jobs, WATCHER, job), options)
  result.snapshots.forEach((/** @type {any} */ row, /** @type {number} */ at) => {
    result.snapshots[at] = { file: sources[at].file, ...row }
  })
  return result
}

/**
 * What holds the objects of a class, or one object, from elsewhere.
 * @param {Source} snapshot
 * @param {import('../index').HeapRetainersOptions} options
 * @returns {Promise<import('../index').HeapRetainers>}
 */
async function retainers(snapshot, options) {
  const where = 'heap.retainers'
  const { file, named } = toSource(snapshot, 'snapshot', where)
  const { class: name, id, paths = DEFAULT_PATHS } = options ?? {}
  const isOne = typeof name === 'string' ? id === undefined : isCount(id, MAX_ID)
  if (!isOne) throw argument(where, 'options', 'either class, a name, or id, a number', options)
  if (!isCount(paths, MAX_ID)) throw argument(where, 'paths', 'how many to tell', paths)
  const result = await work((job) => native().heapRetainers(named, name, id, paths, job), options)
  const what = name === undefined ? `object with the id ${id}` : `object of the class '${name}'`
  if (result.objects === 0) throw new HoldoverError('HOLDOVER_HEAP_NONE', { file, what })
  return { file, ...result }
}

/** @param {any} number @param {number} most */
function isCount(number, most) {
  return Number.isInteger(number) && number >= 0 && number <= most
}

/** A growing count for each snapshot. @param {any} jobs @param {number} count @param {string} where */
function jobsOf(jobs, count, where) {
  if (!Array.isArray(jobs) || jobs.length !== count)
    throw argument(where, 'jobs', `as many numbers as there are snapshots, ${count}`, jobs?.length ?? jobs)
  for (const [at, number] of jobs.entries()) {
    if (!isCount(number, MAX_JOBS))
      throw argument(where, `jobs[${at}]`, 'a whole number of finished jobs', number)
    if (at > 0 && number <= jobs[at - 1])
      throw argument(where, 'jobs', 'rising: give the snapshots in the order in which they were taken', jobs)
  }
  return jobs
}

/** @param {string} where @param {string} what @param {string} expected @param {any} got */
function argument(where, what, expected, got) {
  return new HoldoverError('HOLDOVER_ARG', { where, what, expected, got: show(got) })
}

module.exports = { takeSnapshot, open, compare, growth, retainers, expectCollected, watch }
