'use strict'

const { isOwn, toPath } = require('../site')
const { isLibrary, packageName } = require('../owner')
const { entriesOf } = require('./entries')

/** Equal stretches of time into which samples are sorted, see src/verdict/suspicion.rs. */
const STRETCHES = 8
/** Before it is known how much a job allocates, in bytes. */
const FIRST_INTERVAL_BYTES = 1_024
const MIN_INTERVAL_BYTES = 32
const MAX_INTERVAL_BYTES = 16_384
/** A sample takes 3 µs of CPU, so these are 1.2 ms of each job. */
const SAMPLES_PER_JOB = 400
/** What test runners keep for themselves of each job: calls of a mock, lines of the console. */
const RUNNER = /[\\/]node_modules[\\/](@jest|jest-[\w-]+|expect|@vitest|vitest|tinyspy|chai|mocha|sinon)[\\/]/

/** holdover's own wrappers: what they call was called by the line above them. */
const HOOKS = /[\\/]js[\\/]hooks[\\/]/

/** Samples of one size from which it is an object that is made again and again, and not code. */
const MIN_EQUAL = 3
/** No object of a few properties is as large. */
const MIN_STORAGE_BYTES = 1_024

/**
 * @typedef {object} Allocation live memory that one function allocated
 * @property {string} file
 * @property {number} line of the function, from 1
 * @property {number} column
 * @property {string} function
 * @property {number[]} counts samples of sizes that come again, by stretch of time, the latest last
 * @property {number} storageBytes the storage that a collection took last, where that was in the latter half
 * @property {Caller[]} callers of a library's function: those of the application that lead there, the most frequent first
 */

/** @typedef {{ frame: { file: string, line: number, column: number, function: string }, callee: string, from: string }} Caller */

/**
 * V8's sampling heap profiler: which functions allocated what is still alive. Code that V8 compiles, drops and compiles
 * again moves the size of the heap by 250 kB between two collections (Node 20), and a leak of one object per job is 5 kB
 * after a hundred jobs: only where memory comes from shows it.
 *
 * V8 has one such profiler per thread. Where the host runs it, it is left alone.
 */
class Allocations {
  constructor() {
    /** @type {any} */
    this.session = null
    /** Whether it samples now. */
    this.isRunning = false
    this.intervalBytes = FIRST_INTERVAL_BYTES
  }

  /** Begins, as finely as the jobs before allow. */
  start() {
    try {
      if (this.session === null) this.session = openSession()
      if (isSampling(this.session)) return this.close()
      post(this.session, 'HeapProfiler.startSampling', { samplingInterval: this.intervalBytes })
      this.isRunning = true
    } catch {
      // Node without an inspector, or one whose permission model denies it.
      this.close()
    }
  }

  /** Ends; how much so many jobs allocated tells how closely to look at the next ones. @param {number} jobs */
  stop(jobs) {
    if (!this.isRunning) return
    this.isRunning = false
    const { samples } = post(this.session, 'HeapProfiler.stopSampling').profile
    const allocatedBytes = lastOrdinal(samples) * this.intervalBytes
    const wanted = Math.round(allocatedBytes / Math.max(1, jobs) / SAMPLES_PER_JOB)
    this.intervalBytes = Math.min(MAX_INTERVAL_BYTES, Math.max(MIN_INTERVAL_BYTES, wanted))
  }

  /**
   * What was allocated since the start and is alive, without holdover's and Node's own. V8 collects for that.
   * @returns {Allocation[]}
   */
  read() {
    if (!this.isRunning) return []
    const { head, samples } = post(this.session, 'HeapProfiler.getSamplingProfile').profile
    return summed(samples, placesOf(head))
  }

  /** How many entries an object of a snapshot has. @param {number} id @returns {number | null} null: not known */
  entriesOf(id) {
    if (this.session === null) return null
    return entriesOf((method, parameters) => post(this.session, method, parameters), id)
  }

  /** Sampling ends with the session. V8 numbers all objects anew then (Node 20 to 26), so not between two snapshots. */
  close() {
    this.isRunning = false
    try {
      this.session?.disconnect()
    } catch {
      // It is gone already.
    }
    this.session = null
  }
}

function openSession() {
  const { Session } = require('node:inspector')
  const session = new Session()
  session.connect()
  return session
}

/** @param {any} session whether anybody samples in this thread */
function isSampling(session) {
  try {
    post(session, 'HeapProfiler.getSamplingProfile')
    return true
  } catch {
    return false
  }
}

/** Answers of these methods come at once. @param {any} session @param {string} method @param {object} [parameters] */
function post(session, method, parameters) {
  /** @type {any} */
  let answer
  session.post(method, parameters, (/** @type {any} */ error, /** @type {any} */ result) => {
    answer = { error, result }
  })
  if (answer === undefined || answer.error) throw new Error(answer?.error?.message ?? method)
  return answer.result
}

/** @param {Array<{ ordinal: number }>} samples numbered as they were taken, also those of what is gone */
function lastOrdinal(samples) {
  return samples.reduce((last, { ordinal }) => Math.max(last, ordinal), 0)
}

/**
 * The place of each node of the profile: the first frame from the inside that is neither Node's nor built in. None where
 * that is holdover's, or a test runner's.
 * @param {any} head
 */
function placesOf(head) {
  /** @type {Map<number, { frame: any, isBuiltIn: boolean, caller: any }>} */
  const places = new Map()
  const open = [{ node: head, frame: null, caller: null }]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { callFrame } = at.node
    const { frame, caller } = isPlace(callFrame.url) ? enter(callFrame, at) : at
    if (frame !== null && isHosts(frame))
      places.set(at.node.id, { frame, isBuiltIn: callFrame.url === '', caller })
    for (const node of at.node.children) open.push({ node, frame, caller })
  }
  return places
}

/**
 * One frame further in. Where the application calls a library, that is the caller of all below.
 * @param {any} frame @param {{ frame: any, caller: any }} outer
 */
function enter(frame, { frame: above, caller }) {
  if (!isLibrary(toPath(frame.url))) return { frame, caller: null }
  const isFirst = above !== null && isHosts(above) && !isLibrary(toPath(above.url))
  const called = { frame: above, callee: frame.functionName, from: packageName(toPath(frame.url)) }
  return { frame, caller: isFirst ? called : caller }
}

/** @param {any} frame whether it is neither holdover's nor a test runner's */
function isHosts(frame) {
  return !isForeign(toPath(frame.url))
}

/** @param {string} url of a frame; built-in functions have none */
function isPlace(url) {
  if (url === '' || url.startsWith('node:')) return false
  const file = toPath(url)
  return !(isOwn(file) && HOOKS.test(file))
}

/** Whether it is holdover's or a test runner's. @param {string | null | undefined} file code made from a text has none */
function isForeign(file) {
  return typeof file === 'string' && (isOwn(file) || RUNNER.test(file))
}

/**
 * @param {Array<{ nodeId: number, ordinal: number, size: number }>} samples
 * @param {Map<number, { frame: any, isBuiltIn: boolean, caller: any }>} places
 * @returns {Allocation[]}
 */
function summed(samples, places) {
  const last = lastOrdinal(samples)
  /** @type {Map<string, { allocation: Allocation, bySize: Map<number, number[]>, callers: Map<any, number> }>} */
  const sums = new Map()
  for (const { nodeId, ordinal, size } of samples) {
    const place = places.get(nodeId)
    if (place === undefined) continue
    const stretch = Math.min(STRETCHES - 1, Math.floor((ordinal / (last + 1)) * STRETCHES))
    const key = keyOf(place.frame)
    const sum = sums.get(key) ?? {
      allocation: allocationAt(place.frame),
      bySize: new Map(),
      callers: new Map()
    }
    sums.set(key, sum)
    if (place.caller !== null) sum.callers.set(place.caller, (sum.callers.get(place.caller) ?? 0) + 1)
    const counts = sum.bySize.get(size) ?? noCounts()
    sum.bySize.set(size, counts)
    counts[stretch]++
    // Elements of an array, the table of a Map: what a built-in function allocated in one piece, or, where V8 has compiled
    // that into its caller (Node 22 and later), the caller.
    if ((place.isBuiltIn || size >= MIN_STORAGE_BYTES) && stretch >= STRETCHES / 2)
      sum.allocation.storageBytes = Math.max(sum.allocation.storageBytes, size)
  }
  for (const { allocation, bySize, callers } of sums.values()) {
    addUp(allocation, bySize.values())
    allocation.callers = byCount(callers)
  }
  return [...sums.values()].map(({ allocation }) => allocation)
}

/** @param {Map<any, number>} callers each a way of the profile's tree @returns {Caller[]} */
function byCount(callers) {
  /** @type {Map<string, { caller: Caller, count: number }>} */
  const sums = new Map()
  for (const [{ frame, callee, from }, count] of callers) {
    const key = `${keyOf(frame)} ${callee} ${from}`
    const sum = sums.get(key) ?? { caller: { frame: placeOf(frame), callee, from }, count: 0 }
    sum.count += count
    sums.set(key, sum)
  }
  return [...sums.values()].sort((a, b) => b.count - a.count).map(({ caller }) => caller)
}

/** @param {any} frame */
function keyOf({ scriptId, lineNumber, columnNumber }) {
  return `${scriptId}:${lineNumber}:${columnNumber}`
}

/** @param {Allocation} allocation @param {Iterable<number[]>} all counts by size */
function addUp(allocation, all) {
  for (const counts of all) {
    if (counts.reduce((sum, count) => sum + count) < MIN_EQUAL) continue
    for (const [stretch, count] of counts.entries()) allocation.counts[stretch] += count
  }
}

/** @param {any} frame @returns {Allocation} */
function allocationAt(frame) {
  return { ...placeOf(frame), counts: noCounts(), storageBytes: 0, callers: [] }
}

/** @param {any} frame */
function placeOf({ url, lineNumber, columnNumber, functionName }) {
  return { file: toPath(url), line: lineNumber + 1, column: columnNumber + 1, function: functionName }
}

/** @returns {number[]} */
function noCounts() {
  return new Array(STRETCHES).fill(0)
}

module.exports = { Allocations, STRETCHES, isForeign }
