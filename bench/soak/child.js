'use strict'

/**
 * One scenario in a process of its own, with or without holdover; prints its measurements as one line of JSON.
 *
 *     node --expose-gc bench/soak/child.js SCENARIO VARIANT SCALE
 */

const { AsyncLocalStorage } = require('node:async_hooks')
const { monitorEventLoopDelay, performance, PerformanceObserver } = require('node:perf_hooks')
const { scenarios } = require('./scenarios')

/** Looks at the heap along the way, each after a forced collection. */
const SAMPLES = 12

const turn = () => new Promise((resolve) => setImmediate(resolve))
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Collects twice: what a finalizer or a WeakRef of this turn still shows is gone the second time. */
async function heapAfterCollection() {
  for (let i = 0; i < 2; i++) {
    await turn()
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** What a scenario is given: ways to start a job, the size, and a notebook. */
class Host {
  /** @param {string} variant @param {number} scale @param {any} scenario */
  constructor(variant, scale, scenario) {
    this.variant = variant
    this.scale = scale
    this.samples = []
    this.figures = {}
    this.heldCount = 0
    this.turn = turn
    this.sleep = sleep
    this.tracker = null
    this.slices = { count: 0, totalMs: 0, longestMs: 0 }
    this.loopDelayMs = { p99: 0, max: 0 }
    this.longestGcMs = 0
    this.run = this.starter(scenario)
  }

  /** @param {any} scenario */
  starter({ graceMs = 1_000 }) {
    if (this.variant === 'bare') {
      const storage = new AsyncLocalStorage()
      let id = 0
      return (_name, fn) => storage.run({ id: ++id }, fn)
    }
    const { start, runJob } = require('../../js')
    const logger = { info() {}, warn() {}, error() {} }
    this.tracker = start({ level: this.variant, graceMs, report: { everyMs: 1_000, logger } })
    this.timeSlices(this.tracker.passes)
    return runJob
  }

  /** Our own passes block the loop slice by slice: how often, how long. @param {any} runner */
  timeSlices(runner) {
    const work = runner.work.bind(runner)
    runner.work = (/** @type {any} */ current) => {
      const before = { atMs: performance.now(), cpuMs: cpuMs() }
      const isDone = work(current)
      // On a busy machine the clock counts others' work as ours, and CPU time counts V8's helper threads.
      const tookMs = Math.min(performance.now() - before.atMs, cpuMs() - before.cpuMs)
      this.slices.count++
      this.slices.totalMs += tookMs
      this.slices.longestMs = Math.max(this.slices.longestMs, tookMs)
      return isDone
    }
  }

  /** A number of things, scaled; never below `least`. @param {number} full @param {number} [least] */
  count(full, least = 1_000) {
    return Math.max(Math.min(full, least), Math.round(full * this.scale))
  }

  /** Calls `step(i)` `total` times, with a turn of the loop every `perTurn` and samples along the way. */
  async repeat(total, perTurn, step) {
    const sampleEvery = Math.ceil(total / SAMPLES)
    let nextSample = sampleEvery
    for (let i = 0; i < total; i += perTurn) {
      for (let j = i; j < Math.min(total, i + perTurn); j++) step(j)
      await turn()
      if (i + perTurn < nextSample) continue
      nextSample += sampleEvery
      await this.sample(Math.min(total, i + perTurn))
    }
  }

  /** @param {number} done */
  async sample(done) {
    const heapBytes = await heapAfterCollection()
    this.samples.push({ done, heapBytes, rssBytes: process.memoryUsage().rss })
  }

  /** Something this scenario must show in its report. @param {string} name @param {any} value */
  note(name, value) {
    this.figures[name] = value
  }

  /** Time in which the program itself does nothing: what stops the loop then is holdover, or V8. @param {number} ms */
  async rest(ms) {
    const collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.longestGcMs = Math.max(this.longestGcMs, duration)
    })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    collections.observe({ entryTypes: ['gc'] })
    delay.enable()
    await sleep(ms)
    delay.disable()
    collections.disconnect()
    this.loopDelayMs = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
  }

  /** Passes until one has seen everything there is now. */
  async settle() {
    if (this.tracker === null) return
    await sleep(this.tracker.watch.graceMs * 1.2)
    this.tracker.report()
  }
}

/** @param {Host} host */
function holdoverFigures({ tracker, slices }) {
  if (tracker === null) return null
  const report = tracker.report()
  return {
    ...report.self,
    passes: tracker.watch.passes,
    passCpuMs: tracker.budget.spentMs,
    siteMs: tracker.watch.sites.capturedMs,
    slices,
    survivors: tracker.watch.survivors,
    level: tracker.level,
    verdict: report.verdict,
    notes: report.notes
  }
}

async function main([name, variant, scale]) {
  const scenario = scenarios[name]
  const startHeapBytes = await heapAfterCollection()
  const host = new Host(variant, Number(scale), scenario)
  const ownHeapBytes = await heapAfterCollection()
  const before = { atMs: performance.now(), cpuMs: cpuMs() }
  const keep = await scenario.run(host)
  const seconds = (performance.now() - before.atMs) / 1_000
  const spentCpuMs = cpuMs() - before.cpuMs
  const endHeapBytes = await heapAfterCollection()
  const result = {
    scenario: name,
    variant,
    scale: Number(scale),
    node: process.version,
    seconds,
    cpuMs: spentCpuMs,
    startHeapBytes,
    ownHeapBytes,
    endHeapBytes,
    peakRssBytes: process.resourceUsage().maxRSS * 1_024,
    loopDelayMs: host.loopDelayMs,
    longestGcMs: host.longestGcMs,
    heldCount: host.heldCount,
    samples: host.samples,
    figures: host.figures,
    holdover: holdoverFigures(host)
  }
  process.stdout.write(JSON.stringify(result), () => process.exit(keep === null ? 1 : 0))
}

main(process.argv.slice(2))
