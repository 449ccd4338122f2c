'use strict'

/** Jobs of a new name whose call sites are captured. */
const FIRST_JOBS = 5
/** Then one job in this many, as far as the tokens reach. */
const ONE_IN = 64
/** Stacks one job may take. */
const STACKS_PER_JOB = 16
/** Stacks per second: about 0.1 % of a core; four times that while a finding has no place yet. */
const STACKS_PER_SECOND = 100
const STACKS_PER_SECOND_WANTED = 400

/**
 * Decides, once per job, whether its call sites are captured: a stack costs more than the timer it
 * describes. A token bucket over time, so that the cost is bounded whatever the rate of jobs.
 */
class Sampling {
  /** @param {boolean} exact every site, as `check` wants */
  constructor (exact) {
    this.exact = exact
    this.enabled = true
    this.wanted = false
    this.tokens = STACKS_PER_SECOND_WANTED
    this.refilledAt = 0
  }

  /** @param {number} nowMs */
  refill (nowMs) {
    const perSecond = this.wanted ? STACKS_PER_SECOND_WANTED : STACKS_PER_SECOND
    const earned = (perSecond * (nowMs - this.refilledAt)) / 1000
    this.refilledAt = nowMs
    this.tokens = Math.min(STACKS_PER_SECOND_WANTED, this.tokens + Math.max(0, earned))
  }

  /** @param {import('./job').JobName} job @returns {number} stacks the job that starts now may take */
  allowance (job) {
    if (this.exact) return Infinity
    if (!this.enabled || this.tokens < 1) return 0
    const chosen = job.wantsSites || job.started <= FIRST_JOBS || job.started % ONE_IN === 0
    return chosen ? STACKS_PER_JOB : 0
  }

  /** For things made outside any job or after it. */
  takeToken () {
    if (this.exact) return true
    if (!this.enabled || this.tokens < 1) return false
    this.tokens--
    return true
  }
}

module.exports = { Sampling }
