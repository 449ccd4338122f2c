'use strict'

const { formatCount, formatDuration, formatNumberOf } = require('./format')
const { ownerWords, placeLines } = require('./leak')

const INDENT = '   '

/** The tests and hooks that made it. @param {{ scopes: string[], scopeCount: number }} found */
function scopeWords({ scopes, scopeCount }) {
  const more = scopeCount - scopes.length
  return scopes.join(', ') + (more > 0 ? ` and ${formatCount(more)} more` : '')
}

/** @param {any} found a group of js/guard/judge.js @param {number} number */
function findingLines(found, number) {
  const delay = found.heldMs === null ? '' : ` of ${formatDuration(found.heldMs)}`
  const what = found.count === 1 ? found.description : `${found.count} × ${found.description}`
  const whose = found.owner === 'unknown' ? '' : ` · ${ownerWords(found.owner)}`
  const lines = [
    `${String(number).padStart(2)} LEFT BEHIND${whose}   ${what}${delay}   by ${scopeWords(found)}`
  ]
  lines.push(...(found.site === null ? [`${INDENT}nobody saw it being made`] : placeLines(found)))
  if (found.holder !== null) lines.push(`${INDENT}on: ${holderWords(found.holder)}`)
  if (found.holdsProcess) lines.push(`${INDENT}it keeps the process from ending`)
  lines.push(`${INDENT}fix: ${found.fix}, in afterEach or a finally block`)
  return lines
}

/** @param {{ class: string, event: string, listenersNow: number }} holder */
function holderWords({ class: named, event, listenersNow }) {
  const what =
    named === 'process'
      ? 'process'
      : `${/^[AEIOU]/i.test(named) ? 'an' : 'a'} ${named || 'emitter'} that is older than the test`
  return `${what}, now ${formatNumberOf(listenersNow, 'listener')} on '${event}'`
}

/**
 * What the tests of a file have left behind.
 * @param {string} file @param {number} tests that ran @param {any[]} failures @param {string[]} notes
 */
function guardText(file, tests, failures, notes) {
  const things = formatNumberOf(
    failures.reduce((sum, { count }) => sum + count, 0),
    'thing'
  )
  const lines = [`holdover LEFT BEHIND ${file}: ${things}, after ${formatNumberOf(tests, 'test')}`, '']
  for (const [i, found] of failures.entries()) lines.push(...findingLines(found, i + 1), '')
  return [...lines, ...noteLines(notes)].join('\n').trimEnd()
}

/** @param {string[]} notes */
function noteLines(notes) {
  return notes.map((note) => ` note   ${note}`)
}

/** Information alone. @param {string} file @param {string[]} notes */
function notesText(file, notes) {
  return [`holdover ${file}: nothing that is proven to be left behind`, ...noteLines(notes)].join('\n')
}

module.exports = { guardText, notesText, scopeWords }
