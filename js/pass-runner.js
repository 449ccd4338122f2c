'use strict'

const originals = require('./originals')

/** One slice of a pass blocks the loop no longer than this. */
const SLICE_MS = 4
const SLICE_EVERY_MS = 1

/**
 * Runs passes in slices, so that a million live timers do not stop the loop.
 */
class PassRunner {
  /**
   * @param {import('./watch').Watch} watch
   * @param {import('./budget').Budget} budget
   * @param {() => void} onDone
   */
  constructor(watch, budget, onDone) {
    this.watch = watch
    this.budget = budget
    this.onDone = onDone
    /** @type {{ pass: import('./pass').Pass, steps: Generator } | null} */
    this.current = null
  }

  get isRunning() {
    return this.current !== null
  }

  /** Begins a pass, unless one is under way or the budget says to wait. */
  start() {
    if (this.isRunning || this.watch.paused || this.budget.isSpent(this.watch.now())) return
    try {
      this.budget.meter(() => {
        const pass = this.watch.beginPass(false)
        this.current = { pass, steps: this.watch.walk(pass) }
      })
    } catch {
      // Called by a timer: what is thrown here would end the host.
      this.watch.faults++
      this.cancel()
    }
    this.slice()
  }

  /** Drops the pass under way; the ledger forgets its slices when the next one completes. */
  cancel() {
    this.current = null
    this.watch.walkingPass = 0
  }

  slice() {
    const { current } = this
    if (current === null) return
    try {
      const done = this.budget.meter(() => this.work(current))
      if (!done) {
        originals.setTimeout(() => this.slice(), SLICE_EVERY_MS).unref()
        return
      }
      this.current = null
      this.onDone()
    } catch {
      this.watch.faults++
      this.cancel()
    }
  }

  /** @param {{ pass: import('./pass').Pass, steps: Generator }} current @returns {boolean} whether the pass is complete */
  work({ pass, steps }) {
    const { watch } = this
    const until = watch.now() + SLICE_MS
    do {
      if (steps.next().done) {
        watch.finishPass(pass)
        return true
      }
      if (pass.isFull) watch.ledger.apply(pass.takeWords(false))
    } while (watch.now() < until)
    return false
  }
}

exports.PassRunner = PassRunner
