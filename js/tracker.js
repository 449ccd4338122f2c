'use strict'

const { EventEmitter } = require('node:events')
const originals = require('./originals')
const { storage } = require('./context')
const { START, resolve, fallback, isOff, show } = require('./config')
const { HoldoverError } = require('./errors')
const { nativeFailure } = require('./native')
const { openWatch, pauseWatch, closeWatch, askReport, clock } = require('./engine')
const { watchMajorCollections } = require('./signals/gc')
const { Budget } = require('./budget')
const { PassRunner } = require('./pass-runner')
const { MemoryLog, readMemory, heapLimitBytes } = require('./memory')
const { InertTracker } = require('./inert-tracker')
const { ConsoleReporter } = require('./reporters/console')
const { ReportMoments } = require('./report-moments')
const { SourceLines } = require('./source')
const { forgetOldest } = require('./bounded')
const { isGone } = require('./known-findings')
const { readBaseline, baselineFacts } = require('./baseline')

/** A pass follows this many times in a grace period, so that a rate is at most a third of it behind. */
const PASSES_PER_GRACE = 3
const MIN_PASS_EVERY_MS = 50
const MAX_PASS_EVERY_MS = 10_000
const PRESSURE_SECONDS = 600
/** Findings remembered as announced; one that is forgotten is announced again. */
const MAX_ANNOUNCED = 1_024
const LEVEL_OFF = 'level is off: as of the last look'

/**
 * One started thread: wiring only. Hooks feed the watch, passes feed the ledger, the ledger gives reports,
 * reports go to the console and to whoever asked.
 *
 * A report is always that of the process, from whichever thread it is asked; one thread prints for all.
 */
class Tracker {
  /** @param {any} options resolved */
  constructor(options) {
    this.options = options
    // Before anything is watched: a damaged file is an error.
    this.baseline = readBaseline(options.baseline)
    this.startedAt = clock()
    this.events = new EventEmitter()
    this.memory = new MemoryLog()
    this.reporter = new ConsoleReporter({
      logger: options['report.logger'],
      format: options['report.format']
    })
    const { watch, terms, notes } = openWatch({
      mode: 'production',
      graceMs: options.graceMs,
      name: options.name,
      prints: options['report.everyMs'] > 0
    })
    this.watch = watch
    this.sources = new SourceLines(watch.originals)
    /** What the first thread of the process said for all of them. */
    this.terms = terms
    this.notes = [...notes, ...refusedTerms(options, terms, watch.thread)]
    this.current = options.level
    this.budget = new Budget(options.budget, this.startedAt)
    this.passes = new PassRunner(watch, this.budget, () => this.afterPass())
    /** @type {Map<string, import('./known-findings').Finding>} by fingerprint */
    this.announced = new Map()
    /** The report at the stop, which answers everything asked afterwards. @type {any} */
    this.last = null
    this.setLevel(options.level)
    /** @type {(() => void) | null} */
    this.stopGc = null
    this.startTimers()
    this.moments = new ReportMoments(options, () => this.printForAll())
  }

  startTimers() {
    const passEveryMs = Math.min(
      MAX_PASS_EVERY_MS,
      Math.max(MIN_PASS_EVERY_MS, this.watch.graceMs / PASSES_PER_GRACE)
    )
    const everyMs = this.options['report.everyMs']
    // Outside any job, and unref'd: the tracker never keeps a process alive.
    storage.exit(() => {
      this.passTimer = originals.setInterval(() => this.passes.start(), passEveryMs).unref()
      this.reportTimer = everyMs === 0 ? null : originals.setInterval(() => this.tick(), everyMs).unref()
    })
  }

  get level() {
    return this.current
  }

  /** @param {'off' | 'counts' | 'sites' | 'full'} level */
  setLevel(level) {
    if (!START.level.accepts(level)) {
      throw new HoldoverError('HOLDOVER_OPTION', {
        option: 'level',
        problem: `must be ${START.level.expected}, got ${show(level)}`
      })
    }
    this.current = level
    if (this.last !== null) return
    this.watch.sampling.enabled = level === 'sites' || level === 'full'
    const wasPaused = this.watch.paused
    pauseWatch(this.watch, level === 'off')
    // No pass of this thread follows that would tell the other ones.
    if (this.watch.paused !== wasPaused) this.tell()
  }

  /**
   * From the first pass on, before which no collection is asked about: Node queues the collections that one observer
   * waits for for every later one too, so an observer that the host makes while it starts must find none of ours.
   */
  watchCollections() {
    this.stopGc ??= watchMajorCollections((bytes) => {
      this.memory.noteMajor(bytes)
      this.watch.jobs.noteMajor()
    })
  }

  afterPass() {
    this.watchCollections()
    const now = clock()
    const sums = this.tell()
    this.memory.sample(now, sums.jobs, sums)
    if (!this.watch.sampling.enabled || !this.budget.isOver(now, this.watch.sites.capturedMs)) return
    const percent = this.options.budget * 100
    this.addNote(`level stepped down to counts: holdover was over its budget of ${percent} % of a CPU`)
    this.setLevel('counts')
  }

  /** @param {string} note */
  addNote(note) {
    if (!this.notes.includes(note)) this.notes.push(note)
  }

  /** Tells the ledger how this thread is, and learns how all of them are. @returns {any} see src/ledger/threads.rs */
  tell() {
    const { watch } = this
    const { rssBytes, ...own } = readMemory(this.memory.afterGcBytes)
    const facts = {
      ...own,
      heapLimitBytes: heapLimitBytes(),
      jobs: watch.jobs.ended,
      cpuUs: Math.round((this.budget.spentMs + watch.sites.capturedMs) * 1_000),
      dropped: { ...watch.dropped, logger: this.reporter.faults },
      paused: watch.paused,
      notes: [...this.notes, ...(watch.paused ? [LEVEL_OFF] : []), ...foldedNotes(watch.jobs)]
    }
    return { ...JSON.parse(watch.ledger.tellRun(watch.run, watch.thread, JSON.stringify(facts))), rssBytes }
  }

  /** A report as of the last pass of each thread. @param {{ hasPlaces: boolean }} [options] @returns {any} */
  ask({ hasPlaces } = { hasPlaces: true }) {
    if (this.last !== null) return this.last
    return this.budget.meter(() => {
      const now = clock()
      const { watch, terms } = this
      const sums = this.tell()
      const facts = {
        nowMs: Math.round(now),
        startedAtMs: terms.startedAtMs,
        worker: terms.name,
        memory: this.memory.facts(now, sums.jobs, sums),
        threads: sums.threads,
        self: {
          cpuShare: sums.cpuUs / 1_000 / Math.max(1, now - terms.startedAtMs),
          bytes: JSON.parse(watch.ledger.ledgerStats()).bytes,
          dropped: sums.dropped
        },
        paused: sums.paused,
        ...baselineFacts(this.baseline),
        notes: sums.notes,
        check: null
      }
      const report = askReport(watch, facts, hasPlaces)
      if (hasPlaces) this.sources.addTo(report)
      return report
    })
  }

  /** What each job holds now, with a fresh look at everything. */
  report() {
    if (this.last === null && !this.watch.paused) {
      this.passes.cancel()
      this.budget.meter(() => this.watch.passNow(false))
    }
    return this.ask()
  }

  /** Prints the whole report now, from any thread. */
  print() {
    const report = this.report()
    this.goOnPrinting(this.printedSoFar, () => this.reporter.print(report))
  }

  /** The whole report, from one thread for all: that of the smallest id. */
  printForAll() {
    try {
      const [first] = this.report().threads
      if (first === undefined || first.thread === this.watch.thread) this.print()
    } catch {
      this.watch.faults++
    }
  }

  /** What was printed so far, by whichever thread; null unless this is the one that prints. @returns {string | null} */
  get printedSoFar() {
    if (this.last !== null) return null
    return this.watch.ledger.printed(this.watch.run, this.watch.thread)
  }

  /** Prints from where the printer before left off. @param {string | null} soFar @param {() => void} print */
  goOnPrinting(soFar, print) {
    if (soFar !== null) this.reporter.recall(soFar)
    print()
    if (soFar !== null) this.watch.ledger.keepPrinted(this.watch.run, this.reporter.recollection)
  }

  tick() {
    try {
      const soFar = this.printedSoFar
      if (soFar === null && this.events.eventNames().length === 0) return
      const report = this.ask()
      if (soFar !== null) this.goOnPrinting(soFar, () => this.reporter.report(report, clock()))
      this.announce(report)
    } catch {
      // A report is the tool's own business: the host must not see it fail.
      this.watch.faults++
    }
  }

  /** @param {any} report */
  announce(report) {
    this.events.emit('report', report)
    for (const leak of report.leaks) {
      if (this.announced.has(leak.fingerprint)) continue
      const { fingerprint, kind, description, job } = leak
      this.announced.set(fingerprint, { fingerprint, kind, description, job })
      forgetOldest(this.announced, MAX_ANNOUNCED)
      this.events.emit('leak', leak)
    }
    for (const gone of report.returned)
      if (this.announced.delete(gone.fingerprint)) this.events.emit('returned', gone)
    for (const finding of this.announced.values())
      if (isGone(finding, report)) this.announced.delete(finding.fingerprint)
    if (isPressed(report)) this.events.emit('pressure', report.memory)
  }

  /** @param {string} event @param {(...args: any[]) => void} listener */
  on(event, listener) {
    this.events.on(event, listener)
    return this
  }

  /** Whether to let this process go after the current job: leaking, and near its limit. */
  shouldRecycle() {
    // May be asked after each job: no source map and no limit is read for it, Node reads the resident set.
    const report = this.ask({ hasPlaces: false })
    return report.verdict === 'leaks' && isPressed(report)
  }

  /** Undoes every hook of this thread, stops every timer and leaves the run; the last thread to leave ends it. */
  stop() {
    if (started !== this) return
    started = null
    originals.clearInterval(/** @type {any} */ (this.passTimer))
    if (this.reportTimer) originals.clearInterval(/** @type {any} */ (this.reportTimer))
    this.stopGc?.()
    this.passes.cancel()
    this.last = this.lastReport()
    this.moments.stop()
    closeWatch(this.watch)
  }

  lastReport() {
    try {
      return this.report()
    } catch {
      // The host must be able to stop whatever happens.
      return new InertTracker('no verdict: the last report could not be made').report()
    }
  }
}

/**
 * What this thread asked for that does not hold, because another one was first.
 * @param {any} options resolved @param {any} terms @param {number} thread
 */
function refusedTerms(options, terms, thread) {
  return ['name', 'graceMs']
    .filter((name) => options[name] !== terms[name] && options[name] !== fallback(START[name]))
    .map(
      (name) =>
        `thread ${thread} asked for ${name} ${show(options[name])}: ` +
        `${show(terms[name])} holds, from the first thread that started`
    )
}

/** @param {import('./job-book').JobBook} jobs */
function foldedNotes({ foldedNames }) {
  return foldedNames === 0
    ? []
    : ['job names that look like ids were folded into one: pass { name, id } instead']
}

/** @param {any} report */
function isPressed(report) {
  const { secondsToLimit } = report.memory
  return secondsToLimit !== null && secondsToLimit < PRESSURE_SECONDS
}

/** @type {Tracker | null} the tracker of this thread */
let started = null
/** The same, also once it is stopped. @type {Tracker | null} */
let latest = null

/**
 * Starts watching this thread's jobs, as part of the process. Calling it again returns the running tracker.
 * @param {object} [options] see docs/configuration.md
 */
function start(options) {
  if (started !== null) return started
  if (isOff()) return new InertTracker('no verdict: HOLDOVER=off')
  const resolved = resolve(START, options)
  if (resolved.level === 'off') return new InertTracker('no verdict: level is off')
  const failure = nativeFailure()
  if (failure !== null) {
    const inert = new InertTracker(`no verdict: ${failure.message}`, true)
    new ReportMoments(resolved, () => inert.print())
    return inert
  }
  started = new Tracker(resolved)
  latest = started
  return started
}

/** The tracker of this thread that was started last, running or stopped. */
function latestTracker() {
  return latest
}

module.exports = { start, latestTracker }
