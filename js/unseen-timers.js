'use strict'

/** So many more are no leftovers of jobs: the timers of a runner, of a pool. */
const FEW = 2
/** Per job: what fewer than one job in so many leaves is not noticed. */
const JOBS_PER_TIMER = 10

/** Timers that keep the process from ending, as Node itself counts them, whoever made them and how. */
function activeTimeouts() {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

/**
 * Timers that no wrapper has seen being made: through a function that somebody took before holdover came. They have no
 * line, so none of them is a finding; but where they become more from job to job, nothing can be called clean.
 */
class UnseenTimers {
  /** @param {import('./survivors/timers').Timers} timers of a check */
  constructor(timers) {
    this.timers = timers
    this.base = 0
  }

  get count() {
    const known = this.timers.countKnown()
    // Where Node's lists cannot be read, nobody knows which are known.
    return known === null ? 0 : activeTimeouts() - known
  }

  /** From here on timers count. */
  endWarmup() {
    this.base = this.count
  }

  /** Why this check cannot be clean. @param {number} jobs measured @returns {string[]} */
  obstacles(jobs) {
    const more = this.count - this.base
    if (more <= FEW || more * JOBS_PER_TIMER < jobs) return []
    const rate = (more / Math.max(1, jobs)).toFixed(2)
    return [
      `${more} timers more than before the jobs (+${rate} per job) were made by functions taken before holdover wrapped them, and have no line: load holdover first`
    ]
  }
}

exports.UnseenTimers = UnseenTimers
