'use strict'

const console = require('node:console')
const { isatty } = require('node:tty')
const { headline, renderText, returnedWords } = require('./text')
const { thing } = require('./leak')
const { forgetOldest } = require('../bounded')
const { isGone } = require('../known-findings')
const { formatCount, formatNumberOf, formatSite } = require('./format')

const STDERR = 2
const HOUR_MS = 3_600_000
/** Findings remembered as printed; one that is forgotten is printed in full again. */
const MAX_PRINTED = 1_024

/** A pino-like logger takes an object first. @param {any} logger */
function isStructured(logger) {
  return typeof logger.child === 'function'
}

/**
 * Prints reports on change: a finding in full once, then one line when its count has doubled or when
 * it returned; a job that hangs once; one heartbeat line an hour.
 */
class ConsoleReporter {
  /**
   * @param {object} options
   * @param {any} options.logger console-like or pino-like
   * @param {'auto' | 'text' | 'json'} options.format
   */
  constructor({ logger, format }) {
    this.logger = logger
    this.asJson = format === 'json' || (format === 'auto' && isStructured(logger))
    // Asks the descriptor: reading process.stderr would make the stream.
    this.color = format === 'auto' && logger === console && isatty(STDERR) && !process.env.NO_COLOR
    /** @type {Map<string, import('../known-findings').Finding & { count: number }>} as printed last, by fingerprint */
    this.printed = new Map()
    /** Stuck jobs of the last report. @type {Set<string>} */
    this.stuck = new Set()
    this.lastPrintMs = 0
    this.faults = 0
  }

  /** What has been printed so far, for another one to go on from. */
  get recollection() {
    const { printed, stuck, lastPrintMs } = this
    return JSON.stringify({ printed: [...printed], stuck: [...stuck], lastPrintMs })
  }

  /** Goes on from what another one printed. @param {string} recollection empty when nothing was printed yet */
  recall(recollection) {
    if (recollection === '') return
    const { printed, stuck, lastPrintMs } = JSON.parse(recollection)
    this.printed = new Map(printed)
    this.stuck = new Set(stuck)
    this.lastPrintMs = lastPrintMs
  }

  /** Prints what changed since the last call. @param {import('../index').Report} report @param {number} nowMs */
  report(report, nowMs) {
    if (this.lastPrintMs === 0) this.lastPrintMs = nowMs
    const fresh = report.leaks.filter((leak) => !this.printed.has(leak.fingerprint))
    const grown = report.leaks.filter(
      (leak) => leak.count >= 2 * (this.printed.get(leak.fingerprint)?.count ?? Infinity)
    )
    const returned = report.returned.filter((gone) => this.printed.has(gone.fingerprint))
    const gone = [...this.printed.values()].filter((finding) => isGone(finding, report))
    const stuck = report.openJobs.filter((job) => job.stuck && !this.stuck.has(stuckKey(job)))
    for (const leak of [...fresh, ...grown]) this.remember(leak)
    for (const { fingerprint } of [...returned, ...gone]) this.printed.delete(fingerprint)
    this.stuck = new Set(report.openJobs.filter((job) => job.stuck).map(stuckKey))
    const isDue = nowMs - this.lastPrintMs >= HOUR_MS
    const changes = { fresh, grown, returned, gone, stuck }
    if (!hasAny(changes) && !isDue) return
    this.lastPrintMs = nowMs
    if (this.asJson) this.write(report.verdict === 'leaks', headline(report), report)
    else this.writeText(report, changes)
  }

  /** Prints the whole report, changed or not. @param {import('../index').Report} report */
  print(report) {
    for (const leak of report.leaks) this.remember(leak)
    this.write(
      report.verdict === 'leaks',
      this.asJson ? headline(report) : renderText(report, { color: this.color }),
      report
    )
  }

  /** @param {import('../index').Leak} leak */
  remember({ fingerprint, kind, description, job, count }) {
    this.printed.set(fingerprint, { fingerprint, kind, description, job, count })
    forgetOldest(this.printed, MAX_PRINTED)
  }

  /** @param {import('../index').Report} report @param {Record<string, any[]>} changes */
  writeText(report, changes) {
    const { fresh, grown, returned, gone, stuck } = changes
    if (fresh.length + stuck.length > 0) {
      const known = report.leaks.length - fresh.length
      const notes =
        known === 0
          ? report.notes
          : [...report.notes, `${formatNumberOf(known, 'known leak')}, printed before`]
      const text = renderText(
        { ...report, leaks: fresh, kept: [], returned: [], notes },
        { color: this.color, whole: report }
      )
      const [, ...rest] = text.split('\n')
      this.write(fresh.length > 0, [headline(report), ...rest].join('\n'), report)
    }
    for (const leak of grown) {
      const place = formatSite(leak.calledFrom ?? leak.site)
      this.write(
        true,
        `holdover ${leak.fingerprint} doubled: ${formatCount(leak.count)} × ${thing(leak)}, ${leak.job}, ${place}`,
        report
      )
    }
    for (const finding of returned) {
      this.write(
        false,
        `holdover ${finding.fingerprint} returned: ${finding.description}, ${finding.job}: ${returnedWords(finding)}`,
        report
      )
    }
    for (const { fingerprint, description, job } of gone)
      this.write(false, `holdover ${fingerprint} gone with its thread: ${description}, ${job}`, report)
    if (!hasAny(changes)) this.write(false, headline(report), report)
  }

  /** A logger that throws must not reach the host. @param {boolean} isLeak @param {string} text @param {any} report */
  write(isLeak, text, report) {
    // The console's own reports all go to stderr: stdout may be the worker's output.
    const level = isLeak || this.logger === console ? 'warn' : 'info'
    try {
      if (isStructured(this.logger)) this.logger[level](this.asJson ? { holdover: report } : {}, text)
      else this.logger[level](this.asJson ? JSON.stringify({ level, msg: text, holdover: report }) : text)
    } catch {
      this.faults++
    }
  }
}

/** @param {Record<string, any[]>} changes */
function hasAny(changes) {
  return Object.values(changes).some((rows) => rows.length > 0)
}

/** @param {{ job: string, jobId: any, thread: number }} job */
function stuckKey(job) {
  return `${job.job} ${job.jobId} ${job.thread}`
}

exports.ConsoleReporter = ConsoleReporter
