'use strict'

const { threadId } = require('node:worker_threads')
const { version } = require('../package.json')
const { native } = require('./native')
const { installHooks, uninstallHooks } = require('./hooks')
const { probeInternals, describeFallbacks } = require('./hooks/internals')
const { Watch } = require('./watch')
const { addLiveJobs } = require('./live-jobs')

/**
 * Milliseconds since the epoch. Taken at load, since runners replace it by a fake clock; half the price of
 * `performance.now()`, and it is read twice a job.
 */
const clock = Date.now

/**
 * The runs of this thread; the last one records. A check inside a started worker takes over and gives back.
 * @type {Watch[]}
 */
const running = []

/** The run that records now, or null. */
function activeWatch() {
  const watch = running.length === 0 ? null : running[running.length - 1]
  return watch === null || watch.paused ? null : watch
}

/** Points the hooks at the run that records now, or takes them off. */
function routeHooks() {
  const watch = activeWatch()
  if (watch === null) uninstallHooks()
  else installHooks(watch.recorder)
}

/** Level off and back. @param {Watch} watch @param {boolean} paused */
function pauseWatch(watch, paused) {
  watch.paused = paused
  routeHooks()
}

/**
 * Opens a run in the ledger and points the hooks at it.
 * @param {object} options
 * @param {'production' | 'check'} options.mode
 * @param {number} options.graceMs
 */
function openWatch({ mode, graceMs }) {
  const ledger = native()
  const internals = probeInternals(process.env.HOLDOVER_PRIVATE_FIELDS !== 'off')
  const run = ledger.openRun(JSON.stringify({ mode, graceMs }))
  const watch = new Watch({ ledger, run, thread: threadId, mode, graceMs, internals, now: clock })
  // A worker module that calls start() while it is checked must not take the hooks from the check.
  if (mode === 'production') running.unshift(watch)
  else running.push(watch)
  routeHooks()
  return { watch, notes: describeFallbacks(internals) }
}

/** Ends a run: the hooks go back to the run before it, or off when it was the last. @param {Watch} watch */
function closeWatch(watch) {
  const at = running.indexOf(watch)
  if (at === -1) return
  running.splice(at, 1)
  routeHooks()
  watch.ledger.closeRun(watch.run)
}

/** What the report says about where it was made. */
function environment() {
  return { holdover: version, node: process.version, platform: `${process.platform}-${process.arch}` }
}

/** What source maps say about the places that the report may show. @param {Watch} watch */
function originalSites(watch) {
  try {
    const ids = watch.ledger.runSites(watch.run)
    watch.originals.learn(ids)
    return { sites: watch.originals.shown(ids), notes: watch.originals.notes(ids) }
  } catch {
    // Whatever a map holds, there is a report.
    watch.faults++
    return { sites: {}, notes: [] }
  }
}

/**
 * Asks the ledger for the report of a run.
 * @param {Watch} watch
 * @param {{ notes: string[] } & Record<string, any>} facts see src/report
 * @param {boolean} hasPlaces whether source maps may be read for them
 * @returns {any}
 */
function askReport(watch, facts, hasPlaces) {
  const { sites, notes } = hasPlaces ? originalSites(watch) : { sites: {}, notes: [] }
  const all = { ...facts, notes: [...facts.notes, ...notes], sites, env: environment() }
  const report = JSON.parse(watch.ledger.report(watch.run, JSON.stringify(all)))
  addLiveJobs(report, watch)
  return report
}

module.exports = { activeWatch, openWatch, pauseWatch, closeWatch, askReport, environment, clock }
