'use strict'

const { isOwn, toPath } = require('../site')

/** Equal stretches of time into which samples are sorted, see src/verdict/suspicion.rs. */
const STRETCHES = 8
/** Before it is known how much a job allocates, in bytes. */
const FIRST_INTERVAL_BYTES = 1_024
const MIN_INTERVAL_BYTES = 128
const MAX_INTERVAL_BYTES = 16_384
/** A sample takes 3 µs of CPU, so these are 0.75 ms of each job. */
const SAMPLES_PER_JOB = 250
/** What test runners keep for themselves of each job: calls of a mock, lines of the console. */
const RUNNER =
  /[\\/]node_modules[\\/](@jest|jest-[\w-]+|expect|@vitest|vitest|tinyspy|chai|mocha|sinon)[\\/]/

/** holdover's own wrappers: what they call was called by the line above them. */
const HOOKS = /[\\/]js[\\/]hooks[\\/]/

/**
 * @typedef {object} Allocation live memory of one size that one function allocated
 * @property {string} file
 * @property {number} line of the function, from 1
 * @property {number} column
 * @property {string} function
 * @property {number} bytes of one sample, which stands for several objects where they are small
 * @property {number[]} counts samples by stretch of time, the latest last
 */

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
  }

  /** @returns {boolean} whether it runs now */
  start(intervalBytes = FIRST_INTERVAL_BYTES) {
    try {
      if (this.session === null) this.session = openSession()
      if (isRunning(this.session)) return this.close()
      post(this.session, 'HeapProfiler.startSampling', { samplingInterval: intervalBytes })
      return true
    } catch {
      // Node without an inspector, or one whose permission model denies it.
      return this.close()
    }
  }

  /**
   * Starts anew, as finely as the jobs so far allow. V8 collects for that.
   * @param {number} jobs since the start
   */
  restart(jobs) {
    if (this.session === null) return false
    const { samples } = this.takeProfile()
    const allocatedBytes = lastOrdinal(samples) * FIRST_INTERVAL_BYTES
    const wanted = Math.round(allocatedBytes / Math.max(1, jobs) / SAMPLES_PER_JOB)
    return this.start(Math.min(MAX_INTERVAL_BYTES, Math.max(MIN_INTERVAL_BYTES, wanted)))
  }

  /** Ends sampling. @returns {Allocation[]} what was allocated since and is alive, without holdover's and Node's own */
  take() {
    if (this.session === null) return []
    const { head, samples } = this.takeProfile()
    return summed(samples, placesOf(head))
  }

  takeProfile() {
    return post(this.session, 'HeapProfiler.stopSampling').profile
  }

  /** @returns {false} it does not run */
  close() {
    try {
      this.session?.disconnect()
    } catch {
      // It is gone already.
    }
    this.session = null
    return false
  }
}

function openSession() {
  const { Session } = require('node:inspector')
  const session = new Session()
  session.connect()
  return session
}

/** @param {any} session whether anybody samples in this thread */
function isRunning(session) {
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
  /** @type {Map<number, any>} */
  const places = new Map()
  const open = [{ node: head, place: null }]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { callFrame } = at.node
    const place = isPlace(callFrame.url) ? callFrame : at.place
    if (place !== null && !isOwn(toPath(place.url)) && !RUNNER.test(place.url))
      places.set(at.node.id, place)
    for (const node of at.node.children) open.push({ node, place })
  }
  return places
}

/** @param {string} url of a frame; built-in functions have none */
function isPlace(url) {
  if (url === '' || url.startsWith('node:')) return false
  const file = toPath(url)
  return !(isOwn(file) && HOOKS.test(file))
}

/**
 * @param {Array<{ nodeId: number, ordinal: number, size: number }>} samples
 * @param {Map<number, any>} places
 * @returns {Allocation[]}
 */
function summed(samples, places) {
  const last = lastOrdinal(samples)
  /** @type {Map<string, Allocation>} */
  const sums = new Map()
  for (const { nodeId, ordinal, size } of samples) {
    const place = places.get(nodeId)
    if (place === undefined) continue
    const key = `${place.scriptId}:${place.lineNumber}:${place.columnNumber}:${size}`
    const sum = sums.get(key) ?? allocationAt(place, size)
    sums.set(key, sum)
    sum.counts[Math.min(STRETCHES - 1, Math.floor((ordinal / (last + 1)) * STRETCHES))]++
  }
  return [...sums.values()]
}

/** @param {any} place @param {number} bytes @returns {Allocation} */
function allocationAt({ url, lineNumber, columnNumber, functionName }, bytes) {
  const counts = new Array(STRETCHES).fill(0)
  return {
    file: toPath(url),
    line: lineNumber + 1,
    column: columnNumber + 1,
    function: functionName,
    bytes,
    counts
  }
}

module.exports = { Allocations, STRETCHES }
