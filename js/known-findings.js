'use strict'

/** Rows of information that the ledger shows at most (see MAX_ROWS in src/report/mod.rs). */
const MAX_ROWS = 100

/** @typedef {{ fingerprint: string, kind: string, description: string, job: string }} Finding */

/** @param {{ kind: string, description: string, job: string }} row @param {Finding} finding */
function isOf(row, { kind, description, job }) {
  return row.kind === kind && row.description === description && row.job === job
}

/**
 * Whether a report has no trace of a finding, be it as a leak, with another leak, as kept or as returned: what held it
 * died with its thread, and the same leak in the next thread is news.
 * @param {Finding} finding @param {import('./index').Report} report
 */
function isGone(finding, { leaks, kept, returned }) {
  // It may be among the rows that are not shown.
  if (kept.length >= MAX_ROWS || returned.length >= MAX_ROWS) return false
  const hasFingerprint = (/** @type {{ fingerprint: string }} */ row) =>
    row.fingerprint === finding.fingerprint
  return !(
    leaks.some((leak) => hasFingerprint(leak) || isOf(leak, finding)) ||
    leaks.some((leak) => leak.job === finding.job && leak.companions.includes(finding.description)) ||
    kept.some((row) => isOf(row, finding)) ||
    returned.some(hasFingerprint)
  )
}

module.exports = { isGone }
