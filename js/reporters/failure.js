'use strict'

const { renderText } = require('./text')
const { formatCount, formatDuration } = require('./format')

/** Errors of the jobs shown. */
const MAX_ERRORS = 3

/** @typedef {import('../index').Report} Report */

/** @param {Report} report @param {RegExp} words */
function hasNote(report, words) {
  return report.notes.some((note) => words.test(note))
}

/** What it would take to decide. @param {Report} report @param {any} options resolved @returns {string[]} */
function remedies(report, options) {
  const errors = Object.entries(report.jobErrors ?? {}).slice(0, MAX_ERRORS)
  const lines = errors.map(([text, count]) => `let the job succeed; it failed ${count} times with ${text}`)
  if (hasNote(report, /never ended/)) lines.push('let every job end: await or stub what it waits for')
  if (options.jobs !== null && hasNote(report, /^only .* looked at|may still turn out/))
    lines.push(`jobs: leave it out (20 to 5,000 by evidence), or give more than ${formatCount(options.jobs)}`)
  if (report.next?.reason === 'the time is up')
    lines.push(
      `timeoutMs: the check had ${formatDuration(options.timeoutMs)}; give more, and the test itself more than that`
    )
  if (hasNote(report, /^fake timers/))
    lines.push('real timers in this test (jest.useRealTimers(), vi.useRealTimers(), mock.timers.reset())')
  if (hasNote(report, /^a DOM environment/))
    lines.push('the environment node for this test file (@jest-environment node, @vitest-environment node)')
  return [...lines, 'allowInconclusive: true lets it pass as it is']
}

/**
 * Why a check did not pass: the report, and where it is inconclusive, what would decide it.
 * @param {Report} report
 * @param {any} options resolved
 */
function failureText(report, options) {
  const text = renderText(report)
  if (report.verdict !== 'inconclusive') return text
  const lines = remedies(report, options).map((line) => `   ${line}`)
  return [
    text,
    '',
    'Too little was seen to call it clean, so this fails. What would decide it:',
    ...lines
  ].join('\n')
}

module.exports = { failureText }
