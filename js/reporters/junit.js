'use strict'

const { painter } = require('./format')
const { leakLines, leakTitle } = require('./leak')
const { renderText } = require('./text')

/** @typedef {import('../index').Report} Report */
/** @typedef {import('../index').Leak} Leak */

/** What XML 1.0 cannot hold, not even escaped: control characters and halves of a pair. */
const NOT_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
/** Newlines and tabs of an attribute would be read back as spaces. */
const ENTITIES = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;'
}

/** @param {string} text */
function escapeText(text) {
  return text.replace(NOT_XML, '\uFFFD').replace(/[&<>\r]/g, (found) => ENTITIES[/** @type {'&'} */ (found)])
}

/** @param {Record<string, unknown>} attributes */
function attributesOf(attributes) {
  return Object.entries(attributes)
    .map(([name, value]) => {
      const text = String(value).replace(NOT_XML, '\uFFFD')
      return ` ${name}="${text.replace(/[&<>"\n\r\t]/g, (found) => ENTITIES[/** @type {'&'} */ (found)])}"`
    })
    .join('')
}

/** @param {string} name @param {Record<string, unknown>} attributes @param {string} [content] XML */
function element(name, attributes, content = '') {
  const start = `<${name}${attributesOf(attributes)}`
  return content === '' ? `${start}/>` : `${start}>${content}</${name}>`
}

/** What keeps one job name from passing. @param {Leak[]} leaks of it @param {Report} report */
function failure(leaks, report) {
  const [first] = leaks
  const message = leaks.length === 1 ? leakTitle(first) : `${leaks.length} leaks; ${leakTitle(first)}`
  const paint = painter(false)
  const lines = leaks.flatMap((leak, at) => leakLines(leak, at + 1, report.threads.length, paint))
  return element('failure', { type: 'leak', message }, escapeText(lines.join('\n')))
}

/** Too little evidence: an error, or skipped where it is allowed. @param {Report} report @param {boolean} isAllowed */
function inconclusive({ notes }, isAllowed) {
  if (isAllowed) return element('skipped', {}, escapeText(notes.join('\n')))
  const message = notes[0] ?? 'too little was seen'
  return element('error', { type: 'inconclusive', message }, escapeText(notes.join('\n')))
}

/**
 * JUnit's XML, in the form that Jenkins' schema describes: one test case for each job name, so that the same case passes
 * and fails from run to run.
 * @param {Report} report @param {import('./index').Surroundings} surroundings
 */
function render(report, { durationMs, allowInconclusive, reportedBy }) {
  const leaksOf = (/** @type {string} */ job) => report.leaks.filter((leak) => leak.job === job)
  const names = [...new Set([...report.jobs.map((job) => job.name), ...report.leaks.map((leak) => leak.job)])]
  if (names.length === 0) names.push(reportedBy)
  const isUndecided = report.verdict === 'inconclusive'
  const cases = names.map((name) => {
    const leaks = leaksOf(name)
    const outcome =
      leaks.length > 0 ? failure(leaks, report) : isUndecided ? inconclusive(report, allowInconclusive) : ''
    return element('testcase', { classname: reportedBy, name: `${name} leaves nothing behind` }, outcome)
  })
  const undecided = isUndecided ? names.length : 0
  const counts = {
    tests: names.length,
    failures: names.filter((name) => leaksOf(name).length > 0).length,
    errors: allowInconclusive ? 0 : undecided
  }
  const time = (durationMs / 1_000).toFixed(3)
  const properties = Object.entries(report.env).map(([name, value]) => element('property', { name, value }))
  const suite = [
    element('properties', {}, properties.join('')),
    ...cases,
    element('system-out', {}, escapeText(renderText(report)))
  ]
  const skipped = allowInconclusive ? undecided : 0
  const suites = element(
    'testsuites',
    { name: 'holdover', ...counts, time },
    `\n${element('testsuite', { name: reportedBy, ...counts, skipped, time }, `\n${suite.join('\n')}\n`)}\n`
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites}\n`
}

module.exports = { render }
