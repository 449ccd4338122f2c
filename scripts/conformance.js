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
const { SETS, DEFAULT_SETS, selectTests } = require('./conformance/suite')
const { runTest } = require('./conformance/run')
const { BARE, LEVELS, PLACES, modesOf } = require('./conformance/modes')
const { report, recordedPerFile } = require('./conformance/report')
const { installNode } = require('./nodes')

const CONTROL = path.join(__dirname, 'conformance', 'control.js')
const OWN_CODE = path.join(__dirname, '..', 'js') + path.sep
const EXCEPTIONS = path.join(__dirname, 'conformance', 'exceptions.json')

/** Preloads that tell what is not holdover's own doing. */
const CONTROLS = {
  empty: 'any preload',
  context: 'AsyncLocalStorage alone',
  collections: "any observer of 'gc' entries"
}

/** Runs alone, after all others, before a failure is called a regression. */
const CONFIRMATIONS = 2

const USAGE = `usage: node scripts/conformance.js --suite DIR [options]

  --suite DIR        the test/ folder of Node's repository
  --node PATH        the Node to test with, or a version, which is installed; default: this one. Take the suite of it
  --filter GLOB      test names, or a set: ${Object.keys(SETS).join(', ')}; may be repeated; default: ${DEFAULT_SETS.join(', ')}
  --level LEVEL      ${LEVELS.join(', ')}; may be repeated; default: sites, and full where that differs
  --place PLACE      ${Object.keys(PLACES).join(', ')}; may be repeated; default: all of them
  --jobs N           tests at a time; default 2
  --timeout SECONDS  of one test; default 120
  --per-file FILE    writes there what was recorded in each test, as JSON
  --exceptions FILE  name to reason; default: scripts/conformance/exceptions.json
  --preload FILE     this instead of holdover: to try the gauge itself, or another tool
`

const OPTIONS = /** @type {const} */ ({
  suite: { type: 'string' },
  node: { type: 'string', default: process.execPath },
  filter: { type: 'string', multiple: true, default: DEFAULT_SETS },
  level: { type: 'string', multiple: true, default: [] },
  place: { type: 'string', multiple: true, default: Object.keys(PLACES) },
  jobs: { type: 'string', default: '2' },
  timeout: { type: 'string', default: '120' },
  'per-file': { type: 'string' },
  exceptions: { type: 'string', default: EXCEPTIONS },
  preload: { type: 'string' },
  help: { type: 'boolean', default: false }
})

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
    if (options.perFile !== null) fs.writeFileSync(options.perFile, recordedPerFile(version, modes, outcomes))
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
  if (!values.level.every((level) => LEVELS.includes(level)))
    return refuse(`--level takes ${LEVELS.join(', ')}`)
  if (!values.place.every((place) => place in PLACES))
    return refuse(`--place takes ${Object.keys(PLACES).join(', ')}`)
  const node = /^\d+(\.\d+)*$/.test(values.node) ? installNode(values.node) : values.node
  if (node === null) return refuse(`there is no Node ${values.node} to install`)
  return {
    suite: path.resolve(values.suite),
    node,
    filters: values.filter,
    levels: values.level,
    places: values.place,
    perFile: values['per-file'] ?? null,
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
      showProgress(tests.length - queue.length, tests.length)
    }
  }
  await Promise.all(Array.from({ length: host.jobs }, (_, number) => lane(number)))
  if (process.stderr.isTTY) process.stderr.write('\r')
  return outcomes
}

/** @param {number} done @param {number} of */
function showProgress(done, of) {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${of} `)
  else if (done % 100 === 0) process.stderr.write(`${done} of ${of}\n`)
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

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`)
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`conformance: ${error.stack}\n`)
  process.exitCode = 2
})
