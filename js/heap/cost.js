'use strict'

const v8 = require('node:v8')
const { availableBytes } = require('../memory')
const { HoldoverError } = require('../errors')
const { formatBytes, formatCount } = require('../reporters/format')

/**
 * What a snapshot would cost: V8 builds a node for each object, on the thread that asks, before it writes the first byte.
 *
 * Measured on Node 20 to 26 with heaps of one sort of object each, and with workers: 29 to 75 bytes of heap for a node, 1.4
 * to 4.8 µs of CPU, and 150 to 1,400 bytes of resident memory. What costs most is one array with a million elements, since
 * V8 names each of them. The figures here are those of half a million small objects in one array, as leaks are.
 */
const HEAP_BYTES_PER_NODE = 42
const MICROSECONDS_PER_NODE = 3
const MEMORY_BYTES_PER_NODE = 850
/** Our graph: 17 bytes, four edges of 8, and the text. */
const HELD_BYTES_PER_NODE = 60

/** @typedef {{ nodes: number, pauseMs: number, memoryBytes: number, availableBytes: number }} Cost */

/** @param {number} heapUsedBytes @param {number} available bytes @returns {Cost} */
function costOf(heapUsedBytes, available) {
  const nodes = Math.ceil(heapUsedBytes / HEAP_BYTES_PER_NODE)
  return {
    nodes,
    pauseMs: Math.ceil((nodes * MICROSECONDS_PER_NODE) / 1_000),
    memoryBytes: nodes * (MEMORY_BYTES_PER_NODE + HELD_BYTES_PER_NODE),
    availableBytes: available
  }
}

/** What a snapshot of this thread's heap would cost now. */
function predictCost() {
  return costOf(v8.getHeapStatistics().used_heap_size, availableBytes())
}

/**
 * Why it is better not taken; null where nothing speaks against it.
 * @param {Cost} cost
 * @param {number} maxPauseMs
 */
function objection({ nodes, pauseMs, memoryBytes, availableBytes: available }, maxPauseMs) {
  const about = `about ${formatCount(nodes)} objects`
  if (memoryBytes > available)
    return `${about} take up to ${formatBytes(memoryBytes)} of memory while V8 takes it, and ${formatBytes(available)} are available`
  if (pauseMs > maxPauseMs)
    return `${about} stop the thread for about ${formatCount(pauseMs)} ms, and maxPauseMs is ${formatCount(maxPauseMs)}`
  return null
}

/**
 * Refuses what would hurt the host.
 * @param {Cost} cost @param {number} maxPauseMs @param {string} remedy what may be done about it
 */
function requireCheap(cost, maxPauseMs, remedy) {
  const reason = objection(cost, maxPauseMs)
  if (reason === null) return
  const error = new HoldoverError('HOLDOVER_SNAPSHOT_TOO_COSTLY', { reason, remedy })
  throw Object.assign(error, { predicted: cost })
}

module.exports = { costOf, predictCost, objection, requireCheap }
