'use strict'

const { pathToFileURL } = require('node:url')
const { Watch } = require('../../js/watch')
const { installHooks, uninstallHooks } = require('../../js/hooks')
const { probeInternals } = require('../../js/hooks/internals')
const { runInJob } = require('../../js/scope')
const { native } = require('../../js/native')

/** As often as `start` makes passes. */
const PASSES_PER_GRACE = 3
/** Of the ledger: the main one. */
const THREAD = 0

/**
 * A production worker by a clock of its own: hooks, passes, ledger and verdict are the real ones, and a minute takes as
 * long as its jobs do. For job modules whose resources do not depend on the clock.
 * @param {{ file: string, habit: string }} worker
 * @param {{ jobs: number, jobsPerSecond: number, graceMs: number, hasMajors?: boolean }} pace hasMajors: as if one major
 *   collection ran before each look
 * @returns {Promise<{ alarms: any[], leaks: any[], returned: any[] }>} alarms: whatever any report called a leak; the rest
 *   is of the last one
 */
async function fastProduction({ file, habit }, { jobs, jobsPerSecond, graceMs, hasMajors = false }) {
  const ledger = native()
  const { run } = JSON.parse(ledger.joinRun(THREAD, JSON.stringify({ mode: 'production', graceMs })))
  let nowMs = 1
  const now = () => nowMs
  const internals = probeInternals()
  const watch = new Watch({ ledger, run, thread: THREAD, mode: 'production', graceMs, internals, now })
  const alarms = []
  const look = () => {
    watch.passNow(false)
    const { leaks, returned } = JSON.parse(ledger.report(run, JSON.stringify({ nowMs: Math.round(nowMs) })))
    for (const leak of leaks) leak.place = leak.calledFrom ?? leak.site
    alarms.push(...leaks)
    return { leaks, returned }
  }
  installHooks(watch.recorder)
  try {
    const module = await import(pathToFileURL(file).href)
    const ctx = await module.setup?.()
    let last = { leaks: [], returned: [] }
    let lookAt = graceMs / PASSES_PER_GRACE
    for (let i = 0; i < jobs; i++) {
      await runInJob(watch, habit, module.job, undefined, [ctx, i])
      nowMs += 1_000 / jobsPerSecond
      if (nowMs < lookAt) continue
      lookAt += graceMs / PASSES_PER_GRACE
      if (hasMajors) watch.jobs.noteMajor()
      last = look()
    }
    await module.teardown?.(ctx)
    return { alarms, ...last }
  } finally {
    uninstallHooks()
    ledger.leaveRun(run, THREAD, new Float64Array(0))
  }
}

module.exports = { fastProduction }
