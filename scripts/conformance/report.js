'use strict'

/**
 * What a run has shown, in words: a table, the regressions, what is expected and why, and what was not shown.
 */

const { emptyTally, addTally } = require('./run')
const { BARE, placeOf, isCounted } = require('./modes')

/** Lines of a regression's output that are printed. */
const SHOWN_LINES = 14

/**
 * @param {import('./suite').SuiteTest[]} tests @param {import('./run').Mode[]} modes
 * @param {import('../conformance').Outcomes} outcomes @param {import('../conformance').Regression[]} regressions @param {Record<string, string>} exceptions
 * @returns {boolean} whether holdover passes
 */
function report(tests, modes, outcomes, regressions, exceptions) {
  const confirmed = regressions.filter((each) => each.state === 'confirmed')
  const rows = modes.map((mode) => rowOf(mode, outcomes, confirmed))
  const head = ['', 'pass', 'fail', 'skip', 'regressions', 'recorded', 'seen', 'passes', 'files with 0']
  printTable([head, ...rows.map((row) => row.cells)])

  const counted = confirmed.filter(({ test }) => exceptions[test.name] === undefined)
  for (const each of counted) printRegression(each)
  printList(
    'expected differences (scripts/conformance/exceptions.json)',
    [...new Set(confirmed.map(({ test }) => test.name))]
      .filter((name) => exceptions[name] !== undefined)
      .map((name) => {
        const labels = confirmed.filter(({ test }) => test.name === name).map(({ mode }) => mode.label)
        return `${name} (${labels.join('; ')}): ${exceptions[name]}`
      })
  )
  printList(
    'not counted: did not fail each time when run again alone',
    regressions
      .filter(({ state }) => state === 'flaky')
      .map(({ test, mode, outcome }) => `${test.name} (${mode.label}): ${outcome.reason}`)
  )
  printList(
    'fail without holdover',
    tests.filter(({ name }) => outcomes.get(BARE)?.get(name)?.result === 'fail').map(({ name }) => name)
  )
  for (const { mode, faulty, empty, inert } of rows) {
    printList(`errors that holdover swallowed (${mode.label})`, faulty)
    printList(`holdover did not start (${mode.label})`, inert)
    if (placeOf(mode) !== 'outside') printList(`nothing recorded (${mode.label})`, empty)
  }
  return verdict(rows, counted)
}

/** @param {import('./run').Mode} mode @param {import('../conformance').Outcomes} outcomes @param {import('../conformance').Regression[]} confirmed */
function rowOf(mode, outcomes, confirmed) {
  const all = [.../** @type {Map<string, any>} */ (outcomes.get(mode))]
  const total = all.reduce((sum, [, { tally }]) => addTally(sum, tally), emptyTally())
  const counts = ['pass', 'fail', 'skip'].map(
    (word) => all.filter(([, { result }]) => result === word).length
  )
  const where = (/** @type {(outcome: any) => boolean} */ accepts) =>
    all.filter(([, outcome]) => accepts(outcome)).map(([name]) => name)
  const hasCounts = isCounted(mode)
  const empty = hasCounts ? where(({ result, tally }) => result !== 'skip' && tally.recorded === 0) : []
  return {
    mode,
    total,
    empty,
    faulty: where(({ tally }) => tally.faults > 0),
    inert: where(({ tally }) => tally.inert > 0),
    cells: [
      mode.label,
      ...counts,
      mode === BARE ? '' : confirmed.filter((each) => each.mode === mode).length,
      ...(hasCounts ? [total.recorded, total.seen, total.passes, empty.length] : ['', '', '', ''])
    ].map(String)
  }
}

/** A run in which the job covered little has shown nothing. @param {ReturnType<typeof rowOf>[]} rows @param {import('../conformance').Regression[]} counted */
function verdict(rows, counted) {
  const hollow = rows.filter(
    ({ mode, total }) => isCounted(mode) && placeOf(mode) !== 'outside' && total.recorded === 0
  )
  for (const { mode } of hollow) print(`\nNothing was recorded ${mode.label}: the run shows nothing.`)
  const isGood = counted.length === 0 && hollow.length === 0
  print(isGood ? '\nNo regression.' : `\n${counted.length} regressions.`)
  return isGood
}

/** @param {import('../conformance').Regression} regression */
function printRegression({ test, mode, outcome, also }) {
  print(
    `\nREGRESSION ${test.name}, ${mode.label}: ${outcome.reason}${also === '' ? '' : ` (fails with ${also} too)`}`
  )
  const lines = outcome.output.trimEnd().split('\n')
  const at = lines.findIndex((line) => /^\S*(Error|Exception|Fatal)\b/.test(line))
  for (const line of lines
    .slice(Math.max(0, at < 0 ? lines.length - SHOWN_LINES : at - 4))
    .slice(0, SHOWN_LINES))
    print(`    ${line}`)
}

/** @param {string} title @param {string[]} names */
function printList(title, names) {
  if (names.length > 0) print(`\n${title}: ${names.length}\n${names.map((name) => `  ${name}`).join('\n')}`)
}

/** @param {string[][]} rows */
function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
  print(`\n${rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')}`)
}

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`)
}

/**
 * @param {string} version of Node @param {import('./run').Mode[]} modes @param {import('../conformance').Outcomes} outcomes
 * @returns {string} JSON: for each test, in each way, how it ended, what a job owned and what the hooks saw
 */
function recordedPerFile(version, modes, outcomes) {
  const cell = (/** @type {import('./run').Mode} */ mode, /** @type {string} */ name) => {
    const outcome = outcomes.get(mode)?.get(name)
    const counts = { recorded: outcome?.tally.recorded, seen: outcome?.tally.seen }
    return { result: outcome?.result, ...(isCounted(mode) ? counts : {}) }
  }
  const names = [...(outcomes.get(BARE)?.keys() ?? [])].sort()
  const files = names.map((name) => [
    name,
    Object.fromEntries(modes.map((mode) => [mode.label, cell(mode, name)]))
  ])
  return `${JSON.stringify({ node: version, files: Object.fromEntries(files) }, null, 1)}\n`
}

module.exports = { report, recordedPerFile }
