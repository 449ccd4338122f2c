'use strict'

const { OUTCOME } = require('./job')

const MAX_LOOKED_UP = 1_024

/** Finished and open jobs as of now, by name. @param {import('./watch').Watch} watch */
function countJobs(watch) {
  return [...watch.jobs.names.values()]
    .map((job) => ({
      name: job.text,
      completed: job.measured(OUTCOME.completed),
      failed: job.measured(OUTCOME.failed),
      timedOut: job.measured(OUTCOME.timedOut),
      open: job.open
    }))
    .filter(({ completed, failed, timedOut, open }) => completed + failed + timedOut + open > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Puts into a report what only this side knows: job counts as of now (the ledger's are as of the grace
 * period, for the rates), and the host's own ids of open jobs, which the ledger knows by number.
 * @param {any} report changed in place
 * @param {import('./watch').Watch} watch
 */
function addLiveJobs(report, watch) {
  report.jobs = countJobs(watch)
  const ids = new Map()
  for (const scope of watch.jobs.open) {
    if (ids.size === MAX_LOOKED_UP) break
    ids.set(scope.id, scope.userId)
  }
  for (const job of report.openJobs) job.jobId = ids.get(job.jobId) ?? null
}

module.exports = { addLiveJobs }
