'use strict'

const { formatDuration } = require('./format')
const { holderWords, jobsWords, leakTitle, ownerWords, pointOf } = require('./leak')
const { repositoryPath } = require('../paths')

/** @typedef {import('../index').Report} Report */
/** @typedef {import('./index').Surroundings} Surroundings */

/** The message of a workflow command. @param {string} text */
function escapeData(text) {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
}

/** One of its properties, which end at a comma, and all of them at a colon. @param {string} text */
function escapeProperty(text) {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C')
}

/**
 * @param {'error' | 'warning'} level
 * @param {string} title
 * @param {string} message
 * @param {{ file: string | null, line: number, column: number } | null} [site]
 * @param {string} [root]
 */
function command(level, title, message, site = null, root = '') {
  const file = site?.file ? repositoryPath(site.file, root) : null
  const place = file === null ? {} : { file, line: site?.line, col: site?.column }
  const properties = Object.entries({ ...place, title })
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(',')
  return `::${level} ${properties}::${escapeData(message)}`
}

/** @param {import('../index').Leak} leak @param {string} root */
function leakCommand(leak, root) {
  const at = leak.calledFrom ? leak.site : null
  const lines = [
    `${leak.certainty}, ${ownerWords(leak.owner)}, left by ${jobsWords(leak)}`,
    ...(at?.file ? [`created at ${repositoryPath(at.file, root) ?? at.file}:${at.line}`] : []),
    ...(leak.holder ? [`on: ${holderWords(leak.holder)}`] : []),
    ...(leak.onlyWhenFailing
      ? ['it stays only when the job fails: the cleanup is not in a finally block']
      : []),
    `fix: ${leak.fix}`,
    `id ${leak.fingerprint}`
  ]
  return command('error', `holdover: ${leakTitle(leak)}`, lines.join('\n'), pointOf(leak), root)
}

/**
 * Workflow commands of GitHub Actions, which become annotations: one for each leak on its line, one for each job that
 * hangs, and one where there is no verdict.
 * @param {Report} report @param {Surroundings} surroundings
 */
function render(report, { root, allowInconclusive }) {
  const stuck = report.openJobs.filter((job) => job.stuck)
  const lines = [
    ...report.leaks.map((leak) => leakCommand(leak, root)),
    ...stuck.map((job) => {
      const message = `open for ${formatDuration(job.openForMs)}, far longer than its peers`
      return command('warning', `holdover: ${job.job} is stuck`, message, job.lastSite, root)
    }),
    ...(report.verdict === 'inconclusive'
      ? [
          command(
            allowInconclusive ? 'warning' : 'error',
            `holdover: ${report.worker} is inconclusive`,
            report.notes.join('\n')
          )
        ]
      : [])
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Where there is not even a report. @param {string} message */
function renderError(message) {
  return `${command('error', 'holdover', message)}\n`
}

module.exports = { render, renderError }
