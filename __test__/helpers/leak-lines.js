'use strict'

/** Leaks of a report, and what the markers of a fixture expect, as the same lines of text. */

const path = require('node:path')

/** One leak as a line of text, so that a difference reads well. */
const line = (leak) => {
  const { file, line: number } = leak.calledFrom ?? leak.site ?? { file: '(unknown)', line: 0 }
  const job = leak.job === '(between jobs)' ? ' between jobs' : ''
  const failing = leak.onlyWhenFailing ? ' only when failing' : ''
  return `${leak.kind} ${path.basename(file)}:${number} ${leak.perJob} per job${job}${failing}`
}

/** The same, with the expected rate where that is near enough. */
const lineFor = (expected) => (leak) => {
  const { file, line: number } = leak.calledFrom ?? leak.site ?? { file: null, line: 0 }
  const near = expected.find((one) => one.tolerance > 0 && one.file === file && one.line === number)
  const isNear = near && Math.abs(leak.perJob - near.perJob) <= near.tolerance * near.perJob
  return line(isNear ? { ...leak, perJob: near.perJob } : leak)
}

const expectedLine = ({ kind, file, line: number, perJob, job, onlyWhenFailing }) =>
  line({ kind, site: { file, line: number }, perJob, job, onlyWhenFailing })

module.exports = { line, lineFor, expectedLine }
