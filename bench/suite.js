'use strict'

/**
 * The suite guard on a Jest project of 200 test files, one of them leaking: whether it names that test, the resource and
 * the line while the other files stay silent, and what it costs beside a bare run and `--detectOpenHandles`.
 *
 *     node bench/suite.js [--files 200] [--leak interval …] [--rounds 3] [--record]
 *
 * All files run in one process, since `--detectOpenHandles` runs them so, and with `--forceExit`, since a run with a leak
 * does not end without it. Variants take turns. `--record` writes bench/results/suite.txt.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { spawnSync } = require('node:child_process')
const { generate, LEAKS } = require('./suite/generate')
const { startPostgres } = require('./suite/postgres')

const ROOT = path.join(__dirname, '..')
const PACKAGES = path.join(ROOT, '__test__', 'runners', 'suite', 'node_modules')
const RESULTS = path.join(__dirname, 'results', 'suite.txt')
const MEASURE = path.join(__dirname, 'suite', 'measure.js')

/** @type {Record<string, string[]>} arguments of Jest */
const VARIANTS = {
  bare: ['--config=bare.config.js'],
  guard: ['--config=guard.config.js'],
  detectOpenHandles: ['--config=bare.config.js', '--detectOpenHandles']
}

const OPTIONS = /** @type {const} */ ({
  files: { type: 'string', default: '200' },
  leak: { type: 'string', multiple: true, default: Object.keys(LEAKS) },
  rounds: { type: 'string', default: '3' },
  record: { type: 'boolean', default: false }
})

/** A project in a folder of its own, with holdover as npm would put it there. */
class Suite {
  /** @param {{ files: number, leak: keyof typeof LEAKS | null }} options */
  constructor({ files, leak }) {
    this.files = files
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-suite-')))
    this.expected = generate(this.folder, { files, leak })
    const modules = path.join(this.folder, 'node_modules')
    fs.mkdirSync(modules)
    for (const name of ['express', 'jest', 'pg', 'supertest', 'undici'])
      fs.symlinkSync(path.join(PACKAGES, name), path.join(modules, name), 'junction')
    fs.cpSync(path.join(ROOT, 'js'), path.join(modules, 'holdover', 'js'), { recursive: true })
    fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(modules, 'holdover', 'package.json'))
  }

  /** @param {string[]} args of Jest @param {number} port of Postgres */
  run(args, port) {
    const [figures, output] = ['figures.json', 'results.json'].map((name) => path.join(this.folder, name))
    const jest = path.join(PACKAGES, 'jest', 'bin', 'jest.js')
    const flags = ['--ci', '--runInBand', '--forceExit', '--watchman=false', '--cacheDirectory=.cache']
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const result = spawnSync(
      process.execPath,
      ['--require', MEASURE, jest, ...flags, ...args, '--json', `--outputFile=${output}`],
      {
        cwd: this.folder,
        env: { ...env, PGPORT: String(port), SUITE_FIGURES: figures, NO_COLOR: '1', FORCE_COLOR: undefined },
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024
      }
    )
    const printed = result.stdout + result.stderr
    if (!fs.existsSync(output) || !fs.existsSync(figures)) throw new Error(`Jest made no result:\n${printed}`)
    return {
      figures: JSON.parse(fs.readFileSync(figures, 'utf8')),
      results: JSON.parse(fs.readFileSync(output, 'utf8')),
      // The results are printed too.
      stderr: result.stderr
    }
  }

  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * What is wrong with a run under the guard; nothing: the planted leak is named, and nothing else is said.
 * @param {Suite} suite @param {{ results: any, stderr: string }} run @returns {string[]}
 */
function faultsOf({ files, expected }, { results, stderr }) {
  const faults = []
  const failed = results.testResults.filter((/** @type {any} */ { status }) => status !== 'passed')
  if (results.testResults.length !== files) faults.push(`${results.testResults.length} files ran`)
  if (results.numFailedTests > 0) faults.push(`${results.numFailedTests} tests failed by themselves`)
  const wanted = expected === null ? [] : [expected]
  if (failed.length !== wanted.length)
    faults.push(`${failed.length} files failed: ${failed.map((/** @type {any} */ { name }) => name)}`)
  const message =
    failed.find((/** @type {any} */ { name }) => expected !== null && name.endsWith(expected.file))
      ?.message ?? ''
  if (expected !== null) {
    const finding = message
      .split('\n')
      .findIndex((/** @type {string} */ line) => /LEFT BEHIND ·/.test(line) && expected.says.test(line))
    const lines = message.split('\n')
    if (finding < 0) faults.push(`the resource is not named:\n${message}`)
    else if (!lines[finding].includes(expected.test)) faults.push(`the test is not named: ${lines[finding]}`)
    else if (
      !lines[finding + 1].includes(`${expected.at}:`) &&
      !lines[finding + 2].includes(`${expected.at}:`)
    )
      faults.push(`${expected.at} is not named: ${lines[finding + 1]}`)
    if (message.match(/LEFT BEHIND ·/g)?.length !== 1) faults.push(`more than one finding:\n${message}`)
  }
  const said = stderr.split('\n').filter((line) => /^holdover|^ note /.test(line))
  if (said.length > 0) faults.push(`it said more: ${said.join(' | ')}`)
  return faults
}

/** Handles that Jest itself names, and whether the leaking file is among their places. @param {Suite} suite @param {string} stderr */
function openHandlesOf({ expected }, stderr) {
  const count = Number(/detected the following (\d+) open handle/.exec(stderr)?.[1] ?? 0)
  const [file, line] = (expected?.at ?? '').split(':')
  return {
    count,
    namesPlace: expected !== null && stderr.includes(`${file}:${line}:`),
    namesTest: expected !== null && stderr.includes(expected.test)
  }
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}

/** @param {string} leak @param {number} files @param {number} rounds @param {number} port */
function measure(leak, files, rounds, port) {
  const suite = new Suite({ files, leak: leak === 'none' ? null : /** @type {any} */ (leak) })
  try {
    // Fills Jest's caches of transformed files: there is one for each configuration.
    for (const name of ['bare', 'guard']) suite.run(VARIANTS[name], port)
    /** @type {Record<string, any[]>} */
    const figures = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, []]))
    const faults = new Set()
    let openHandles = null
    for (let round = 0; round < rounds; round++) {
      for (const [name, args] of Object.entries(VARIANTS)) {
        const run = suite.run(args, port)
        figures[name].push(run.figures)
        if (name === 'guard') for (const fault of faultsOf(suite, run)) faults.add(fault)
        if (name === 'detectOpenHandles') openHandles = openHandlesOf(suite, run.stderr)
      }
    }
    const medians = Object.entries(figures).map(([name, runs]) => [name, summary(runs)])
    return {
      leak,
      expected: suite.expected && { ...suite.expected, says: String(suite.expected.says) },
      faults: [...faults],
      openHandles,
      ...Object.fromEntries(medians)
    }
  } finally {
    suite.remove()
  }
}

/** @param {Array<{ wallMs: number, cpuMs: number, maxRssKb: number }>} runs */
function summary(runs) {
  const of = (/** @type {'wallMs' | 'cpuMs' | 'maxRssKb'} */ name) => {
    const values = runs.map((run) => Math.round(run[name]))
    return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
  }
  return { wallMs: of('wallMs'), cpuMs: of('cpuMs'), maxRssKb: of('maxRssKb') }
}

/** @param {any} row */
function lineOf({ leak, faults, bare, guard, detectOpenHandles, openHandles }) {
  const times = (/** @type {any} */ variant) =>
    `${(variant.wallMs.median / 1_000).toFixed(1)} s wall, ${(variant.cpuMs.median / 1_000).toFixed(1)} s CPU (${(variant.cpuMs.median / bare.cpuMs.median).toFixed(2)}×)`
  const verdict = faults.length === 0 ? 'named, and nothing else said' : `FAULTS: ${faults.join('; ')}`
  const place = openHandles.namesPlace ? 'the line' : 'not the line'
  return (
    `${leak}: guard: ${verdict}\n  bare                 ${times(bare)}\n  guard                ${times(guard)}\n` +
    `  --detectOpenHandles  ${times(detectOpenHandles)}; ${openHandles.count} open handles, names ${place}\n`
  )
}

/** @param {{ files: string, rounds: string }} options @param {string} lines measured so far */
function record({ files, rounds }, lines) {
  const machine = `${os.cpus()[0].model}, ${os.cpus().length} cores, ${process.platform}-${process.arch}`
  const head = `${machine}\n${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${files} files, medians of ${rounds} rounds\n\n`
  fs.writeFileSync(RESULTS, head + lines)
}

async function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const unknown = values.leak.find((name) => name !== 'none' && !(name in LEAKS))
  if (unknown !== undefined)
    throw new Error(`no leak ${unknown}; there are none, ${Object.keys(LEAKS).join(', ')}`)
  const postgres = await startPostgres(PACKAGES)
  const suites = []
  try {
    for (const leak of values.leak) {
      const row = measure(leak, Number(values.files), Number(values.rounds), postgres.port)
      suites.push(row)
      process.stdout.write(lineOf(row))
      if (values.record) record(values, suites.map(lineOf).join(''))
    }
  } finally {
    await postgres.stop()
  }
  if (suites.some(({ faults }) => faults.length > 0)) process.exitCode = 1
}

module.exports = { Suite, VARIANTS, PACKAGES, faultsOf }

if (require.main === module) main()
