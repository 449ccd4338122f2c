'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const v8 = require('node:v8')
const { memoryUsage } = require('./usage')

const MAX_SAMPLES = 64

/** The container's limit if there is one, else the machine's memory; bytes. */
function limitBytes() {
  const machine = os.totalmem()
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 && constrained < machine ? constrained : machine
}

/**
 * Memory that can be had without the container, or the machine, running out. Node counts what the container's file cache
 * takes as used, which the kernel gives back on demand: without it a container that writes files has nothing left.
 */
function availableBytes() {
  const free = os.freemem()
  return Math.min(free, process.availableMemory() + cachedFileBytes())
}

/** The part of the file cache of this process's control group that is dropped first; 0 where that is not known. */
function cachedFileBytes() {
  try {
    const groups = fs.readFileSync('/proc/self/cgroup', 'latin1')
    const [, v1] = /^\d+:(?:\S+,)?memory(?:,\S+)?:(.*)$/m.exec(groups) ?? []
    const [, v2] = /^0::(.*)$/m.exec(groups) ?? []
    const folder = v1 === undefined ? path.join('/sys/fs/cgroup', v2) : path.join('/sys/fs/cgroup/memory', v1)
    const stat = fs.readFileSync(path.join(folder, 'memory.stat'), 'latin1')
    return Number(/^(?:total_)?inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** The most that the heap of this thread may take. */
function heapLimitBytes() {
  return v8.getHeapStatistics().heap_size_limit
}

/**
 * Memory now: of this thread, but for the resident set, which is the process's.
 * @param {number | null} afterGcBytes
 */
function readMemory(afterGcBytes) {
  const usage = memoryUsage()
  return {
    heapUsedBytes: usage.heapUsed,
    afterGcBytes,
    externalBytes: usage.external,
    arrayBuffersBytes: usage.arrayBuffers,
    rssBytes: usage.rss
  }
}

/** @typedef {ReturnType<typeof readMemory>} Figures */

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
    /** Read here and at each sample: it is files of the system, and reports may be asked for after each job. */
    this.limitBytes = limitBytes()
  }

  /** @param {number} heapUsedBytes */
  noteMajor(heapUsedBytes) {
    this.afterGcBytes = heapUsedBytes
  }

  /** @param {number} atMs @param {number} jobs finished so far, of all names @param {Figures} figures */
  read(atMs, jobs, figures) {
    const { heapUsedBytes, afterGcBytes, externalBytes, arrayBuffersBytes, rssBytes } = figures
    const atMsWhole = Math.round(atMs)
    return { atMs: atMsWhole, jobs, heapUsedBytes, afterGcBytes, externalBytes, arrayBuffersBytes, rssBytes }
  }

  /** @param {number} atMs @param {number} jobs @param {Figures} [figures] of this thread, or of all of them */
  sample(atMs, jobs, figures = readMemory(this.afterGcBytes)) {
    // A container may be given another limit while it runs.
    this.limitBytes = limitBytes()
    if (++this.skipped < this.step) return
    this.skipped = 0
    this.samples.push(this.read(atMs, jobs, figures))
    if (this.samples.length < MAX_SAMPLES) return
    this.samples = this.samples.filter((_, index) => index % 2 === 0)
    this.step *= 2
  }

  /** What the report needs. @param {number} atMs @param {number} jobs @param {Figures} [figures] as for `sample` */
  facts(atMs, jobs, figures = readMemory(this.afterGcBytes)) {
    const newest = this.read(atMs, jobs, figures)
    const { atMs: _at, jobs: _jobs, ...now } = newest
    return { ...now, limitBytes: this.limitBytes, samples: [...this.samples, newest] }
  }
}

module.exports = { MemoryLog, readMemory, heapLimitBytes, availableBytes }
