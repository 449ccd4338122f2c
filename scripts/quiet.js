'use strict'

/**
 * Shows that holdover stays silent on the clean modules of the corpus in every way they may be run: checks as they are, with
 * eight jobs at a time, on a loaded machine, and as production workers without any forced collection.
 *
 *     npm run quiet -- [--mode check|concurrency|loaded|production …] [--rounds 10] [--seconds 75] [--filter NAME]
 *                      [--parallel 2] [--record]
 *
 * Exit code 1 on any leak. `--record` puts the modes that ran into bench/results/quiet.json and docs/silence.md.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawn } = require('node:child_process')
const { parseArgs } = require('node:util')
const { sources } = require('../bench/corpus/sources')
const { inParallel, start, failure } = require('./silence/processes')
const { RESULTS, PAGE, quietPage, quietTable } = require('./silence/quiet-page')

const CLI = path.join(__dirname, '..', 'js', 'cli', 'main.js')
const WORKER = path.join(__dirname, 'silence', 'worker.js')
/** Loops that do nothing but take a core. */
const BUSY = 4
/** Modules that share a production worker, and jobs a second of each. */
const TOGETHER = 12
const RATE = 25
/** As in `npm run silence`: a minute is thirty grace periods. */
const GRACE_MS = 2_000
const CHECK_SECONDS = 90

/** @type {Record<string, (list: any[], values: any) => Promise<Finding[]>>} */
const MODES = {
  check: (list, values) => checks(list, values, (args) => args),
  concurrency: (list, values) => checks(list, values, eightAtATime),
  loaded: (list, values) => whileBusy(() => checks(list, values, (args) => args)),
  production
}

const OPTIONS = /** @type {const} */ ({
  mode: { type: 'string', multiple: true, default: Object.keys(MODES) },
  rounds: { type: 'string', default: '10' },
  seconds: { type: 'string', default: '75' },
  filter: { type: 'string', default: '' },
  parallel: { type: 'string', default: String(os.availableParallelism()) },
  record: { type: 'boolean', default: false }
})

/**
 * @typedef {object} Finding one run of one module, or of several in one worker
 * @property {string} id
 * @property {number} jobs
 * @property {number} reports
 * @property {string[]} sure
 * @property {string[]} likely
 * @property {string} undecided empty where it is not
 * @property {string} [failed]
 */

async function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const unknown = values.mode.find((name) => MODES[name] === undefined)
  if (unknown !== undefined) throw new Error(`no mode ${unknown}; there are ${Object.keys(MODES).join(', ')}`)
  const clean = sources(values.filter).filter(({ isClean }) => isClean)
  for (const mode of values.mode) {
    const result = await measure(mode, clean, values)
    for (const line of result.remarks) process.stdout.write(`${mode}, ${line}\n`)
    process.stdout.write(`${quietTable({ [mode]: result })}\n`)
    if (result.sure + result.likely + result.failed > 0) process.exitCode = 1
    if (values.record) record(mode, result)
  }
}

/** @param {string} mode @param {any[]} clean @param {any} values */
async function measure(mode, clean, values) {
  const startedAt = Date.now()
  const rounds = Number(values.rounds)
  const findings = []
  for (let round = 0; round < rounds; round++) findings.push(...(await MODES[mode](clean, values)))
  const sum = (/** @type {(one: Finding) => number} */ of) =>
    findings.reduce((total, one) => total + of(one), 0)
  return {
    modules: clean.length,
    rounds,
    runs: findings.length,
    jobs: sum(({ jobs }) => jobs),
    reports: sum(({ reports }) => reports),
    sure: sum((one) => one.sure.length),
    likely: sum((one) => one.likely.length),
    undecided: sum((one) => (one.undecided === '' ? 0 : 1)),
    failed: sum((one) => (one.failed === undefined ? 0 : 1)),
    remarks: findings.flatMap(remarks),
    minutes: Math.round((Date.now() - startedAt) / 6_000) / 10,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    machine: `${os.cpus()[0].model}, ${os.cpus().length} cores, load ${os.loadavg()[2].toFixed(1)}`
  }
}

/** @param {Finding} finding */
function remarks({ id, sure, likely, undecided, failed }) {
  const lines = [...sure.map((text) => `sure: ${text}`), ...likely.map((text) => `likely: ${text}`)]
  if (undecided !== '') lines.push(`inconclusive: ${undecided}`)
  if (failed !== undefined) lines.push(failed)
  return lines.map((line) => `${id}: ${line}`)
}

/** @param {any[]} list @param {any} values @param {(args: string[]) => string[]} argsOf */
function checks(list, { parallel }, argsOf) {
  return inParallel(list, Number(parallel), async ({ id, file, args }) => {
    const ran = await start(process.execPath, [CLI, 'check', file, '--json', ...argsOf(args)], CHECK_SECONDS)
    return findingOf(id, ran, (report) => ({
      jobs: jobsOf(report),
      reports: 1,
      leaks: report.leaks.map((leak) => ({ ...leak, place: leak.calledFrom ?? leak.site }))
    }))
  })
}

const jobsOf = ({ jobs }) => jobs.reduce((sum, one) => sum + one.completed + one.failed + one.timedOut, 0)

/** @param {string[]} args */
function eightAtATime(args) {
  const at = args.indexOf('--concurrency')
  return [...(at === -1 ? args : args.toSpliced(at, 2)), '--concurrency', '8']
}

/** @template T @param {() => Promise<T>} work */
async function whileBusy(work) {
  const loops = Array.from({ length: BUSY }, () => spawn(process.execPath, ['-e', 'for (;;);']))
  try {
    return await work()
  } finally {
    for (const loop of loops) loop.kill('SIGKILL')
  }
}

/** @param {any[]} list @param {any} values */
function production(list, { seconds, parallel }) {
  const groups = Array.from({ length: Math.ceil(list.length / TOGETHER) }, (_, i) =>
    list.slice(i * TOGETHER, (i + 1) * TOGETHER)
  )
  return inParallel(groups, Number(parallel), async (group) => {
    const workers = group.map(({ id, file }) => ({ name: id.replace(/\.[^.]+$/, ''), file }))
    const settings = { workers, seconds: Number(seconds), rate: RATE, burst: 1, graceMs: GRACE_MS }
    const ran = await start(process.execPath, [WORKER, JSON.stringify(settings)], settings.seconds)
    return findingOf(`${group[0].id} to ${group.at(-1).id}`, ran, ({ jobs, reports, alarms }) => ({
      jobs,
      reports,
      leaks: alarms
    }))
  })
}

/** @param {string} id @param {any} ran @param {(output: any) => { jobs: number, reports: number, leaks: any[] }} read */
function findingOf(id, { stdout, stderr }, read) {
  try {
    const output = JSON.parse(stdout)
    const { jobs, reports, leaks } = read(output)
    const of = (/** @type {string} */ certainty) =>
      leaks.filter((leak) => leak.certainty === certainty).map(describe)
    const undecided = output.verdict === 'inconclusive' ? output.notes.join('; ') || 'no note' : ''
    return { id, jobs, reports, sure: of('sure'), likely: of('likely'), undecided }
  } catch {
    return { id, jobs: 0, reports: 0, sure: [], likely: [], undecided: '', failed: failure(stderr) }
  }
}

const describe = ({ kind, job, perJob, place }) =>
  `${kind} ${place?.file ? `${path.basename(place.file)}:${place.line}` : '(no place)'} +${perJob.toFixed(2)} per ${job}`

/** @param {string} mode @param {any} result */
function record(mode, result) {
  const before = fs.existsSync(RESULTS) ? JSON.parse(fs.readFileSync(RESULTS, 'utf8')) : {}
  const ran = { ...before, [mode]: result }
  const results = Object.fromEntries(
    Object.keys(MODES).flatMap((name) => (ran[name] ? [[name, ran[name]]] : []))
  )
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`)
  fs.writeFileSync(PAGE, quietPage(fs.readFileSync(PAGE, 'utf8'), results))
}

main().catch((error) => {
  process.stderr.write(`holdover: ${error.stack}\n`)
  process.exitCode = 1
})
