'use strict'

/**
 * Threads that load holdover and end in every way: by returning, `process.exit()`, a throw, a rejection, for lack of
 * memory, and terminated while they start, while they load, in a job, in a pass and between passes. Once in a process whose main thread
 * never loads holdover, once in one that started it. Nothing may crash, hang, or be left over.
 *
 *     npm run threads -- [--count 1000] [--seed 1] [--main never|starts] [--node PATH] [--record FILE]
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')

const STORM = path.join(__dirname, 'threads', 'storm.js')
/** Per thread, on a busy machine; a storm that takes longer hangs. */
const MAX_MS_PER_THREAD = 3_000
const MIN_MS = 120_000
/** Texts of call sites that turn up late. What is kept for one thread is some 800 bytes, so ten left over would show. */
const MAX_GROWTH_BYTES = 8_000

/** Whether the main thread starts holdover. @type {Record<string, boolean>} */
const MAINS = { never: false, starts: true }

/** How each ending shows in the thread that waits for it. @type {Record<string, RegExp>} */
const EXPECTED = {
  return: /^exit 0$/,
  exit: /^exit 3$/,
  'exit in a job': /^exit 3$/,
  throw: /^expected 1$/,
  reject: /^expected 1$/,
  'out of memory': /^out of memory 1$/,
  // Before the first line of the thread runs Node calls it 0.
  'terminate while starting': /^exit [01]$/,
  'terminate while loading': /^exit [01]$/,
  'terminate in a job': /^exit 1$/,
  'terminate in a pass': /^exit 1$/,
  'terminate between passes': /^exit 1$/
}

/** @param {string} node @param {{ count: number, seed: number, mainStarts: boolean }} order */
function run(node, order) {
  const timeout = Math.max(MIN_MS, order.count * MAX_MS_PER_THREAD)
  const { status, signal, stdout, stderr } = spawnSync(node, [STORM, JSON.stringify(order)], {
    encoding: 'utf8',
    timeout,
    maxBuffer: 64 * 1024 * 1024
  })
  if (status !== 0) {
    const how = signal === 'SIGTERM' ? `hung for ${timeout / 1_000} s` : (signal ?? `exit code ${status}`)
    return { result: null, faults: [`the process ended by ${how}\n${stderr}`] }
  }
  const result = JSON.parse(stdout)
  return { result, faults: faultsOf(result, order) }
}

/** @param {any} result @param {{ mainStarts: boolean }} order @returns {string[]} */
function faultsOf({ outcomes, before, after, mainLoaded, jobs }, { mainStarts }) {
  const faults = []
  let terminated = 0
  for (const [outcome, count] of Object.entries(outcomes)) {
    const [ending, how] = outcome.split(': ')
    if (!EXPECTED[ending].test(how)) faults.push(`${count} × ${outcome}`)
    if (ending.startsWith('terminate')) terminated += Number(count)
  }
  const staying = mainStarts ? 1 : 0
  if (after.threads !== staying) faults.push(`the ledger knows ${after.threads} threads, not ${staying}`)
  const growth = after.bytes - before.bytes
  if (growth > MAX_GROWTH_BYTES) faults.push(`the ledger grew by ${growth} bytes`)
  if (after.panics !== 0) faults.push(`${after.panics} panics`)
  if (mainLoaded !== mainStarts) faults.push('main loaded the addon where it should not, or the reverse')
  // A thread that is terminated between the end of a job and the storm's own count has one job more in the report.
  const surplus = jobs === null ? 0 : jobs.reported - jobs.counted
  if (surplus < 0 || surplus > terminated)
    faults.push(`${jobs.reported} jobs reported, ${jobs.counted} finished`)
  return faults
}

/** @param {any} result @param {boolean} mainStarts @param {number} count */
function describe({ node, outcomes, seconds, before, after, jobs }, mainStarts, count) {
  const mb = ((after.rssBytes - before.rssBytes) / 1e6).toFixed(1)
  const lines = [
    `node ${node}, main ${mainStarts ? 'has started holdover' : 'never loads it'}: ${count} threads in ${seconds.toFixed(0)} s`,
    `  ledger ${before.bytes} bytes before, ${after.bytes} after, threads left ${after.threads}, panics ${after.panics}; rss ${mb} MB more`
  ]
  if (jobs !== null)
    lines.push(`  jobs: ${jobs.counted} counted by the threads, ${jobs.reported} in the report`)
  for (const outcome of Object.keys(outcomes).sort()) lines.push(`  ${outcomes[outcome]} × ${outcome}`)
  return lines.join('\n')
}

function main() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string' },
      seed: { type: 'string' },
      main: { type: 'string' },
      node: { type: 'string' },
      record: { type: 'string' }
    }
  })
  const count = Number(values.count ?? 1_000)
  const seed = Number(values.seed ?? 1)
  const parts = [
    `${os.cpus().length} × ${os.cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}, seed ${seed}`
  ]
  const mains = values.main === undefined ? Object.keys(MAINS) : [values.main]
  for (const main of mains) {
    const mainStarts = MAINS[main]
    const { result, faults } = run(values.node ?? process.execPath, { count, seed, mainStarts })
    if (result !== null) parts.push(describe(result, mainStarts, count))
    for (const fault of faults) parts.push(`  FAULT ${fault}`)
    if (faults.length > 0) process.exitCode = 1
  }
  const text = `${parts.join('\n')}\n`
  process.stdout.write(text)
  if (values.record !== undefined) fs.appendFileSync(values.record, `${text}\n`)
}

main()
