'use strict'

const { environment } = require('./engine')
const { memoryUsage } = require('./usage')

/** What `start` returns where nothing is watched: the same methods, and a report that says why. */
class InertTracker {
  /** @param {string} note @param {boolean} [hasFailed] nobody asked for it */
  constructor(note, hasFailed = false) {
    this.note = note
    this.hasFailed = hasFailed
    this.level = 'off'
  }

  setLevel() {}

  on() {
    return this
  }

  report() {
    const usage = memoryUsage()
    return {
      schemaVersion: 1,
      worker: '',
      mode: 'production',
      verdict: 'inconclusive',
      leaks: [],
      accepted: [],
      kept: [],
      returned: [],
      openJobs: [],
      jobs: [],
      threads: [],
      memory: {
        heapUsedBytes: usage.heapUsed,
        afterGcBytes: null,
        externalBytes: usage.external,
        arrayBuffersBytes: usage.arrayBuffers,
        rssBytes: usage.rss,
        limitBytes: null,
        secondsToLimit: null,
        slopes: {
          heapUsedBytesPerJob: null,
          afterGcBytesPerJob: null,
          externalBytesPerJob: null,
          arrayBuffersBytesPerJob: null,
          rssBytesPerJob: null,
          rssBytesPerMin: null
        }
      },
      self: { cpuShare: 0, bytes: 0, dropped: {} },
      notes: [this.note],
      env: environment()
    }
  }

  print() {
    console.warn(`holdover ${this.note}`)
  }

  shouldRecycle() {
    return false
  }

  stop() {}
}

exports.InertTracker = InertTracker
