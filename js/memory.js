'use strict'

const v8 = require('node:v8')
const os = require('node:os')

const MAX_SAMPLES = 64

/** The container's limit if there is one, else the machine's memory; bytes. */
function limitBytes() {
  const machine = os.totalmem()
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 && constrained < machine ? constrained : machine
}

/**
 * Heap statistics over time, thinned so that the first and the latest sample always stay.
 */
class MemoryLog {
  constructor() {
    /** @type {object[]} */
    this.samples = []
    /** @type {number | null} heap in use right after the last major collection */
    this.afterGcBytes = null
    this.step = 1
    this.skipped = 0
  }

  /** @param {number} heapUsedBytes */
  noteMajor(heapUsedBytes) {
    this.afterGcBytes = heapUsedBytes
  }

  /** @param {number} atMs @param {number} jobs finished so far, of all names */
  read(atMs, jobs) {
    const usage = process.memoryUsage()
    return {
      atMs: Math.round(atMs),
      jobs,
      heapUsedBytes: usage.heapUsed,
      afterGcBytes: this.afterGcBytes,
      externalBytes: usage.external,
      arrayBuffersBytes: usage.arrayBuffers,
      rssBytes: usage.rss
    }
  }

  /** @param {number} atMs @param {number} jobs */
  sample(atMs, jobs) {
    if (++this.skipped < this.step) return
    this.skipped = 0
    this.samples.push(this.read(atMs, jobs))
    if (this.samples.length < MAX_SAMPLES) return
    this.samples = this.samples.filter((_, index) => index % 2 === 0)
    this.step *= 2
  }

  /** What the report needs. @param {number} atMs @param {number} jobs */
  facts(atMs, jobs) {
    const { atMs: _at, jobs: _jobs, ...now } = this.read(atMs, jobs)
    return {
      ...now,
      limitBytes: limitBytes(),
      heapLimitBytes: v8.getHeapStatistics().heap_size_limit,
      samples: [...this.samples, this.read(atMs, jobs)]
    }
  }
}

exports.MemoryLog = MemoryLog
