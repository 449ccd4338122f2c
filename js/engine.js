'use strict'

const { threadId } = require('node:worker_threads')
const { version } = require('../package.json')
const { native } = require('./native')
const { installHooks, uninstallHooks, enterRealm: extendHooks } = require('./hooks')
const { probeInternals, describeFallbacks } = require('./hooks/internals')
const { Watch } = require('./watch')
const { Tallies } = require('./tallies')
const { setRealm } = require('./realm')

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

/** Of the run that this thread shares with the others of the process. */
const tallies = new Tallies()
let hasEntered = false

/** The run that records now, or null. */
function activeWatch() {
  const watch = running.length === 0 ? null : running[running.length - 1]
  return watch === null || watch.paused ? null : watch
}

/** The wrappers stay between two runs, see `prepare`. */
let isPrepared = false

/** The suite guard of the test file at work: records whenever no run does. @type {import('./guard/recorder').GuardRecorder | null} */
let guard = null

/** Points the hooks at the run that records now, or takes them off. */
function routeHooks() {
  const watch = activeWatch()
  if (watch === null && !isPrepared) uninstallHooks()
  else installHooks(watch === null ? guard : watch.recorder)
  if (watch !== null) guard?.giveWay(watch.exact)
}

/** @param {import('./guard/recorder').GuardRecorder | null} next null: the test file is over */
function setGuard(next) {
  guard = next
  isPrepared = true
  routeHooks()
}

/**
 * For test runners: wraps now and for good, silent until a run begins. What a module takes for itself while it is loaded
 * (`const { setTimeout } = globalThis`, an import of a core module in Jest) is then seen later.
 */
function prepare() {
  isPrepared = true
  routeHooks()
}

/** holdover is used from another global object now, see realm.js. @param {object} global */
function enterRealm(global) {
  setRealm(global)
  extendHooks()
}

/** Level off and back. @param {Watch} watch @param {boolean} paused */
function pauseWatch(watch, paused) {
  watch.paused = paused
  routeHooks()
}

/** From here on the ledger learns when this thread ends. Before the first run, so that none is left behind. @param {any} ledger */
function enterThread(ledger) {
  if (hasEntered) return
  ledger.enterThread(threadId, tallies.words)
  hasEntered = true
}

/**
 * Joins a run of the ledger and points the hooks at it: a check is a run of its own, in production all threads of the
 * process share one, and what the first of them said holds for all.
 * @param {object} options
 * @param {'production' | 'check'} options.mode
 * @param {number} options.graceMs
 * @param {string} [options.name] of the worker
 * @param {boolean} [options.prints] whether this thread would print for all
 */
function openWatch({ mode, graceMs, name = '', prints = false }) {
  const ledger = native()
  const internals = probeInternals(process.env.HOLDOVER_PRIVATE_FIELDS !== 'off')
  const isShared = mode === 'production'
  enterThread(ledger)
  if (isShared) tallies.clear()
  const config = { mode, graceMs, name, prints, startedAtMs: Math.round(clock()) }
  const terms = JSON.parse(ledger.joinRun(threadId, JSON.stringify(config)))
  const watch = new Watch({
    ledger,
    run: terms.run,
    thread: threadId,
    mode,
    graceMs: terms.graceMs,
    internals,
    now: clock,
    tallies: isShared ? tallies : null
  })
  // A worker module that calls start() while it is checked must not take the hooks from the check.
  if (isShared) running.unshift(watch)
  else running.push(watch)
  routeHooks()
  return { watch, terms, notes: describeFallbacks(internals) }
}

/** Leaves a run: the hooks go back to the run before it, or off when it was the last. @param {Watch} watch */
function closeWatch(watch) {
  const at = running.indexOf(watch)
  if (at === -1) return
  running.splice(at, 1)
  routeHooks()
  watch.ledger.leaveRun(watch.run, watch.thread, watch.jobs.tallies?.words ?? new Float64Array(0))
  // The counters are the next run's from here on, and a job that is still open ends after it began.
  for (const job of watch.jobs.names.values()) job.finished = Array.from(job.finished)
}

/** What the report says about where it was made. */
function environment() {
  return { holdover: version, node: process.version, platform: `${process.platform}-${process.arch}` }
}

/** What source maps say about the places that the report may show. @param {Watch} watch */
function originalSites(watch) {
  try {
    const constructions = watch.constructions.facts
    const ids = watch.ledger.runSites(watch.run)
    const all = [...ids, ...constructions.map(({ site }) => site)]
    watch.originals.learn(all)
    return { sites: watch.originals.shown(all), notes: watch.originals.notes(ids), constructions }
  } catch {
    // Whatever a map holds, there is a report.
    watch.faults++
    return { sites: {}, notes: [], constructions: [] }
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
  const { notes, ...places } = hasPlaces ? originalSites(watch) : { notes: [] }
  const all = { ...facts, notes: [...facts.notes, ...notes], ...places, env: environment() }
  return JSON.parse(watch.ledger.report(watch.run, JSON.stringify(all)))
}

module.exports = {
  activeWatch,
  openWatch,
  pauseWatch,
  closeWatch,
  askReport,
  environment,
  prepare,
  setGuard,
  enterRealm,
  clock
}
