'use strict'

const { show } = require('./config')

/** Distinct errors told apart; more of them only count as failed jobs. */
const MAX_ERRORS = 5
const MAX_CHARS = 200

/** What jobs failed with, and how often. */
class JobErrors {
  constructor() {
    /** @type {Map<string, number>} */
    this.counts = new Map()
  }

  /** @param {any} error whatever was thrown, so nothing about it is certain */
  note(error) {
    let text = 'unknown error'
    try {
      text = `${error?.name ?? 'Error'}: ${error?.message ?? show(error)}`.split('\n')[0].slice(0, MAX_CHARS)
    } catch {}
    if (this.counts.size < MAX_ERRORS || this.counts.has(text))
      this.counts.set(text, (this.counts.get(text) ?? 0) + 1)
  }
}

exports.JobErrors = JobErrors
