/** What the worker of bench/stack.js has to do with holdover, and how it is measured: also without holdover. */

const path = require('node:path')
const { performance } = require('node:perf_hooks')

const ROOT = path.join(__dirname, '..', '..')

const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** A place as it may be recorded. @param {any} site */
function place(site) {
  return site?.file ? `${path.relative(ROOT, site.file)}:${site.line}` : null
}

/** @param {any} found a leak, or something kept */
function inShort({ certainty, kind, description, job, perJob, count, owner, reason, site, calledFrom }) {
  const at = place(site)
  return {
    certainty,
    kind,
    description,
    job,
    perJob,
    count,
    owner,
    reason,
    at,
    calledFrom: place(calledFrom)
  }
}

class Watching {
  /** @param {{ level: 'off' | 'counts' | 'sites' | 'full', graceMs?: number, budget?: number, reportEveryMs: number }} config */
  constructor({ level, reportEveryMs, ...options }) {
    /** @type {Array<{ at: string, heapUsedBytes: number, rssBytes: number }>} */
    this.samples = []
    this.reports = 0
    this.printed = 0
    /** @type {Map<string, string>} whatever any report ever called a leak */
    this.everCalledLeak = new Map()
    this.tracker = level === 'off' ? null : this.start({ level, reportEveryMs, options })
  }

  /** @param {any} config */
  start({ level, reportEveryMs, options: { graceMs, budget } }) {
    const print = () => this.printed++
    const logger = { info: print, warn: print, error: print }
    const report = { everyMs: reportEveryMs, logger }
    const tracker = require('../..').start({ name: 'stack', level, graceMs, budget, report })
    tracker.on('report', ({ leaks }) => {
      this.reports++
      for (const leak of leaks) {
        const { certainty, description, job, at } = inShort(leak)
        this.everCalledLeak.set(leak.fingerprint, `${certainty} ${description} of ${job} at ${at}`)
      }
    })
    return tracker
  }

  /** @param {any} processor of BullMQ */
  track(processor) {
    return this.tracker === null ? processor : require('../../js/adapters/bullmq').track(processor)
  }

  begin() {
    this.before = { atMs: performance.now(), cpuMs: cpuMs() }
  }

  end() {
    const { atMs, cpuMs: before } = this.before ?? { atMs: 0, cpuMs: 0 }
    this.spent = { seconds: (performance.now() - atMs) / 1_000, cpuMs: cpuMs() - before }
  }

  /** @param {string} at */
  async sample(at) {
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) => setImmediate(resolve))
      globalThis.gc?.()
    }
    const { heapUsed, rss } = process.memoryUsage()
    this.samples.push({ at, heapUsedBytes: heapUsed, rssBytes: rss })
  }

  /** Until passes have judged what there is now: the deadlines that nobody clears are over too. @param {number} ms */
  async settle(ms) {
    await sleep(ms)
  }

  result() {
    const { tracker, samples, reports, printed, spent } = this
    if (tracker === null) return { samples, spent, holdover: null }
    const report = tracker.report()
    const { verdict, jobs, self, notes } = report
    const leaks = report.leaks.map(inShort)
    const kept = report.kept.map(inShort)
    const cost = {
      passes: tracker.watch.passes,
      passCpuMs: tracker.budget.spentMs,
      siteCpuMs: tracker.watch.sites.capturedMs
    }
    const everCalledLeak = [...this.everCalledLeak.values()]
    const holdover = {
      level: tracker.level,
      reports,
      printed,
      everCalledLeak,
      cost,
      verdict,
      leaks,
      kept,
      jobs,
      self,
      notes
    }
    return { samples, spent, holdover }
  }
}

module.exports = { Watching }
