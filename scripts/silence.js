'use strict'

/**
 * Shows that holdover stays silent on clean workers and names what their leaking twins leave behind: every habit below
 * __test__/fixtures/silence, in production and under `check`, on several Node versions.
 *
 *     npm run silence -- [22 24 …] [--mode production|check] [--seconds 60] [--rate 200] [--grace 2000]
 *                        [--filter NAME] [--parallel 12] [--json FILE]
 *
 * Without numbers it runs on this Node and on the others of `npm run matrix`. Exit code 1 on any false alarm and on
 * any twin that is not named.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { defaultMajors, installNode, versionOf } = require('./nodes')
const { workers } = require('./silence/habits')
const { outcome } = require('./silence/outcome')
const { inParallel, start, failure } = require('./silence/processes')

const root = path.join(__dirname, '..')
const WORKER = path.join(__dirname, 'silence', 'worker.js')
const CLI = path.join(root, 'js', 'cli', 'main.js')
/** A production worker needs a few percent of a core; a check takes all it gets. */
const WORKERS_PER_CORE = 6
const MODES = ['production', 'check']

const OPTIONS = {
  mode: { type: 'string' },
  seconds: { type: 'string', default: '60' },
  rate: { type: 'string', default: '200' },
  // A minute of the default of 30 s would barely judge once: two seconds make thirty grace periods of it.
  grace: { type: 'string', default: '2000' },
  filter: { type: 'string', default: '' },
  parallel: { type: 'string' },
  json: { type: 'string' }
}

async function main(args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const modes = MODES.filter((mode) => values.mode === undefined || values.mode === mode)
  const all = workers(values.filter)
  const nodes = nodesFor(positionals)
  if (modes.length === 0 || all.length === 0 || nodes.some(({ binary }) => binary === null)) {
    process.stderr.write('holdover: no such mode, no such worker, or a Node that could not be installed\n')
    process.exitCode = 1
    return
  }
  process.stdout.write(`${headline(values)}\n`)
  const runs = []
  for (const node of nodes) {
    for (const mode of modes) {
      const rows = await inParallel(all, lanes(mode, values), (worker) => run(worker, mode, node, values))
      process.stdout.write(table(`Node ${node.version}, ${mode}`, rows))
      runs.push(...rows)
    }
  }
  process.stdout.write(`\n${total(runs)}\n`)
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(runs, null, 1)}\n`)
  process.exitCode = runs.every(({ ok }) => ok) ? 0 : 1
}

/** @param {string[]} majors none: this Node and the usual others */
function nodesFor(majors) {
  const own = process.versions.node.split('.')[0]
  const wanted = majors.length > 0 ? majors : [own, ...defaultMajors.filter((major) => major !== own)]
  return wanted.map((major) => {
    const binary = major === own ? process.execPath : installNode(major)
    return { binary, version: binary === null ? major : versionOf(binary) }
  })
}

function lanes(mode, { parallel }) {
  const cores = os.availableParallelism()
  if (parallel !== undefined) return mode === 'check' ? Math.min(Number(parallel), cores) : Number(parallel)
  return mode === 'check' ? cores : cores * WORKERS_PER_CORE
}

async function run(worker, mode, { binary, version }, values) {
  const read = mode === 'check' ? await runCheck(worker, binary) : await runProduction(worker, binary, values)
  const { habit, twin } = worker
  const result = read.error === undefined ? outcome(worker, read) : { ok: false, text: read.error }
  return { node: version, mode, habit, twin, ...result, ...read }
}

async function runProduction({ habit, file, burst, graceMs }, binary, { seconds, rate, grace }) {
  const settings = {
    workers: [{ file, name: habit }],
    seconds: Number(seconds),
    rate: Number(rate),
    burst,
    graceMs: grace === 'default' ? null : Math.max(graceMs ?? 0, Number(grace))
  }
  const { code, stdout, stderr } = await start(binary, [WORKER, JSON.stringify(settings)], settings.seconds)
  return code === 0 ? JSON.parse(stdout) : { error: failure(stderr), jobs: 0, alarms: [], leaks: [] }
}

async function runCheck({ habit, file, args }, binary) {
  const { stdout, stderr } = await start(binary, [CLI, 'check', file, '--json', '--name', habit, ...args], 60)
  try {
    const report = JSON.parse(stdout)
    const leaks = report.leaks.map((leak) => ({ ...leak, place: leak.calledFrom ?? leak.site }))
    const jobs = report.jobs.reduce((sum, job) => sum + job.completed + job.failed + job.timedOut, 0)
    // A clean worker is one that is called clean: "cannot tell" is no proof.
    const alarms = report.verdict === 'inconclusive' ? [...leaks, undecided(report)] : leaks
    return { jobs, alarms: alarms.map(brief), leaks: leaks.map(brief), verdict: report.verdict }
  } catch {
    return { error: failure(stderr), jobs: 0, alarms: [], leaks: [] }
  }
}

const undecided = (report) => ({ kind: `inconclusive: ${report.notes.join('; ')}`, perJob: 0, certainty: '' })

const brief = ({ kind, job, perJob, certainty, onlyWhenFailing, place }) => ({
  kind,
  job,
  perJob,
  certainty,
  onlyWhenFailing,
  place
})

function headline({ seconds, rate, grace }) {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor'
  const machine = `${os.availableParallelism()} cores of ${cpu}, ${os.type()} ${os.release()}`
  const load = os.loadavg().map((one) => one.toFixed(1))
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, load ${load.join(' ')}
production: ${rate} jobs/s for ${seconds} s, graceMs ${grace}; check: default options`
}

/** @param {string} title @param {any[]} runs clean and leaking in turn */
function table(title, runs) {
  const lines = []
  for (let i = 0; i < runs.length; i += 2) {
    const [clean, twin] = [runs[i], runs[i + 1]]
    const figure = `${clean.alarms.length} / ${clean.jobs.toLocaleString('en')}`
    const found = `${twin.ok ? 'named' : 'NOT NAMED'}  ${twin.text}`
    const cry = clean.ok ? '' : `   FALSE ALARM ${clean.text}`
    lines.push(`${clean.habit.padEnd(22)} ${figure.padStart(12)}   ${found}${cry}`)
  }
  const head = `${'habit'.padEnd(22)} ${'leaks / jobs'.padStart(12)}   leaking twin`
  return `\n${title}\n${[head, ...lines, total(runs)].join('\n')}\n`
}

function total(runs) {
  const clean = runs.filter(({ twin }) => twin === 'clean')
  const twins = runs.filter(({ twin }) => twin === 'leaking')
  const silent = clean.filter(({ ok }) => ok).length
  const named = twins.filter(({ ok }) => ok).length
  const sure = twins.filter(({ leaks }) => leaks.length > 0 && leaks.every((one) => one.certainty === 'sure'))
  const jobs = clean.reduce((sum, run) => sum + run.jobs, 0).toLocaleString('en')
  return `total: ${silent} of ${clean.length} clean workers silent over ${jobs} jobs; ${named} of ${twins.length} twins named, ${sure.length} of them surely`
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`holdover: ${error.stack}\n`)
  process.exitCode = 1
})
