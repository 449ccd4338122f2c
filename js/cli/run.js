'use strict'

const path = require('node:path')
const { performance } = require('node:perf_hooks')
const { parse, toMs } = require('./args')
const { loadModule, resolveFile } = require('./load')
const { RunSnapshots } = require('./run-snapshots')
const { Outputs, OPTIONS: OUTPUT_OPTIONS, USAGE: OUTPUT_USAGE } = require('./outputs')
const { HoldoverError } = require('../errors')
const { isOff } = require('../config')
const { native } = require('../native')

const USAGE = `Usage: holdover run WORKER [options] [-- arguments of the worker]

Starts holdover, then the worker in this process. Reports go to stderr while it runs, and one when it ends.
Jobs are seen where the worker calls runJob or wrapJob; anything else counts as (between jobs).

  --report-every MS    how often to look for changes to print; 10s and 2m also work (60000)
  --grace MS           how long after a job's end before its leftovers are judged (30000)
  --exit-after N       end the worker after N finished jobs
  --snapshot-at N,M    take heap snapshots after so many finished jobs, and tell at the end what grew between them
  --snapshot-dir DIR   where they go (here)
  --snapshot-force     take them even where memory may not suffice
${OUTPUT_USAGE}

Exit codes: the worker's own if it fails, else 0 clean, 1 leaks, 2 error, 3 inconclusive`

/** @type {Record<string, { type: 'string' | 'boolean', short?: string, bare?: string }>} */
const OPTIONS = {
  'report-every': { type: 'string' },
  grace: { type: 'string' },
  'exit-after': { type: 'string' },
  'snapshot-at': { type: 'string' },
  'snapshot-dir': { type: 'string' },
  'snapshot-force': { type: 'boolean' },
  ...OUTPUT_OPTIONS,
  help: { type: 'boolean', short: 'h' }
}

/** How often --exit-after looks at the number of finished jobs. */
const LOOK_EVERY_MS = 20

/** @param {any} values @param {import('./outputs').Outputs} outputs */
function toStartOptions(values, outputs) {
  /** @type {any} */
  const options = { report: { atExit: false } }
  if (values['report-every'] !== undefined) options.report.everyMs = toMs(values['report-every'])
  if (values.grace !== undefined) options.graceMs = toMs(values.grace)
  if (outputs.accepted !== null) options.baseline = outputs.accepted
  return options
}

/** @param {string} flag @param {string} text */
function toJobs(flag, text) {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw usage(`--${flag} must be a whole number above 0, got '${text}'`)
}

/** @param {any} values @param {number | null} exitAfter @returns {number[]} */
function toSnapshotAt(values, exitAfter) {
  const text = values['snapshot-at']
  if (text === undefined) return []
  const counts = text.split(',').map((/** @type {string} */ count) => toJobs('snapshot-at', count))
  const last = counts[counts.length - 1]
  if (
    counts.some((/** @type {number} */ count, /** @type {number} */ at) => at > 0 && count <= counts[at - 1])
  )
    throw usage(`--snapshot-at must rise, got '${text}'`)
  if (exitAfter !== null && last > exitAfter)
    throw usage(`--snapshot-at ${last} comes after --exit-after ${exitAfter}`)
  return counts
}

/** @param {string} problem */
function usage(problem) {
  return new HoldoverError('HOLDOVER_USAGE', { problem, usage: USAGE })
}

/** The worker may have stopped the first tracker, and started another one. @returns {any} */
function tracker() {
  return /** @type {any} */ (require('../index')).latestTracker()
}

/**
 * Ends the process once `count` jobs have finished, their grace period is over, and the snapshots are told of.
 * @param {number} count @param {RunSnapshots} snapshots
 */
function exitAfter(count, snapshots) {
  const { setInterval, setTimeout } = require('../originals')
  const timer = setInterval(() => {
    if (tracker().watch.jobs.ended < count) return
    clearInterval(timer)
    const leave = () => snapshots.finish().then(() => process.exit())
    setTimeout(leave, tracker().options.graceMs + LOOK_EVERY_MS)
  }, LOOK_EVERY_MS)
  timer.unref()
}

/**
 * The last report, when the worker ends by itself or by process.exit.
 * @param {string} file of the worker, absolute @param {import('./outputs').Outputs} outputs
 * @param {RunSnapshots} snapshots @param {Record<string, number>} exit
 */
function reportAtExit(file, outputs, snapshots, exit) {
  const startedAt = performance.now()
  process.on('exit', (exitCode) => {
    snapshots.end()
    try {
      const report = tracker().report()
      const reportedBy = `run ${path.basename(file)}`
      report.notes.push(...outputs.goneNotes(report, reportedBy))
      if (!outputs.takesStdout) tracker().reporter.print(report)
      const durationMs = performance.now() - startedAt
      outputs.write(report, { reportedBy, file, durationMs, allowInconclusive: false, options: null })
      const isAccepted = outputs.updateBaseline(report, reportedBy)
      if (exitCode !== 0) return
      const code = isAccepted ? exit.clean : exit[report.verdict]
      process.exitCode = code === exit.clean && snapshots.hasFailed ? exit.error : code
    } catch (error) {
      // Nobody is left to catch it, and the worker is over.
      const { message, code } = /** @type {HoldoverError} */ (error)
      process.stderr.write(`holdover: ${message} [${code}]\n`)
      if (exitCode === 0) process.exitCode = exit.error
    }
  })
}

/** @param {string[]} args @param {Record<string, number>} exit @returns {Promise<number>} -1: the worker decides when to end */
async function run(args, exit) {
  const split = args.indexOf('--')
  const own = split === -1 ? args : args.slice(0, split)
  const forWorker = split === -1 ? [] : args.slice(split + 1)
  const { values, positionals } = parse(own, OPTIONS, USAGE)
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return exit.clean
  }
  if (positionals.length !== 1) throw usage('one worker file, and its own arguments after --')
  const [file] = positionals
  const outputs = new Outputs(values, USAGE)
  const resolved = resolveFile(file)
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where: 'holdover run' })
  native()
  const count = values['exit-after'] === undefined ? null : toJobs('exit-after', values['exit-after'])
  const snapshots = new RunSnapshots({
    at: toSnapshotAt(values, count),
    folder: path.resolve(values['snapshot-dir'] ?? '.'),
    name: path.basename(resolved, path.extname(resolved)),
    force: values['snapshot-force'] === true,
    jobs: () => tracker().watch.jobs
  })
  outputs.prepare(resolved)
  process.argv = [process.argv[0], resolved, ...forWorker]
  require('../index').start(toStartOptions(values, outputs))
  reportAtExit(resolved, outputs, snapshots, exit)
  snapshots.start()
  if (count !== null) exitAfter(count, snapshots)
  await loadModule(file)
  return -1
}

module.exports = { run }
