'use strict'

/**
 * One production worker of `npm run silence`: job modules, each at a steady rate, watched by holdover without any forced
 * collection. Whatever a report calls a leak at any moment counts.
 *
 *     node worker.js '{ "workers": [{ "file": …, "name": … }], "seconds": 60, "rate": 200, "burst": 1, "graceMs": 2000 }'
 *
 * Prints one JSON object.
 */

const { pathToFileURL } = require('node:url')
const holdover = require('../../js/index')

/** Reports are taken more often than passes are made, so that no verdict goes by unseen. */
const REPORT_EVERY_MS = 500
const TICK_MS = 5
/** Jobs started in one turn after the machine kept the worker waiting. */
const MAX_CATCH_UP = 50

const { workers, seconds, rate, burst, graceMs } = JSON.parse(process.argv[2])
const nothing = () => {}
const silent = { info: nothing, warn: nothing, error: nothing }

/** Everything that was ever called a leak. */
class Alarms {
  constructor() {
    this.startedAt = Date.now()
    this.byFingerprint = new Map()
    this.reports = 0
  }

  /** @param {any} report */
  take(report) {
    this.reports++
    for (const leak of report.leaks) {
      const known = this.byFingerprint.get(leak.fingerprint)
      if (known === undefined) {
        const afterMs = Date.now() - this.startedAt
        this.byFingerprint.set(leak.fingerprint, { ...brief(leak), afterMs, sureAfterMs: null })
      } else if (leak.certainty === 'sure' && known.sureAfterMs === null) {
        known.certainty = 'sure'
        known.sureAfterMs = Date.now() - this.startedAt
      }
    }
  }
}

/** @param {any} leak */
function brief({ kind, description, job, perJob, certainty, onlyWhenFailing, site, calledFrom }) {
  return { kind, description, job, perJob, certainty, onlyWhenFailing, place: calledFrom ?? site }
}

/** @param {{ file: string, name: string }} worker */
async function open({ file, name }) {
  const namespace = await import(pathToFileURL(file).href)
  const pick = (key) => namespace[key] ?? namespace.default?.[key]
  const ctx = await pick('setup')?.()
  const job = pick('job')
  return holdover.wrapJob(name, async (i) => job(ctx, i))
}

/** Starts jobs by the clock, whether those before have ended or not. @param {(i: number) => Promise<any>} job */
function runAtRate(job) {
  const startedAt = Date.now()
  let started = 0
  return new Promise((resolve) => {
    const tick = () => {
      const elapsedMs = Date.now() - startedAt
      if (elapsedMs >= seconds * 1_000) {
        clearInterval(timer)
        resolve(undefined)
        return
      }
      const due = Math.floor((elapsedMs * rate) / 1_000 / burst) * burst - started
      for (let n = Math.min(due, Math.max(burst, MAX_CATCH_UP)); n > 0; n--) job(started++).catch(nothing)
    }
    const timer = setInterval(tick, TICK_MS)
  })
}

async function main() {
  const options = graceMs === null ? {} : { graceMs }
  const tracker = holdover.start({
    name: workers[0].name,
    ...options,
    report: { everyMs: REPORT_EVERY_MS, logger: silent }
  })
  const alarms = new Alarms()
  tracker.on('report', (report) => alarms.take(report))
  const jobs = await Promise.all(workers.map(open))
  await Promise.all(jobs.map(runAtRate))
  const report = tracker.report()
  alarms.take(report)
  const { user, system } = process.cpuUsage()
  const result = {
    jobs: report.jobs.reduce((sum, one) => sum + one.completed + one.failed, 0),
    reports: alarms.reports,
    alarms: [...alarms.byFingerprint.values()],
    leaks: report.leaks.map(brief),
    kept: report.kept.map(({ description, count, reason }) => `${count} ${description}: ${reason}`),
    verdict: report.verdict,
    notes: report.notes,
    cpuSeconds: (user + system) / 1e6,
    ownCpuShare: report.self.cpuShare
  }
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}

main().catch((error) => {
  console.error(error)
  process.exit(2)
})
