'use strict'

/**
 * Runs Node's own tests with and without holdover and names those that only fail with it: see docs/conformance.md.
 * The tests are not part of this repository: `--suite` names a checkout of Node's `test/` folder.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { SETS, selectTests } = require('./conformance/suite')
const { runTest, emptyTally, addTally } = require('./conformance/run')

const PRELOAD = path.join(__dirname, 'conformance', 'preload.js')
const CONTROL = path.join(__dirname, 'conformance', 'control.js')
const OWN_CODE = path.join(__dirname, '..', 'js') + path.sep
const EXCEPTIONS = path.join(__dirname, 'conformance', 'exceptions.json')

/** Preloads that tell what is not holdover's own doing. */
const CONTROLS = {
  empty: 'any preload',
  context: 'AsyncLocalStorage alone',
  collections: "any observer of 'gc' entries"
}

const LEVELS = ['counts', 'sites', 'full']
/** Runs alone, after all others, before a failure is called a regression. */
const CONFIRMATIONS = 2
/** Lines of a regression's output that are printed. */
const SHOWN_LINES = 14

const USAGE = `usage: node scripts/conformance.js --suite DIR [options]

  --suite DIR        the test/ folder of Node's repository
  --node PATH        the Node to test with; default: this one. Take the suite of the same version
  --filter GLOB      test names, or a set: ${Object.keys(SETS).join(', ')}; may be repeated; default: all sets
  --level LEVEL      ${LEVELS.join(', ')}; default: sites, and full where that differs
  --jobs N           tests at a time; default 2
  --timeout SECONDS  of one test; default 120
  --exceptions FILE  name to reason; default: scripts/conformance/exceptions.json
  --preload FILE     this instead of holdover: to try the gauge itself, or another tool
`

const OPTIONS = /** @type {const} */ ({
  suite: { type: 'string' },
  node: { type: 'string', default: process.execPath },
  filter: { type: 'string', multiple: true, default: Object.keys(SETS) },
  level: { type: 'string' },
  jobs: { type: 'string', default: '2' },
  timeout: { type: 'string', default: '120' },
  exceptions: { type: 'string', default: EXCEPTIONS },
  preload: { type: 'string' },
  help: { type: 'boolean', default: false }
})

/** The mode every other one is compared with. @type {import('./conformance/run').Mode} */
const BARE = { label: 'bare', preload: null, settings: {} }

/** @param {string[]} argv */
async function main(argv) {
  const options = readOptions(argv)
  if (options === null) return
  const tests = selectTests(options.suite, options.filters)
  if (tests.length === 0) return refuse(`no test in ${options.suite} matches ${options.filters.join(', ')}`)

  const { modes, notes } = modesOf(options)
  const version = spawnSync(options.node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  print(`holdover conformance: Node ${version}, ${tests.length} test files, ${modes.length} ways each`)
  for (const note of notes) print(note)

  // Short: the tests make sockets in it, whose paths have a limit of about 100 characters.
  const workFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'hoc-'))
  const host = { ...options, workFolder }
  try {
    const outcomes = await runAll(host, tests, modes)
    const regressions = await confirm(host, tests, modes, outcomes)
    process.exitCode = report(tests, modes, outcomes, regressions, options.exceptions) ? 0 : 1
  } finally {
    fs.rmSync(workFolder, { recursive: true, force: true })
  }
}

/** @param {string[]} argv */
function readOptions(argv) {
  let values
  try {
    values = parseArgs({ args: argv, options: OPTIONS }).values
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message)
  }
  if (values.help) {
    print(USAGE)
    return null
  }
  const jobs = Number(values.jobs)
  const timeoutMs = Number(values.timeout) * 1000
  if (values.suite === undefined) return refuse('--suite is missing')
  if (!fs.existsSync(path.join(values.suite, 'parallel')))
    return refuse(`${values.suite} has no parallel/ folder`)
  if (!Number.isInteger(jobs) || jobs < 1) return refuse('--jobs takes a whole number from 1')
  if (!(timeoutMs > 0)) return refuse('--timeout takes seconds')
  if (values.level !== undefined && !LEVELS.includes(values.level))
    return refuse(`--level takes ${LEVELS.join(', ')}`)
  return {
    suite: path.resolve(values.suite),
    node: values.node,
    filters: values.filter,
    level: values.level,
    jobs,
    timeoutMs,
    exceptions: JSON.parse(fs.readFileSync(values.exceptions, 'utf8')),
    preload: values.preload === undefined ? null : path.resolve(values.preload)
  }
}

/** @param {string} why @returns {null} */
function refuse(why) {
  process.stderr.write(`conformance: ${why}\n\n${USAGE}`)
  process.exitCode = 2
  return null
}

/**
 * @param {NonNullable<ReturnType<typeof readOptions>>} options
 * @returns {{ modes: import('./conformance/run').Mode[], notes: string[] }} bare first
 */
function modesOf({ preload, level, node }) {
  if (preload !== null)
    return { modes: [BARE, { label: path.basename(preload), preload, settings: {} }], notes: [] }
  const isSame = level === undefined && describeLevel(node, 'sites') === describeLevel(node, 'full')
  const levels = level !== undefined ? [level] : isSame ? ['sites'] : ['sites', 'full']
  const places = {
    outside: 'preloaded',
    inside: 'inside one job',
    busy: 'inside, with passes',
    after: 'after its job'
  }
  const modes = levels.flatMap((each) =>
    Object.entries(places).map(([place, label]) => ({
      label: `${label}, ${each}`,
      preload: PRELOAD,
      settings: { level: each, place }
    }))
  )
  return { modes: [BARE, ...modes], notes: isSame ? ['level full watches as sites does here: skipped'] : [] }
}

/**
 * What a started tracker consists of at a level. Two levels with the same text hook the same things.
 * @param {string} node @param {string} level
 */
function describeLevel(node, level) {
  const script = `
    const { watch } = require('./js/index').start({ level: '${level}' })
    const look = (value, depth) => value === null || typeof value !== 'object' || depth === 0
      ? (typeof value === 'boolean' ? value : typeof value)
      : [value.constructor?.name, ...Object.keys(value).map((key) => [key, look(value[key], depth - 1)])]
    console.log(JSON.stringify(look(watch, 3)))`
  return spawnSync(node, ['-e', script], { cwd: path.join(__dirname, '..'), encoding: 'utf8' }).stdout
}

/**
 * @typedef {Map<import('./conformance/run').Mode, Map<string, import('./conformance/run').Outcome>>} Outcomes by test name
 */

/** @param {any} host @param {import('./conformance/suite').SuiteTest[]} tests @param {import('./conformance/run').Mode[]} modes @returns {Promise<Outcomes>} */
async function runAll(host, tests, modes) {
  /** @type {Outcomes} */
  const outcomes = new Map(modes.map((mode) => [mode, new Map()]))
  const queue = [...tests]
  const lane = async (/** @type {number} */ number) => {
    for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
      for (const mode of modes) outcomes.get(mode)?.set(test.name, await runTest(host, test, mode, number))
      if (process.stderr.isTTY) process.stderr.write(`\r${tests.length - queue.length} of ${tests.length} `)
    }
  }
  await Promise.all(Array.from({ length: host.jobs }, (_, number) => lane(number)))
  if (process.stderr.isTTY) process.stderr.write('\r')
  return outcomes
}

/**
 * @typedef {object} Regression
 * @property {import('./conformance/suite').SuiteTest} test
 * @property {import('./conformance/run').Mode} mode
 * @property {import('./conformance/run').Outcome} outcome
 * @property {'confirmed' | 'flaky'} state
 * @property {string} also what else makes it fail, of CONTROLS
 */

/**
 * What passes bare and fails with a preload is run again, alone: a regression fails each time, and passes bare.
 * @param {any} host @param {import('./conformance/suite').SuiteTest[]} tests @param {import('./conformance/run').Mode[]} modes
 * @param {Outcomes} outcomes @returns {Promise<Regression[]>}
 */
async function confirm(host, tests, modes, outcomes) {
  const regressions = []
  for (const mode of modes.slice(1)) {
    for (const test of tests) {
      let outcome = /** @type {import('./conformance/run').Outcome} */ (outcomes.get(mode)?.get(test.name))
      if (!isWorse(outcomes.get(BARE)?.get(test.name), outcome)) continue
      let isConfirmed = true
      for (let run = 0; run < CONFIRMATIONS && isConfirmed; run++) {
        const bare = await runTest(host, test, BARE, 0)
        const again = await runTest(host, test, mode, 0)
        isConfirmed = isWorse(bare, again)
        if (isConfirmed) outcome = again
      }
      isConfirmed ||= namesOwnCode(outcome.output)
      const also = isConfirmed ? await otherCause(host, test) : ''
      regressions.push({
        test,
        mode,
        outcome,
        state: /** @type {const} */ (isConfirmed ? 'confirmed' : 'flaky'),
        also
      })
    }
  }
  return regressions
}

/** Whether a failure's stack goes through holdover itself; a hook is in the stack of every registration. @param {string} output */
function namesOwnCode(output) {
  const frames = output.split(OWN_CODE).slice(1)
  return frames.some((frame) => !frame.startsWith('hooks') && /^[\w\\/-]+\.js:\d+/.test(frame))
}

/** @param {any} bare @param {any} other a skip that bare has not is no pass either */
function isWorse(bare, other) {
  return bare.result === 'pass' && other.result !== 'pass'
}

/** @param {any} host @param {import('./conformance/suite').SuiteTest} test */
async function otherCause(host, test) {
  for (const [control, label] of Object.entries(CONTROLS)) {
    const outcome = await runTest(host, test, { label, preload: CONTROL, settings: { control } }, 0)
    if (outcome.result === 'fail') return label
  }
  return ''
}

/**
 * @param {import('./conformance/suite').SuiteTest[]} tests @param {import('./conformance/run').Mode[]} modes
 * @param {Outcomes} outcomes @param {Regression[]} regressions @param {Record<string, string>} exceptions
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

/** @param {import('./conformance/run').Mode} mode @returns {string | undefined} */
function placeOf(mode) {
  return /** @type {any} */ (mode.settings).place
}

/** @param {import('./conformance/run').Mode} mode @param {Outcomes} outcomes @param {Regression[]} confirmed */
function rowOf(mode, outcomes, confirmed) {
  const all = [.../** @type {Map<string, any>} */ (outcomes.get(mode))]
  const total = all.reduce((sum, [, { tally }]) => addTally(sum, tally), emptyTally())
  const counts = ['pass', 'fail', 'skip'].map(
    (word) => all.filter(([, { result }]) => result === word).length
  )
  const where = (/** @type {(outcome: any) => boolean} */ accepts) =>
    all.filter(([, outcome]) => accepts(outcome)).map(([name]) => name)
  const isCounted = mode.preload === PRELOAD
  const empty = isCounted ? where(({ result, tally }) => result !== 'skip' && tally.recorded === 0) : []
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
      ...(isCounted ? [total.recorded, total.seen, total.passes, empty.length] : ['', '', '', ''])
    ].map(String)
  }
}

/** A run in which the job covered little has shown nothing. @param {ReturnType<typeof rowOf>[]} rows @param {Regression[]} counted */
function verdict(rows, counted) {
  const hollow = rows.filter(
    ({ mode, total }) => mode.preload === PRELOAD && placeOf(mode) !== 'outside' && total.recorded === 0
  )
  for (const { mode } of hollow) print(`\nNothing was recorded ${mode.label}: the run shows nothing.`)
  const isGood = counted.length === 0 && hollow.length === 0
  print(isGood ? '\nNo regression.' : `\n${counted.length} regressions.`)
  return isGood
}

/** @param {Regression} regression */
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

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`conformance: ${error.stack}\n`)
  process.exitCode = 2
})
