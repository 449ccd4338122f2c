'use strict'

/** Timers watched at once; more are counted as dropped. */
const MAX_TIMERS = 65_536
/** From here on the ones that are over are forgotten, each time there are twice as many as stayed the time before. */
const FIRST_PRUNE = 256

/** @typedef {import('./recorder').Made} Made */

/** The timers that tests make, held weakly: Node holds those that are armed. */
class MadeTimers {
  constructor() {
    /** @type {Array<{ ref: WeakRef<any>, made: Made }>} */
    this.entries = []
    this.pruneAt = FIRST_PRUNE
    this.dropped = 0
  }

  /** @param {any} timer @param {Made} made */
  add(timer, made) {
    if (this.entries.length >= this.pruneAt) this.prune()
    if (this.entries.length >= MAX_TIMERS) this.dropped++
    else this.entries.push({ ref: new WeakRef(timer), made })
  }

  prune() {
    this.entries = this.entries.filter(({ ref }) => isArmed(ref.deref()))
    this.pruneAt = Math.max(FIRST_PRUNE, 2 * this.entries.length)
  }

  /** Those that are armed now. */
  armed() {
    this.prune()
    return this.entries.map(({ ref, made }) => ({ timer: /** @type {any} */ (ref.deref()), made }))
  }
}

/** Its own state, as Node keeps it (20 to 26). @param {any} timer */
function isArmed(timer) {
  return timer !== undefined && timer._destroyed === false
}

exports.MadeTimers = MadeTimers
