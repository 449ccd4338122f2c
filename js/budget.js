'use strict'

/** What passes may take at the start, above the budget. */
const BURST_MS = 500
/** The budget is looked at over stretches of this length. */
const WINDOW_MS = 10_000
/** Stretches over budget in a row before the level steps down. */
const READINGS_OVER = 3

/** CPU time of the process so far, ms. */
function cpuMs() {
  const { user, system } = process.cpuUsage()
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
   * The lesser of CPU time and wall clock: on a busy machine the clock counts others' work as ours, and the CPU time
   * of the process counts what its other threads do meanwhile.
   * @template T @param {() => T} work @returns {T}
   */
  meter(work) {
    const startedAt = performance.now()
    const before = cpuMs()
    try {
      return work()
    } finally {
      this.spentMs += Math.min(cpuMs() - before, performance.now() - startedAt)
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
