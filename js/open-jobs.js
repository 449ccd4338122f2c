'use strict'

const MAX_LOOKED_UP = 1_024

/**
 * Puts the host's own job ids into a report, which knows jobs by number.
 * @param {any} report changed in place
 * @param {import('./watch').Watch} watch
 */
function nameOpenJobs(report, watch) {
  const ids = new Map()
  for (const scope of watch.open) {
    if (ids.size === MAX_LOOKED_UP) break
    ids.set(scope.id, scope.userId)
  }
  for (const job of report.openJobs) job.jobId = ids.get(job.jobId) ?? null
}

module.exports = { nameOpenJobs }
