'use strict'

const { parse, toMs } = require('./args')
const { loadModule, resolveFile } = require('./load')
const { HoldoverError } = require('../errors')
const { isOff } = require('../config')
const { native } = require('../native')

const USAGE = `Usage: holdover run WORKER [options] [-- arguments of the worker]

Starts holdover, then the worker in this process. Reports go to stderr while it runs, and one when it ends.
Jobs are seen where the worker calls runJob or wrapJob; anything else counts as (between jobs).

  --report-every MS    how often to look for changes to print; 10s and 2m also work (60000)
  --grace MS           how long after a job's end before its leftovers are judged (30000)
  --exit-after N       end the worker after N finished jobs
  --json               the last report as JSON on stdout; what the worker prints goes there too

Exit codes: the worker's own if it fails, else 0 clean, 1 leaks, 2 error, 3 inconclusive`

/** @type {import('node:util').ParseArgsConfig['options']} */
const OPTIONS = {
  'report-every': { type: 'string' },
  grace: { type: 'string' },
  'exit-after': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
}

/** How often --exit-after looks at the number of finished jobs. */
const LOOK_EVERY_MS = 20

/** @param {any} values */
function toStartOptions(values) {
  /** @type {any} */
  const options = {}
  if (values['report-every'] !== undefined) options.report = { everyMs: toMs(values['report-every']) }
  if (values.grace !== undefined) options.graceMs = toMs(values.grace)
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

/** Ends the process once `count` jobs have finished and their grace period is over. @param {any} tracker @param {number} count */
function exitAfter(tracker, count) {
  const { setInterval, setTimeout } = require('../originals')
  const timer = setInterval(() => {
    if (tracker.watch.jobs.ended < count) return
    clearInterval(timer)
    setTimeout(() => process.exit(), tracker.options.graceMs + LOOK_EVERY_MS)
  }, LOOK_EVERY_MS)
  timer.unref()
}

/** The last report, when the worker ends by itself or by process.exit. @param {any} tracker @param {boolean} asJson @param {Record<string, number>} exit */
function reportAtExit(tracker, asJson, exit) {
  process.on('exit', (code) => {
    const report = tracker.report()
    if (asJson) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    else tracker.reporter.print(report)
    if (code !== 0) return
    process.exitCode = { leaks: exit.leaks, clean: exit.clean, inconclusive: exit.inconclusive }[
      /** @type {'leaks'} */ (report.verdict)
    ]
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
  const resolved = resolveFile(file)
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where: 'holdover run' })
  native()
  const count = toExitAfter(values['exit-after'])
  process.argv = [process.argv[0], resolved, ...forWorker]
  const tracker = /** @type {any} */ (require('../index').start(toStartOptions(values)))
  reportAtExit(tracker, values.json === true, exit)
  if (count !== null) exitAfter(tracker, count)
  await loadModule(file)
  return -1
}

module.exports = { run }
