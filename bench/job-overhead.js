'use strict'

/**
 * CPU time of one job with 3 timers, 4 listeners and 5 awaits, in one process per variant and round; variants take
 * turns. Prints medians and what each adds over AsyncLocalStorage alone.
 *
 *     node bench/job-overhead.js [--rounds 7] [--jobs 60000] [--node PATH]
 */

const { execFileSync } = require('node:child_process')
const os = require('node:os')
const { parseArgs } = require('node:util')

const VARIANTS = ['bare', 'als', 'counts', 'sites']

/** Runs in the child. */
async function measure(variant, jobs) {
  const { EventEmitter } = require('node:events')
  const { AsyncLocalStorage } = require('node:async_hooks')
  const bus = new EventEmitter()
  bus.setMaxListeners(100)
  const run = runnerFor(variant, AsyncLocalStorage)
  const noop = () => {}

  const job = async () => {
    const a = setTimeout(noop, 1_000)
    const b = setTimeout(noop, 2_000)
    const c = setInterval(noop, 5_000)
    const own = new EventEmitter()
    const onData = () => 1
    const onEnd = () => 2
    own.on('data', onData)
    own.on('end', onEnd)
    bus.on('data', onData)
    bus.on('end', onEnd)
    for (let i = 0; i < 5; i++) await null
    own.off('data', onData)
    own.off('end', onEnd)
    bus.off('data', onData)
    bus.off('end', onEnd)
    clearTimeout(a)
    clearTimeout(b)
    clearInterval(c)
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const block = async (count) => {
    for (let i = 0; i < count; i++) {
      await run(job)
      if (i % 16 === 15) await turn()
    }
  }
  await block(Math.floor(jobs / 4))
  const before = process.cpuUsage()
  await block(jobs)
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(String(((user + system) * 1_000) / jobs))
  process.exit(0)
}

/** @param {string} variant */
function runnerFor(variant, AsyncLocalStorage) {
  if (variant === 'bare') return (job) => job()
  if (variant === 'als') {
    const storage = new AsyncLocalStorage()
    return (job) => storage.run({ id: 1 }, job)
  }
  const holdover = require('..')
  holdover.start({ level: variant, report: { everyMs: 0 } })
  return (job) => holdover.runJob('job', job)
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const spread = (values) => `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}`

function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      jobs: { type: 'string' },
      node: { type: 'string' },
      child: { type: 'string' }
    }
  })
  const jobs = Number(values.jobs ?? 60_000)
  if (values.child !== undefined) return measure(values.child, jobs)
  const node = values.node ?? process.execPath
  const results = Object.fromEntries(VARIANTS.map((variant) => [variant, []]))
  for (let round = 0; round < Number(values.rounds ?? 7); round++) {
    for (const variant of VARIANTS) {
      const text = execFileSync(node, [__filename, '--child', variant, '--jobs', String(jobs)], {
        encoding: 'utf8'
      })
      results[variant].push(Number(text))
    }
  }
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  console.log(`node ${version}, ${os.cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}`)
  for (const variant of VARIANTS) {
    const over = results[variant].map((ns, i) => ns - results.als[i])
    const ns = median(results[variant]).toFixed(0)
    console.log(
      `${variant.padEnd(8)} ${ns.padStart(6)} ns/job (${spread(results[variant])})   over als ${(median(over) / 1_000).toFixed(2)} µs`
    )
  }
}

main()
