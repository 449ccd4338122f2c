'use strict'

const path = require('node:path')
const { performance } = require('node:perf_hooks')
const { parse, toMs } = require('./args')
const { loadModule, resolveFile } = require('./load')
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
${OUTPUT_USAGE}

Exit codes: the worker's own if it fails, else 0 clean, 1 leaks, 2 error, 3 inconclusive`

/** @type {Record<string, { type: 'string' | 'boolean', short?: string, bare?: string }>} */
const OPTIONS = {
  'report-every': { type: 'string' },
  grace: { type: 'string' },
  'exit-after': { type: 'string' },
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

/** @param {string} [text] */
function toExitAfter(text) {
  if (text === undefined) return null
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new HoldoverError('HOLDOVER_USAGE', {
    problem: `--exit-after must be a whole number above 0, got '${text}'`,
    usage: USAGE
  })
}

/** The worker may have stopped the first tracker, and started another one. @returns {any} */
function tracker() {
  return /** @type {any} */ (require('../index')).latestTracker()
}

/** Ends the process once `count` jobs have finished and their grace period is over. @param {number} count */
function exitAfter(count) {
  const { setInterval, setTimeout } = require('../originals')
  const timer = setInterval(() => {
    if (tracker().watch.jobs.ended < count) return
    clearInterval(timer)
    setTimeout(() => process.exit(), tracker().options.graceMs + LOOK_EVERY_MS)
  }, LOOK_EVERY_MS)
  timer.unref()
}

/**
 * The last report, when the worker ends by itself or by process.exit.
 * @param {string} file of the worker, absolute @param {import('./outputs').Outputs} outputs @param {Record<string, number>} exit
 */
function reportAtExit(file, outputs, exit) {
  const startedAt = performance.now()
  process.on('exit', (exitCode) => {
    try {
      const report = tracker().report()
      const reportedBy = `run ${path.basename(file)}`
      report.notes.push(...outputs.goneNotes(report, reportedBy))
      if (!outputs.takesStdout) tracker().reporter.print(report)
      const durationMs = performance.now() - startedAt
      outputs.write(report, { reportedBy, file, durationMs, allowInconclusive: false, options: null })
      const isAccepted = outputs.updateBaseline(report, reportedBy)
      if (exitCode === 0) process.exitCode = isAccepted ? exit.clean : exit[report.verdict]
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
  if (positionals.length !== 1) {
    throw new HoldoverError('HOLDOVER_USAGE', {
      problem: 'one worker file, and its own arguments after --',
      usage: USAGE
    })
  }
  const [file] = positionals
  const outputs = new Outputs(values, USAGE)
  const resolved = resolveFile(file)
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where: 'holdover run' })
  native()
  const count = toExitAfter(values['exit-after'])
  outputs.prepare(resolved)
  process.argv = [process.argv[0], resolved, ...forWorker]
  require('../index').start(toStartOptions(values, outputs))
  reportAtExit(resolved, outputs, exit)
  if (count !== null) exitAfter(count)
  await loadModule(file)
  return -1
}

module.exports = { run }
