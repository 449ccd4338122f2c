'use strict'

/** The layout is the contract with src/ledger/tally.rs; __test__/wire.test.js compares both sides. */
const TALLY_WORDS = 6
const MAX_TALLIES = 513

/**
 * Finished jobs by name, counted where Rust finds them when this thread ends, however it ends: what a thread that is
 * terminated did since its last pass would be lost otherwise. `name completed failed timedOut totalMs maxMs`, again and again.
 */
class Tallies {
  constructor() {
    this.words = new Float64Array(MAX_TALLIES * TALLY_WORDS)
    this.used = 0
  }

  /** Starts afresh. */
  clear() {
    this.words.fill(0)
    this.used = 0
  }

  /** @param {number} name its id @returns {Float64Array} counters of one more name, as JobName has them */
  add(name) {
    const at = this.used++ * TALLY_WORDS
    this.words[at] = name
    return this.words.subarray(at + 1, at + TALLY_WORDS)
  }
}

exports.Tallies = Tallies
exports.TALLY_WORDS = TALLY_WORDS
exports.MAX_TALLIES = MAX_TALLIES
