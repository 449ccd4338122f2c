'use strict'

/** Results of scripts/quiet.js as a table, and where it stands in docs/silence.md. */

const path = require('node:path')
const { withWrittenPart } = require('../written-part')

const ROOT = path.join(__dirname, '..', '..')
const RESULTS = path.join(ROOT, 'bench', 'results', 'quiet.json')
const PAGE = path.join(ROOT, 'docs', 'silence.md')
const BEGIN = '<!-- Written by npm run quiet -- --record from bench/results/quiet.json. -->'

/** @type {Record<string, string>} */
const TITLES = {
  check: 'check, as it is',
  concurrency: 'check, eight jobs at a time',
  loaded: 'check, beside four busy loops',
  production: 'production, a worker for twelve modules'
}

const number = (/** @type {number} */ value) => value.toLocaleString('en')

/** @param {Record<string, any>} results by mode */
function quietTable(results) {
  const rows = Object.entries(results).map(([mode, one]) => {
    const runs = mode === 'production' ? `${one.runs} workers` : `${one.rounds} × ${one.modules}`
    const counts = [one.jobs, one.reports, one.sure, one.likely, one.undecided].map(number)
    const when = `${one.date}, Node ${one.node.slice(1)}, ${one.machine}, ${one.minutes} min`
    return `| ${[TITLES[mode], runs, ...counts, when].join(' | ')} |`
  })
  const head = '| | runs | jobs | reports | leaks, `sure` | leaks, `likely` | inconclusive | when |'
  return [head, '|---|---:|---:|---:|---:|---:|---:|---|', ...rows].join('\n')
}

/** @param {string} page as it is @param {Record<string, any>} results */
function quietPage(page, results) {
  const remarks = Object.entries(results).flatMap(([mode, one]) =>
    counted(one.remarks).map((text) => `* ${TITLES[mode]}: ${text}`)
  )
  const parts = [quietTable(results), ...(remarks.length === 0 ? [] : [remarks.join('\n')])]
  return withWrittenPart(page, BEGIN, parts.join('\n\n'))
}

/** Those of several rounds once, with how often. @param {string[]} remarks */
function counted(remarks) {
  /** @type {Map<string, number>} */
  const times = new Map()
  for (const text of [...remarks].sort()) times.set(text, (times.get(text) ?? 0) + 1)
  return [...times].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`))
}

module.exports = { RESULTS, PAGE, quietPage, quietTable }
