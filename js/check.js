'use strict'

const { performance } = require('node:perf_hooks')
const { CHECK, resolve, isOff, isJest, show } = require('./config')
const { HoldoverError, LeakError } = require('./errors')
const { openWatch, closeWatch, askReport, clock } = require('./engine')
const { MAX_DUE_WAIT_MS } = require('./pass')
const { storage } = require('./context')
const { collect, wait } = require('./collect')
const { MemoryLog } = require('./memory')
const { HeapGrowth, UnwatchedHeap } = require('./heap-growth')
const { memoryUsage, residentBytes } = require('./usage')
const { SourceLines } = require('./source')
const { FakeTimers } = require('./fake-timers')
const { UnseenTimers } = require('./unseen-timers')
const { CheckJobs } = require('./check-jobs')
const { isDom } = require('./realm')
const { unseenImports } = require('./imports')
const { failureText } = require('./reporters/failure')
const { readBaseline, baselineFacts, goneNotes } = require('./baseline')

/** Jobs between two looks, by how many were measured: small first, so that a leak shows early. */
const WINDOWS = [
  { upTo: 100, jobs: 10 },
  { upTo: 200, jobs: 20 },
  { upTo: 600, jobs: 100 }
]
const LAST_WINDOW = 400
/** A check ends at multiples of so many jobs, so that what it compares is alike. */
const STOP_AT_JOBS = 20
/** Beyond this, no thousands of jobs more are run to confirm a finding. */
const MAX_GROWTH_BYTES = 128 * 1024 * 1024
const MAX_HANDLES = 200
/** The same on a busy machine, where thousands of quick jobs take long: one-shot timers of the first ones would have fired. */
const MAX_CONFIRM_MS = 15_000
/** The first leftovers of a finding must be this old: some are released after seconds. */
const OUTLIVE_MS = 3_000
/** First wait of the settle, doubled each time (the way of uber-go/goleak). */
const FIRST_WAIT_MS = 5
/** Longest wait for one-shot timers of the warm-up, before jobs are measured. */
const MAX_WARMUP_WAIT_MS = 1_000
/** More hanging jobs than this end the check. */
const MAX_HANGING = 5

const DOM =
  'a DOM environment (jsdom, happy-dom) is on: its timers and event targets are not those of Node, and not seen'

const JEST_HEAP =
  'the heap is not looked at in Jest, whose console and mocks keep what every job tells them: leave `heap` out here, and use holdover check'

/** One check at a time in a thread: jobs of two could not be told apart outside their scopes. */
let busy = false

class Check {
  /** @param {any} options resolved; `name` set */
  constructor(options) {
    this.options = options
    // Before anything is watched: a damaged file is an error.
    this.baseline = readBaseline(options.baseline)
    this.startedAt = clock()
    this.deadline = this.startedAt + options.timeoutMs
    const { watch, notes } = openWatch({ mode: 'check', graceMs: options.graceMs })
    this.watch = watch
    this.notes = notes
    this.name = watch.jobs.nameOf(options.name)
    watch.jobs.unit = this.name
    this.measureFrom = this.startedAt
    this.usedFrom = usedMs()
    this.rssBefore = residentBytes()
    this.memory = new MemoryLog()
    this.heap = options.heap && !isJest() ? new HeapGrowth(watch) : new UnwatchedHeap()
    this.fakeTimers = new FakeTimers()
    this.unseenTimers = new UnseenTimers(watch.timers)
    this.jobs = new CheckJobs(watch, this.name, options.concurrency, this.deadline)
    this.waitedForTimers = false
  }

  get remainingMs() {
    return this.deadline - clock()
  }

  get measured() {
    return this.jobs.started - this.options.warmupJobs
  }

  /** @param {(i: number) => any} job @returns {Promise<any>} the report */
  async run(job) {
    this.heap.start()
    await this.runJobs(this.options.warmupJobs, job)
    this.heap.warmedUp(this.options.warmupJobs)
    await this.settleWarmup()
    this.watch.endWarmup()
    this.fakeTimers.endWarmup()
    this.unseenTimers.endWarmup()
    this.heap.start()
    this.measureFrom = clock()
    this.usedFrom = usedMs()
    for (;;) {
      if (this.mustStop) return this.finish()
      await this.runJobs(this.windowSize(), job)
      await this.settleBriefly()
      this.look()
      const report = this.mayStop ? await this.reportIfEnough() : null
      if (report !== null) return report
    }
  }

  /** @returns {Promise<any>} the report; null: more jobs are to be run */
  async reportIfEnough() {
    for (;;) {
      if ((await this.nextStep()) === 'more' && !this.mustStop) return null
      const report = await this.finish()
      if (report.next.action === 'enough' || this.mustStop) return report
    }
  }

  /** @param {number} count @param {(i: number) => any} job */
  runJobs(count, job) {
    return this.jobs.run(count, job, () => this.mustStop)
  }

  /** @returns {Promise<'more' | 'enough'>} whether more jobs are to be run; what is asked of the heap is done before */
  async nextStep() {
    for (;;) {
      const { action } = this.ask().next
      if (action === 'more' || action === 'enough') return action
      if (action === 'measure') this.heap.measure(this.measured)
      else await this.takeSnapshot()
    }
  }

  async takeSnapshot() {
    await this.settleBriefly()
    const usedBefore = usedMs()
    await this.heap.snapshot(this.measured, this.remainingMs)
    // Not the jobs' time: it must not make a check see fewer of them.
    this.usedFrom += usedMs() - usedBefore
  }

  get mayStop() {
    return this.mustStop || this.options.jobs !== null || this.measured % STOP_AT_JOBS === 0
  }

  get mustStop() {
    return this.remainingMs <= 0 || this.jobs.hanging > MAX_HANGING
  }

  /** Whether thousands of jobs more would do the process no harm, whatever each of them leaves behind. */
  get canAffordMore() {
    const handles = process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'Timeout' && name !== 'Immediate')
    const open = Math.max(handles.length, this.watch.openHandles)
    const grownBytes = residentBytes() - this.rssBefore - this.heap.tookBytes
    const isQuick = clock() - this.measureFrom < MAX_CONFIRM_MS
    return isQuick && open < MAX_HANDLES && grownBytes < MAX_GROWTH_BYTES && this.heap.canAffordMore
  }

  windowSize() {
    const { jobs } = this.options
    const window = WINDOWS.find(({ upTo }) => this.measured < upTo)?.jobs ?? LAST_WINDOW
    return jobs === null ? window : Math.min(window, jobs - this.measured)
  }

  /** What timers of warm-up jobs make belongs to the warm-up, also where it comes after the job. */
  async settleWarmup() {
    await this.settleBriefly()
    const dueMs = this.watch.dueWithin(Math.min(MAX_WARMUP_WAIT_MS, Math.max(0, this.remainingMs) / 2))
    if (dueMs === 0) return
    await wait(dueMs + FIRST_WAIT_MS)
    await this.settleBriefly()
  }

  async settleBriefly() {
    await storage.exit(collect, (/** @type {() => void} */ gc) => this.watch.files.collect(gc))
  }

  /** One pass; everything unreachable was collected just before. */
  look() {
    this.watch.dueCapMs = Math.min(MAX_DUE_WAIT_MS, Math.max(0, this.remainingMs) / 2)
    this.watch.passNow(true)
    this.fakeTimers.look()
    this.memory.noteMajor(memoryUsage().heapUsed)
    this.memory.sample(clock(), this.watch.jobs.ended)
  }

  /** Waits out the grace period while leftovers go on disappearing, then judges. */
  async finish() {
    await this.settle(this.options.graceMs)
    if (this.watch.dueMs > 0 && !this.waitedForTimers && this.remainingMs > this.watch.dueMs) {
      // One-shot timers that fire soon: what they hold is late, unless they arm themselves again.
      this.waitedForTimers = true
      await wait(this.watch.dueMs + FIRST_WAIT_MS)
      await this.settle(this.options.graceMs)
    }
    let report = this.ask()
    const youngMs = this.measureFrom + OUTLIVE_MS - clock()
    if (report.leaks.length > 0 && report.next.action === 'enough' && youngMs > 0) {
      await this.settle(youngMs)
      report = this.ask()
    }
    if (this.heap.awaitsConfirmation && report.next.action === 'enough' && this.remainingMs > 0) {
      // What grew may have been released meanwhile, or may have stopped growing.
      await this.takeSnapshot()
      report = this.ask()
    }
    new SourceLines(this.watch.originals).addTo(report)
    report.notes.push(...goneNotes(this.baseline, report, report.worker))
    return report
  }

  /** @param {number} forMs */
  async settle(forMs) {
    const until = clock() + Math.min(forMs, Math.max(0, this.remainingMs))
    for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
      await this.settleBriefly()
      this.look()
      const leftMs = until - clock()
      if (this.watch.survivors === 0 || leftMs <= 0) return
      await wait(Math.min(waitMs, leftMs))
    }
  }

  ask() {
    const now = clock()
    const { options, watch } = this
    const report = askReport(
      watch,
      {
        nowMs: Math.round(now),
        startedAtMs: Math.round(this.startedAt),
        worker: `check ${this.name.text}`,
        memory: this.memory.facts(now, watch.jobs.ended),
        self: { cpuShare: null, bytes: JSON.parse(watch.ledger.ledgerStats()).bytes, dropped: watch.dropped },
        notes: [...this.notes, ...this.fakeTimers.notes()],
        jobErrors: Object.fromEntries(this.jobs.errors.counts),
        ...baselineFacts(this.baseline),
        heap: this.heap.facts(this.name.text),
        check: {
          fixedJobs: options.jobs,
          hanging: this.jobs.hanging,
          elapsedMs: Math.round(now - this.measureFrom),
          usedMs: Math.round(usedMs() - this.usedFrom),
          canAffordMore: this.canAffordMore,
          budgetOver: this.mustStop,
          strict: options.strict,
          obstacles: [
            ...this.fakeTimers.obstacles(this.measured),
            ...(isDom() ? [DOM] : []),
            ...(options.heap && isJest() ? [JEST_HEAP] : []),
            ...unseenImports(),
            ...this.unseenTimers.obstacles(this.measured)
          ]
        }
      },
      true
    )
    this.heap.note(report)
    return report
  }
}

/**
 * Time this process had: waiting and working, but not what a busy machine kept it from running. Other load must not make
 * a check see fewer jobs.
 */
function usedMs() {
  const { user, system } = process.cpuUsage()
  return performance.eventLoopUtilization().idle + (user + system) / 1_000
}

/**
 * Opens a check: from here on everything is recorded, so what a module makes while it loads is seen too.
 * @param {any} options resolved; `name` set
 */
function openCheck(options) {
  if (busy) throw new HoldoverError('HOLDOVER_CHECK_BUSY')
  const opened = new Check(options)
  busy = true
  return {
    run: (/** @type {(i: number) => any} */ job) => opened.run(job),
    /** Whether an error that escaped says no more than that something was left open. */
    counts: (/** @type {any} */ error) => opened.watch.files.lostHandles.heard(error),
    close() {
      busy = false
      opened.heap.close()
      closeWatch(opened.watch)
    }
  }
}

/**
 * `{ jobs: 1, strict: true }` is one call, and anything it leaves counts: a warm-up would take the first leftovers out.
 * @param {any} resolved @param {any} options as given
 */
function isSingleCall({ jobs, strict }, options) {
  const isGiven = options?.warmupJobs !== undefined || process.env[CHECK.warmupJobs.env] !== undefined
  return strict && jobs === 1 && !isGiven
}

/**
 * Calls `job(i)` again and again and judges what it leaves behind.
 * @param {(i: number) => any} job
 * @param {object} [options]
 * @returns {Promise<any>} the report
 */
async function check(job, options) {
  if (typeof job !== 'function') {
    throw new HoldoverError('HOLDOVER_ARG', {
      where: 'check',
      what: 'job',
      expected: 'a function',
      got: show(job)
    })
  }
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where: 'check' })
  const resolved = resolve(CHECK, options)
  resolved.name ??= job.name || 'job'
  if (isSingleCall(resolved, options)) resolved.warmupJobs = 0
  const opened = openCheck(resolved)
  try {
    return await opened.run(job)
  } finally {
    opened.close()
  }
}

/**
 * `check`, then throws a LeakError whose message is the report, unless the verdict is clean.
 * @param {(i: number) => any} job
 * @param {any} [options]
 */
async function assertNoLeaks(job, options) {
  const report = await check(job, options)
  const resolved = resolve(CHECK, options)
  if (report.verdict === 'leaks') throw new LeakError('HOLDOVER_LEAK', report, failureText(report, resolved))
  if (report.verdict === 'inconclusive' && !resolved.allowInconclusive) {
    throw new LeakError('HOLDOVER_INCONCLUSIVE', report, failureText(report, resolved))
  }
  return report
}

module.exports = { check, assertNoLeaks, openCheck }
