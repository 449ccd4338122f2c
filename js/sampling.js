'use strict'

/** Jobs of a new name whose call sites are captured. */
const FIRST_JOBS = 5
/** Then one job in this many, as far as the tokens reach. */
const ONE_IN = 64
/** Stacks one job may take. */
const STACKS_PER_JOB = 16
/** Stacks at once at most. */
const BUCKET = 100
/** Stacks per second after that. One takes 20 to 40 µs: about 0.1 % of a core. */
const STACKS_PER_SECOND = 32
/** The same for what was retained and has no place yet. */
const WANTED_PER_SECOND = 32
/**
 * The same for sockets, servers, child processes, workers and watchers: each costs more than its stack, and those that leak
 * are often few among those that a pool keeps.
 */
const HANDLES_PER_SECOND = 32
const REFILL_EVERY_MS = 100

/**
 * Decides which call sites are captured: a stack costs more than the timer it describes.
 *
 * Once per job, whether it is sampled at all: the first of a name, then a trickle. For the events and durations
 * of which something was retained without a known line: those are captured wherever they occur. And for handles. All
 * draw from token buckets over time, so that the cost is bounded whatever the rate of jobs.
 */
class Sampling {
  /** @param {boolean} exact every site, as `check` wants */
  constructor(exact) {
    this.exact = exact
    this.enabled = true
    this.tokens = BUCKET
    this.wantedTokens = BUCKET
    this.handleTokens = BUCKET
    this.refilledAt = 0
    /** Event names and timer durations (0 for immediates) whose line is wanted; null: none. @type {Set<any> | null} */
    this.wanted = null
  }

  /** @param {number} nowMs */
  refill(nowMs) {
    const elapsedMs = nowMs - this.refilledAt
    // Negative where the clock was set back.
    if (elapsedMs >= 0 && elapsedMs < REFILL_EVERY_MS) return
    this.refilledAt = nowMs
    if (elapsedMs < 0) return
    this.tokens = Math.min(BUCKET, this.tokens + (STACKS_PER_SECOND * elapsedMs) / 1000)
    this.wantedTokens = Math.min(BUCKET, this.wantedTokens + (WANTED_PER_SECOND * elapsedMs) / 1000)
    this.handleTokens = Math.min(BUCKET, this.handleTokens + (HANDLES_PER_SECOND * elapsedMs) / 1000)
  }

  /** @param {import('./job').JobName} job @returns {number} stacks the job that starts now may take */
  allowance(job) {
    if (this.exact) return Infinity
    if (!this.enabled || this.tokens < 1) return 0
    return job.started <= FIRST_JOBS || job.started % ONE_IN === 0 ? STACKS_PER_JOB : 0
  }

  /** Whether the line of this event or duration is wanted; takes a token. @param {any} what */
  isWanted(what) {
    if (this.wanted === null || !this.enabled || this.wantedTokens < 1 || !this.wanted.has(what)) return false
    this.wantedTokens--
    return true
  }

  /** Whether the line of a handle is captured where nothing else asks for it; takes a token. */
  takeHandleToken() {
    if (!this.enabled || this.handleTokens < 1) return false
    this.handleTokens--
    return true
  }

  /** For things made outside any job or after it. */
  takeToken() {
    if (this.exact) return true
    if (!this.enabled || this.tokens < 1) return false
    this.tokens--
    return true
  }
}

exports.Sampling = Sampling
