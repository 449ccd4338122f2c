'use strict'

/** Runs the jobs of a module as a worker would, for tools that watch a process. */

/** As long as holdover gives what a job leaves behind: its default `graceMs`. */
const SETTLE_MS = 500

class Jobs {
  /** @param {any} namespace of the module @param {{ concurrency: number, maxJobs: number }} work */
  constructor(namespace, { concurrency, maxJobs }) {
    this.pick = (name) => namespace[name] ?? namespace.default?.[name]
    this.concurrency = concurrency
    this.maxJobs = maxJobs
    this.ctx = undefined
  }

  async setup() {
    this.ctx = await this.pick('setup')?.()
  }

  /** Numbers of jobs, those together that run at a time. @param {number} from @param {number} to */
  groups(from, to) {
    const groups = []
    for (let i = from; i < to; i += this.concurrency) {
      groups.push(Array.from({ length: Math.min(this.concurrency, to - i) }, (_, n) => i + n))
    }
    return groups
  }

  /** @param {number[]} group */
  async run(group) {
    await Promise.all(group.map((i) => this.one(i)))
  }

  /** @param {number} i */
  async one(i) {
    try {
      await this.pick('job')(this.ctx, i)
    } catch {
      // Jobs that fail are part of the corpus.
    }
  }

  /** @param {number} from @param {number} to */
  async runAll(from, to) {
    for (const group of this.groups(from, to)) await this.run(group)
  }

  async teardown() {
    await this.pick('teardown')?.(this.ctx)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    // Node tells of a timer that is done with only in the immediates that follow.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

module.exports = { Jobs, SETTLE_MS }
