'use strict'

const { native } = require('../native')

/**
 * A snapshot of this process that Rust holds. Its memory is freed by `close`, or when the object was collected.
 */
class HeapSnapshot {
  /** Out of sight of whoever prints it. @type {any} */
  #held

  /**
   * @param {any} held as Rust gave it
   * @param {{ file: string | null, route: 'pipe' | 'file', pauseMs: number, predicted: import('./cost').Cost }} facts
   */
  constructor(held, { file, route, pauseMs, predicted }) {
    const { nodes, edges, bytes } = JSON.parse(native().heldTotals(held))
    this.#held = held
    this.file = file
    this.route = route
    this.nodes = nodes
    this.edges = edges
    /** Held until it is closed. */
    this.bytes = bytes
    this.pauseMs = pauseMs
    this.predicted = predicted
  }

  /** Frees the memory. What is being analysed goes on. */
  close() {
    native().closeHeld(this.#held)
    this.bytes = 0
  }

  /** What Rust takes. @param {HeapSnapshot} snapshot */
  static heldOf(snapshot) {
    return snapshot.#held
  }
}

exports.HeapSnapshot = HeapSnapshot
