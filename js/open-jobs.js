'use strict'

/** Open jobs kept in view; beyond it they are never shown as stuck. A job that hangs for ever stays in it. */
const MAX_OPEN = 65_536

/**
 * The jobs that are open, oldest first: a list linked through the scopes themselves, since a Set costs more per
 * job than everything else that begins and ends one. A scope that ended is linked to nothing.
 */
class OpenJobs {
  constructor() {
    /** @type {import('./job').JobScope | null} */
    this.oldest = null
    /** @type {import('./job').JobScope | null} */
    this.newest = null
    this.size = 0
    /** Jobs that found no room. */
    this.dropped = 0
  }

  /** @param {import('./job').JobScope} scope */
  add(scope) {
    if (this.size >= MAX_OPEN) {
      this.dropped++
      return
    }
    const { newest } = this
    scope.older = newest
    if (newest === null) this.oldest = scope
    else newest.newer = scope
    this.newest = scope
    this.size++
  }

  /** @param {import('./job').JobScope} scope */
  delete(scope) {
    const { older, newer } = scope
    if (older === null && this.oldest !== scope) return
    if (older === null) this.oldest = newer
    else older.newer = newer
    if (newer === null) this.newest = older
    else newer.older = older
    scope.older = null
    scope.newer = null
    this.size--
  }

  *[Symbol.iterator]() {
    for (let scope = this.oldest; scope !== null; scope = scope.newer) yield scope
  }
}

exports.OpenJobs = OpenJobs
