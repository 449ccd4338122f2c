'use strict'

const { PerformanceObserver, constants } = require('node:perf_hooks')
const { memoryUsage } = require('../usage')

/**
 * Tells when a major collection has ended, with the heap in use right after it: the only heap figure
 * that is not mostly garbage.
 * @param {(heapUsedBytes: number) => void} onMajor
 * @returns {() => void} stop
 */
function watchMajorCollections(onMajor) {
  const observer = new PerformanceObserver((list) => {
    const major = list.getEntries().some((entry) => {
      const detail = /** @type {any} */ (entry).detail
      return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
    })
    if (major) onMajor(memoryUsage().heapUsed)
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => observer.disconnect()
}

module.exports = { watchMajorCollections }
