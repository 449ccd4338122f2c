'use strict'

const v8 = require('node:v8')

/**
 * Memory of this process. Node's own `process.memoryUsage` throws where /proc cannot be read (Node 20 to 26 on Linux, in
 * a chroot or a hardened container): the resident set is then unknown, which is 0, and the rest is asked of V8.
 * @returns {{ rss: number, heapUsed: number, external: number, arrayBuffers: number }}
 */
function memoryUsage() {
  try {
    return process.memoryUsage()
  } catch {
    const heap = v8.getHeapStatistics()
    return { rss: 0, heapUsed: heap.used_heap_size, external: heap.external_memory, arrayBuffers: 0 }
  }
}

/** The resident set alone, which is cheaper; 0 where it is unknown. */
function residentBytes() {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}

module.exports = { memoryUsage, residentBytes }
