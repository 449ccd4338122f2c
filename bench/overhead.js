'use strict'

/**
 * What watching costs: CPU time of jobs and single operations bare, with AsyncLocalStorage alone, with holdover at
 * each level, and with other leak finders. One process per measurement; variants take turns, so that what else the
 * machine does meets all of them. Figures of one round are compared with each other, and the median of that is shown.
 *
 *     node bench/overhead.js [--node 22 --node 24 …] [--rounds 9] [--scenario job …] [--no-peers] [--record]
 *
 * `--record` writes these scenarios on these Nodes to bench/results/overhead.json, and docs/benchmarks.md from all results
 * there.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync, spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { installNode } = require('../scripts/nodes')
const { SCENARIOS } = require('./overhead/scenarios')
const { VARIANTS } = require('./overhead/variants')
const { overheadTables, benchmarksPage } = require('./overhead/page')

const CHILD = path.join(__dirname, 'overhead', 'child.js')
const PEERS = path.join(__dirname, 'peers')
const RESULTS = path.join(__dirname, 'results', 'overhead.json')
const PAGE = path.join(__dirname, '..', 'docs', 'benchmarks.md')

const OPTIONS = /** @type {const} */ ({
  node: { type: 'string', multiple: true, default: [] },
  rounds: { type: 'string', default: '9' },
  scenario: { type: 'string', multiple: true, default: Object.keys(SCENARIOS) },
  'no-peers': { type: 'boolean', default: false },
  record: { type: 'boolean', default: false }
})

function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const unknown = values.scenario.find((name) => SCENARIOS[name] === undefined)
  if (unknown !== undefined)
    throw new Error(`no scenario ${unknown}; there are ${Object.keys(SCENARIOS).join(', ')}`)
  const names = Object.keys(VARIANTS).filter((name) => !values['no-peers'] || !VARIANTS[name].peer)
  if (!values['no-peers']) installPeers()

  const binaries = [process.execPath, ...values.node.map((major) => installNode(major))]
  if (binaries.includes(null)) throw new Error('a Node could not be installed; npm says why above')
  const rounds = Number(values.rounds)
  const run = {
    machine: `${os.cpus()[0].model}, ${os.cpus().length} cores, ${process.platform}-${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
    rounds
  }
  for (const scenario of values.scenario) {
    const result = {
      runs: { [scenario]: run },
      nodes: binaries.map((binary) => measureOn(/** @type {string} */ (binary), [scenario], names, rounds))
    }
    process.stdout.write(overheadTables(result))
    if (values.record) record(result)
  }
}

/** @param {any} result */
function record(result) {
  const all = merged(JSON.parse(fs.readFileSync(RESULTS, 'utf8')), result)
  fs.writeFileSync(RESULTS, `${JSON.stringify(all, roundNumbers, 1)}\n`)
  fs.writeFileSync(PAGE, benchmarksPage(all))
}

/**
 * What was measured now takes the place of what was measured before of that scenario, on all Nodes.
 * @param {any} before @param {any} result
 */
function merged(before, result) {
  const again = Object.keys(result.runs)
  const ids = [...new Set([...before.nodes, ...result.nodes].map(({ node }) => node))]
  const scenariosOf = (/** @type {any} */ { nodes }, /** @type {string} */ id) =>
    nodes.find((/** @type {any} */ { node }) => node === id)?.scenarios ?? {}
  const nodes = ids.map((node) => {
    const old = Object.entries(scenariosOf(before, node)).filter(([name]) => !again.includes(name))
    return { node, scenarios: { ...Object.fromEntries(old), ...scenariosOf(result, node) } }
  })
  return {
    runs: { ...before.runs, ...result.runs },
    nodes: nodes.filter(({ scenarios }) => Object.keys(scenarios).length > 0)
  }
}

/** @param {string} binary @param {string[]} scenarios @param {string[]} variants @param {number} rounds */
function measureOn(binary, scenarios, variants, rounds) {
  const measured = scenarios.map((scenario) => {
    const figures = Object.fromEntries(variants.map((variant) => [variant, /** @type {number[]} */ ([])]))
    for (let round = 0; round < rounds; round++) {
      for (const variant of variants) {
        figures[variant].push(Number(execFileSync(binary, [CHILD, scenario, variant], { encoding: 'utf8' })))
      }
    }
    return [scenario, figures]
  })
  const node = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()
  return { node, scenarios: Object.fromEntries(measured) }
}

function installPeers() {
  if (fs.existsSync(path.join(PEERS, 'node_modules'))) return
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
  const result = spawnSync('npm', args, { cwd: PEERS, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status !== 0) throw new Error('the other leak finders could not be installed: try --no-peers')
}

/** @param {string} _key @param {unknown} value */
function roundNumbers(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 10) / 10 : value
}

main()
