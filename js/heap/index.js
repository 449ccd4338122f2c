'use strict'

const path = require('node:path')
const { HoldoverError } = require('../errors')
const { isOff, show } = require('../config')
const { native } = require('../native')
const { work } = require('./work')

/**
 * Heap snapshots of Node 20 to 26. Reading and analysing happens in Rust on a thread of Node's pool; the promises settle
 * with plain data.
 */

/** More jobs than this between two snapshots are no number of jobs. */
const MAX_JOBS = 2 ** 32 - 1
/** The rate takes time quadratic in their number, and nobody has more. */
const MAX_SNAPSHOTS = 65
/** V8 counts no further. */
const MAX_ID = 2 ** 32 - 1
/** Nobody reads on to the hundredth. */
const DEFAULT_PATHS = 100

/**
 * Reads a snapshot and sums it up by class.
 * @param {string} file
 * @param {import('../index').HeapWorkOptions} [options]
 * @returns {Promise<import('../index').HeapSummary>}
 */
async function open(file, options = {}) {
  const full = fileOf(file, 'file', 'heap.open')
  return { file: full, ...(await work((job) => native().summarizeHeap(full, job), options)) }
}

/**
 * What changed between two snapshots of one process, by class. Takes files, or what `open` gave. With `paths` also what
 * holds the new objects.
 * @param {string | { file: string }} before
 * @param {string | { file: string }} after
 * @param {import('../index').HeapWorkOptions & { paths?: boolean }} [options]
 * @returns {Promise<import('../index').HeapComparison>}
 */
async function compare(before, after, options = {}) {
  const where = 'heap.compare'
  const files = [fileOf(before, 'before', where), fileOf(after, 'after', where)]
  const paths = Boolean(options.paths)
  const result = await work((job) => native().compareHeaps(files[0], files[1], paths, job), options)
  return { files: { before: files[0], after: files[1] }, ...result }
}

/** The path of a snapshot, or of what `open` gave. @param {any} snapshot @param {string} what @param {string} where */
function fileOf(snapshot, what, where) {
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where })
  const file = typeof snapshot === 'string' ? snapshot : snapshot?.file
  if (typeof file !== 'string' || file === '') throw argument(where, what, 'the path of a snapshot', snapshot)
  return path.resolve(file)
}

/**
 * What grows with the jobs, over snapshots of one process after more and more of them. Takes files, or what `open` gave.
 * @param {(string | { file: string })[]} list
 * @param {import('../index').HeapGrowthOptions} options
 * @returns {Promise<import('../index').HeapGrowth>}
 */
async function growth(list, options) {
  const where = 'heap.growth'
  if (!Array.isArray(list) || list.length < 2 || list.length > MAX_SNAPSHOTS)
    throw argument(where, 'the list', `2 to ${MAX_SNAPSHOTS} snapshots`, list?.length ?? list)
  const files = list.map((snapshot, at) => fileOf(snapshot, `snapshot ${at + 1}`, where))
  const jobs = jobsOf(options?.jobs, files.length, where)
  const result = await work((job) => native().heapGrowth(files, jobs, job), options)
  result.snapshots.forEach((/** @type {any} */ row, /** @type {number} */ at) => {
    result.snapshots[at] = { file: files[at], ...row }
  })
  return result
}

/**
 * What holds the objects of a class, or one object, from elsewhere. Takes a file, or what `open` gave.
 * @param {string | { file: string }} snapshot
 * @param {import('../index').HeapRetainersOptions} options
 * @returns {Promise<import('../index').HeapRetainers>}
 */
async function retainers(snapshot, options) {
  const where = 'heap.retainers'
  const file = fileOf(snapshot, 'file', where)
  const { class: name, id, paths = DEFAULT_PATHS } = options ?? {}
  const isOne = typeof name === 'string' ? id === undefined : isCount(id, MAX_ID)
  if (!isOne) throw argument(where, 'options', 'either class, a name, or id, a number', options)
  if (!isCount(paths, MAX_ID)) throw argument(where, 'paths', 'how many to tell', paths)
  const result = await work((job) => native().heapRetainers(file, name, id, paths, job), options)
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

module.exports = { open, compare, growth, retainers }
