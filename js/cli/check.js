'use strict'

const path = require('node:path')
const { performance } = require('node:perf_hooks')
const { parse, toCount, toMs } = require('./args')
const { loadJob, reasonOf, resolveFile } = require('./load')
const { Outputs, OPTIONS: OUTPUT_OPTIONS, USAGE: OUTPUT_USAGE } = require('./outputs')
const { HoldoverError } = require('../errors')
const { CHECK, resolve, isOff } = require('../config')
const { native } = require('../native')
const { renderText } = require('../reporters/text')

const USAGE = `Usage: holdover check FILE [options]

FILE exports job(ctx, i) and, if needed, setup() -> ctx and teardown(ctx). CommonJS, ESM, or TypeScript
that this Node can load.

  --jobs N             run exactly N measured jobs (default: 20 to 5,000, by evidence)
  --warmup N           jobs before that whose leftovers are not counted (5)
  --concurrency N      jobs at a time (1)
  --timeout MS         time for everything; 30s and 2m also work (60000)
  --grace MS           how long leftovers may take to go (500)
  --strict             fail on anything retained, also by one job
  --allow-inconclusive exit 0 where the evidence does not suffice
  --name NAME          the job's name in the report (the file's name)
${OUTPUT_USAGE}

Exit codes: 0 clean, 1 leaks, 2 error, 3 inconclusive`

/** @type {Record<string, { type: 'string' | 'boolean', short?: string, bare?: string }>} */
const OPTIONS = {
  jobs: { type: 'string' },
  warmup: { type: 'string' },
  concurrency: { type: 'string' },
  timeout: { type: 'string' },
  grace: { type: 'string' },
  strict: { type: 'boolean' },
  'allow-inconclusive': { type: 'boolean' },
  name: { type: 'string' },
  ...OUTPUT_OPTIONS,
  help: { type: 'boolean', short: 'h' }
}

/** @param {any} values @param {string} file @param {string | null} baseline */
function toCheckOptions(values, file, baseline) {
  const options = {
    name: values.name,
    jobs: toCount(values.jobs),
    warmupJobs: toCount(values.warmup),
    concurrency: toCount(values.concurrency),
    timeoutMs: toMs(values.timeout),
    graceMs: toMs(values.grace),
    strict: values.strict,
    allowInconclusive: values['allow-inconclusive'],
    baseline: baseline ?? undefined
  }
  const resolved = resolve(CHECK, options)
  resolved.name ??= path.basename(file).replace(/\.[^.]+$/, '')
  return resolved
}

/**
 * Where a format takes stdout, it belongs to that: whatever the job prints there goes to stderr.
 * @returns {(text: string) => void} writes to the real stdout
 */
function reserveStdout() {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = /** @type {any} */ (process.stderr.write.bind(process.stderr))
  return (text) => {
    write(text)
  }
}

/** @param {string} file @param {'setup' | 'teardown'} hook @param {any} fn @param {any[]} args */
async function callHook(file, hook, fn, args) {
  if (fn === undefined || fn === null) return undefined
  if (typeof fn !== 'function')
    throw new HoldoverError('HOLDOVER_SETUP', { file, hook, reason: 'it is not a function' })
  try {
    return await fn(...args)
  } catch (error) {
    throw new HoldoverError('HOLDOVER_SETUP', { file, hook, reason: reasonOf(error) }, { cause: error })
  }
}

/**
 * An error outside any job ends the check: there is no verdict about a module that is broken.
 * @param {string} file
 * @param {import('./outputs').Outputs} outputs
 * @returns {{ failed: Promise<never>, finish: () => void, isCounted: (error: any) => boolean }}
 */
function watchForEscapes(file, outputs) {
  /** @type {(error: any) => void} */
  let reject = () => {}
  const failed = new Promise((_resolve, rejectPromise) => {
    reject = (error) =>
      rejectPromise(new HoldoverError('HOLDOVER_OUTSIDE_ERROR', { file, reason: reasonOf(error) }))
  })
  failed.catch(() => {})
  const onExit = (/** @type {number} */ code) => {
    const error = new HoldoverError('HOLDOVER_EARLY_EXIT', { file, code })
    outputs.writeError(error)
    process.stderr.write(`holdover: ${error.message} [${error.code}]\n`)
    process.exitCode = 2
  }
  const escapes = {
    failed: /** @type {Promise<never>} */ (failed),
    finish: () => process.off('exit', onExit),
    isCounted: (/** @type {any} */ _error) => false
  }
  // Two more than the job's own: Node warns from the eleventh on.
  process.setMaxListeners(process.getMaxListeners() + 1)
  process.on('uncaughtException', (error) => {
    // The check counts those of jobs; earlier Nodes warn, too.
    if (escapes.isCounted(error)) process.emitWarning(error.message)
    else reject(error)
  })
  process.on('exit', onExit)
  return escapes
}

/** @param {string} file @param {any} options resolved @param {ReturnType<typeof watchForEscapes>} escapes */
async function runCheck(file, options, escapes) {
  const { openCheck } = /** @type {any} */ (require('../index'))
  const check = openCheck(options)
  escapes.isCounted = check.counts
  try {
    const { job, setup, teardown } = await loadJob(file)
    const ctx = await Promise.race([callHook(file, 'setup', setup, []), escapes.failed])
    const report = await Promise.race([check.run((/** @type {number} */ i) => job(ctx, i)), escapes.failed])
    await Promise.race([callHook(file, 'teardown', teardown, [ctx]), escapes.failed, patience()])
    return report
  } finally {
    check.close()
  }
}

/** A teardown that hangs must not hide the verdict. */
function patience() {
  return require('../collect').wait(5_000)
}

/** @param {string[]} args @param {Record<string, number>} exit @returns {Promise<number>} */
async function run(args, exit) {
  const { values, positionals } = parse(args, OPTIONS, USAGE)
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return exit.clean
  }
  const file = oneFile(positionals, args)
  const outputs = new Outputs(values, USAGE)
  try {
    return await checkFile(file, values, outputs, exit)
  } catch (error) {
    outputs.writeError(error)
    throw error
  }
}

/** @param {string[]} positionals @param {string[]} args */
function oneFile(positionals, args) {
  if (positionals.length === 1) return positionals[0]
  const flag = args.find((arg) => OPTIONS[arg.slice(2)]?.bare !== undefined)
  const hint = flag === undefined ? '' : ` (the file of an output follows =, like ${flag}=FILE)`
  const problem =
    positionals.length === 0 ? 'which file?' : `one file at a time, got ${positionals.length}${hint}`
  throw new HoldoverError('HOLDOVER_USAGE', { problem, usage: USAGE })
}

/** @param {string} file as given @param {any} values @param {import('./outputs').Outputs} outputs @param {Record<string, number>} exit */
async function checkFile(file, values, outputs, exit) {
  if (isOff()) throw new HoldoverError('HOLDOVER_OFF', { where: 'holdover check' })
  const options = toCheckOptions(values, file, outputs.accepted)
  const resolved = resolveFile(file)
  native()
  outputs.prepare(resolved)
  const print = outputs.takesStdout ? reserveStdout() : undefined
  const escapes = watchForEscapes(file, outputs)
  try {
    const startedAt = performance.now()
    const report = await runCheck(file, options, escapes)
    const durationMs = performance.now() - startedAt
    if (!outputs.takesStdout) process.stdout.write(`${renderText(report, { color: isColorful() })}\n`)
    const { allowInconclusive } = options
    const { worker: reportedBy } = report
    outputs.write(report, { reportedBy, file: resolved, durationMs, allowInconclusive, options }, print)
    return outputs.updateBaseline(report, reportedBy) ? exit.clean : exitCode(report, options, exit)
  } finally {
    escapes.finish()
  }
}

function isColorful() {
  return process.stdout.isTTY === true && !process.env.NO_COLOR
}

/** @param {import('../index').Report} report @param {any} options resolved @param {Record<string, number>} exit */
function exitCode(report, options, exit) {
  const isAllowed = report.verdict === 'inconclusive' && options.allowInconclusive
  return isAllowed ? exit.clean : exit[report.verdict]
}

module.exports = { run }
