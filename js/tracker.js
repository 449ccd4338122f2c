'use strict'

const { EventEmitter } = require('node:events')
const originals = require('./originals')
const { storage } = require('./context')
const { START, resolve, isOff, show } = require('./config')
const { HoldoverError } = require('./errors')
const { nativeFailure } = require('./native')
const { openWatch, pauseWatch, closeWatch, askReport, environment, clock } = require('./engine')
const { watchMajorCollections } = require('./signals/gc')
const { Budget } = require('./budget')
const { PassRunner } = require('./pass-runner')
const { MemoryLog } = require('./memory')
const { ConsoleReporter } = require('./reporters/console')
const { SourceLines } = require('./source')
const { forgetOldest } = require('./bounded')

/** A pass follows this many times in a grace period, so that a rate is at most a third of it behind. */
const PASSES_PER_GRACE = 3
const MIN_PASS_EVERY_MS = 50
const MAX_PASS_EVERY_MS = 10_000
const PRESSURE_SECONDS = 600
/** Findings remembered as announced; one that is forgotten is announced again. */
const MAX_ANNOUNCED = 1_024

/**
 * One started worker thread: wiring only. Hooks feed the watch, passes feed the ledger, the ledger
 * gives reports, reports go to the console and to whoever asked.
 */
class Tracker {
  /** @param {any} options resolved */
  constructor(options) {
    this.options = options
    this.startedAt = clock()
    this.events = new EventEmitter()
    this.memory = new MemoryLog()
    this.reporter = new ConsoleReporter({
      logger: options['report.logger'],
      format: options['report.format']
    })
    const { watch, notes } = openWatch({ mode: 'production', graceMs: options.graceMs })
    this.watch = watch
    this.sources = new SourceLines(watch.originals)
    this.notes = notes
    this.current = options.level
    this.budget = new Budget(options.budget, this.startedAt)
    this.passes = new PassRunner(watch, this.budget, () => this.afterPass())
    /** @type {Set<string>} */
    this.announced = new Set()
    this.setLevel(options.level)
    /** @type {(() => void) | null} */
    this.stopGc = null
    this.startTimers()
  }

  startTimers() {
    const passEveryMs = Math.min(
      MAX_PASS_EVERY_MS,
      Math.max(MIN_PASS_EVERY_MS, this.options.graceMs / PASSES_PER_GRACE)
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
    this.watch.sampling.enabled = level === 'sites' || level === 'full'
    pauseWatch(this.watch, level === 'off')
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
    this.memory.sample(now, this.watch.jobs.ended)
    if (!this.watch.sampling.enabled || !this.budget.isOver(now, this.watch.sites.capturedMs)) return
    const percent = this.options.budget * 100
    const note = `level stepped down to counts: holdover was over its budget of ${percent} % of a CPU`
    if (!this.notes.includes(note)) this.notes.push(note)
    this.setLevel('counts')
  }

  /** What passes, stacks and reports took so far, as a share of the time since the start. */
  get cpuShare() {
    return (this.budget.spentMs + this.watch.sites.capturedMs) / Math.max(1, clock() - this.startedAt)
  }

  /** A report as of the last pass. @param {{ hasPlaces: boolean }} [options] @returns {any} */
  ask({ hasPlaces } = { hasPlaces: true }) {
    return this.budget.meter(() => {
      const now = clock()
      const { watch } = this
      const report = askReport(
        watch,
        {
          nowMs: Math.round(now),
          startedAtMs: Math.round(this.startedAt),
          worker: this.options.name,
          memory: this.memory.facts(now, watch.jobs.ended),
          self: {
            cpuShare: this.cpuShare,
            bytes: JSON.parse(watch.ledger.ledgerStats()).bytes,
            dropped: { ...watch.dropped, logger: this.reporter.faults }
          },
          notes: [...this.notes, ...foldedNotes(watch.jobs)],
          check: null
        },
        hasPlaces
      )
      if (hasPlaces) this.sources.addTo(report)
      return report
    })
  }

  /** What each job holds now, with a fresh look at everything. */
  report() {
    if (!this.watch.paused) {
      this.passes.cancel()
      this.budget.meter(() => this.watch.passNow(false))
    }
    return this.ask()
  }

  /** Prints the whole report now. */
  print() {
    this.reporter.print(this.report())
  }

  tick() {
    try {
      const report = this.ask()
      this.reporter.report(report, clock())
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
      this.announced.add(leak.fingerprint)
      forgetOldest(this.announced, MAX_ANNOUNCED)
      this.events.emit('leak', leak)
    }
    for (const gone of report.returned)
      if (this.announced.delete(gone.fingerprint)) this.events.emit('returned', gone)
    if (isPressed(report)) this.events.emit('pressure', report.memory)
  }

  /** @param {string} event @param {(...args: any[]) => void} listener */
  on(event, listener) {
    this.events.on(event, listener)
    return this
  }

  /** Whether to let this process go after the current job: leaking, and near its limit. */
  shouldRecycle() {
    // May be asked after each job: no file is read for it.
    const report = this.ask({ hasPlaces: false })
    return report.verdict === 'leaks' && isPressed(report)
  }

  /** Undoes every hook, stops every timer and forgets the run. */
  stop() {
    if (started !== this) return
    started = null
    originals.clearInterval(/** @type {any} */ (this.passTimer))
    if (this.reportTimer) originals.clearInterval(/** @type {any} */ (this.reportTimer))
    this.stopGc?.()
    this.passes.cancel()
    closeWatch(this.watch)
  }
}

/** @param {import('./job-book').JobBook} jobs */
function foldedNotes({ foldedNames }) {
  return foldedNames === 0
    ? []
    : [`${foldedNames} job names look like ids and were folded: pass { name, id } instead`]
}

/** @param {any} report */
function isPressed(report) {
  const { secondsToLimit } = report.memory
  return secondsToLimit !== null && secondsToLimit < PRESSURE_SECONDS
}

/** What `start` returns where nothing is watched: the same methods, and a report that says why. */
class InertTracker {
  /** @param {string} note */
  constructor(note) {
    this.note = note
    this.level = 'off'
  }

  setLevel() {}

  on() {
    return this
  }

  report() {
    const usage = process.memoryUsage()
    return {
      schemaVersion: 1,
      worker: '',
      mode: 'production',
      verdict: 'inconclusive',
      leaks: [],
      kept: [],
      returned: [],
      openJobs: [],
      jobs: [],
      memory: {
        heapUsedBytes: usage.heapUsed,
        afterGcBytes: null,
        externalBytes: usage.external,
        arrayBuffersBytes: usage.arrayBuffers,
        rssBytes: usage.rss,
        limitBytes: null,
        secondsToLimit: null,
        slopes: {
          heapUsedBytesPerJob: null,
          afterGcBytesPerJob: null,
          externalBytesPerJob: null,
          arrayBuffersBytesPerJob: null,
          rssBytesPerJob: null,
          rssBytesPerMin: null
        }
      },
      self: { cpuShare: 0, bytes: 0, dropped: {} },
      notes: [this.note],
      env: environment()
    }
  }

  print() {
    console.warn(`holdover ${this.note}`)
  }

  shouldRecycle() {
    return false
  }

  stop() {}
}

/** @type {Tracker | null} the tracker of this thread */
let started = null

/**
 * Starts watching this thread's jobs. Calling it again returns the running tracker.
 * @param {object} [options] see docs/configuration.md
 */
function start(options) {
  if (started !== null) return started
  if (isOff()) return new InertTracker('no verdict: HOLDOVER=off')
  const resolved = resolve(START, options)
  if (resolved.level === 'off') return new InertTracker('no verdict: level is off')
  const failure = nativeFailure()
  if (failure !== null) return new InertTracker(`no verdict: ${failure.message}`)
  started = new Tracker(resolved)
  return started
}

module.exports = { start }
