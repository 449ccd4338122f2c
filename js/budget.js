'use strict'

const { performance } = require('node:perf_hooks')

/** What passes may take at the start, above the budget. */
const BURST_MS = 500
/** The budget is looked at over stretches of this length. */
const WINDOW_MS = 10_000
/** Stretches over budget in a row before the level steps down. */
const READINGS_OVER = 3

/** CPU time of this thread; Node 20 has it for the whole process only. @type {() => NodeJS.CpuUsage} */
const cpuUsage = /** @type {any} */ (process).threadCpuUsage ?? process.cpuUsage

/** CPU time so far, ms. */
function cpuMs() {
  const { user, system } = cpuUsage.call(process)
  return (user + system) / 1_000
}

/**
 * Meters what holdover itself costs, and says when that is too much.
 */
class Budget {
  /** @param {number} share of one CPU @param {number} startedAt ms */
  constructor(share, startedAt) {
    this.share = share
    this.startedAt = startedAt
    this.spentMs = 0
    this.windowFrom = { atMs: startedAt, spentMs: 0 }
    this.readingsOver = 0
  }

  /**
   * The wall clock bounds the CPU time: on a busy machine it counts others' work as ours, and on Node 20 the CPU time
   * counts that of other threads.
   * @template T @param {() => T} work @returns {T}
   */
  meter(work) {
    const cpuBefore = cpuMs()
    const wallBefore = performance.now()
    try {
      return work()
    } finally {
      this.spentMs += Math.min(cpuMs() - cpuBefore, performance.now() - wallBefore)
    }
  }

  /** Whether the next pass must wait: however much is alive, passes stay within the budget. @param {number} now */
  isSpent(now) {
    return this.spentMs > BURST_MS + this.share * (now - this.startedAt)
  }

  /**
   * Whether the level should step down: over budget for several stretches in a row.
   * @param {number} now @param {number} alsoSpentMs what was spent elsewhere, on call sites
   */
  isOver(now, alsoSpentMs) {
    const elapsedMs = now - this.windowFrom.atMs
    if (elapsedMs < WINDOW_MS) return false
    const spentMs = this.spentMs + alsoSpentMs
    const isOver = (spentMs - this.windowFrom.spentMs) / elapsedMs > this.share
    this.windowFrom = { atMs: now, spentMs }
    this.readingsOver = isOver ? this.readingsOver + 1 : 0
    return this.readingsOver >= READINGS_OVER
  }
}

exports.Budget = Budget
