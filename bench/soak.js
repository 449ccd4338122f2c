'use strict'

/**
 * What a host may do to holdover, and what that costs: each scenario of bench/soak/scenarios.js in a process of its
 * own, without holdover (AsyncLocalStorage alone) and with it.
 *
 *     node bench/soak.js [scenario…] [--node PATH] [--scale F] [--level sites|counts] [--record | --page]
 *
 * `--record` writes the results of that Node to bench/results/ and docs/soak.md from all results there; `--page` writes
 * the page alone. The exit code is 1 when a figure misses its goal.
 */

const { spawnSync, execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { scenarios } = require('./soak/scenarios')
const { judge } = require('./soak/judge')
const { soakPage, RESULTS, PAGE } = require('./soak/page')

const CHILD = path.join(__dirname, 'soak', 'child.js')
const USAGE = 'usage: node bench/soak.js [scenario…] [--node PATH] [--scale F] [--level LEVEL] [--record]'

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      node: { type: 'string', default: process.execPath },
      scale: { type: 'string', default: '1' },
      level: { type: 'string', default: 'sites' },
      record: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false }
    }
  })
  if (values.page) return fs.writeFileSync(PAGE, soakPage())
  const unknown = positionals.filter((name) => scenarios[name] === undefined)
  if (unknown.length > 0) {
    console.error(
      `no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}\n${USAGE}`
    )
    process.exitCode = 2
    return
  }
  const names = positionals.length > 0 ? positionals : Object.keys(scenarios)
  const results = []
  for (const name of names) {
    const result = measure(name, values)
    console.log(describe(result))
    results.push(result)
    if (values.record) record(values.node, results)
  }
  if (values.record) fs.writeFileSync(PAGE, soakPage())
  process.exitCode = results.every((result) => result.goals.every((goal) => goal.isMet)) ? 0 : 1
}

/** @param {string} name @param {{ node: string, scale: string, level: string }} options */
function measure(name, { node, scale, level }) {
  const bare = runChild(node, name, 'bare', scale)
  const watched = runChild(node, name, level, scale)
  return { scenario: name, scale: Number(scale), bare, watched, goals: judge(scenarios[name], bare, watched) }
}

/** @param {string} node @param {string} name @param {string} variant @param {string} scale */
function runChild(node, name, variant, scale) {
  const args = ['--expose-gc', CHILD, name, variant, scale]
  const { status, signal, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} ${variant} ended with ${signal ?? status}:\n${stderr}`)
  return JSON.parse(stdout)
}

/** @param {any} result */
function describe({ scenario, bare, watched, goals }) {
  const mb = (bytes) => (bytes / 2 ** 20).toFixed(1)
  const { dropped, passes, passCpuMs, slices, bytes, notes, level } = watched.holdover
  const counters = Object.entries(dropped).filter(([, count]) => count > 0)
  const lines = [
    `${scenario}   ${watched.node}, ${level}: ${scenarios[scenario].title}`,
    `  heap after a collection ${mb(bare.endHeapBytes)} → ${mb(watched.endHeapBytes)} MB · peak rss ${mb(bare.peakRssBytes)} → ${mb(watched.peakRssBytes)} MB`,
    `  ${watched.samples.length === 0 ? '' : `heap on the way ${watched.samples.map(({ heapBytes }) => mb(heapBytes)).join(' ')} MB`}`,
    `  CPU ${(bare.cpuMs / 1_000).toFixed(1)} → ${(watched.cpuMs / 1_000).toFixed(1)} s · ${passes} passes ${passCpuMs.toFixed(0)} ms, longest slice ${slices.longestMs.toFixed(1)} ms`,
    watched.loopDelayMs.max === 0
      ? ''
      : `  at rest, loop delay p99/max ${stops(bare)} → ${stops(watched)} ms, longest collection ${bare.longestGcMs.toFixed(0)} → ${watched.longestGcMs.toFixed(0)} ms`,
    `  ledger ${bytes} bytes · dropped ${counters.map(([reason, count]) => `${reason} ${count}`).join(', ') || 0}`,
    ...notes.map((note) => `  note: ${note}`),
    ...goals.map(({ isMet, text }) => `  ${isMet ? 'met' : 'MISSED'}: ${text}`)
  ]
  return `${lines.filter((line) => line.trim() !== '').join('\n')}\n`
}

/** How long the loop stood still while the program rested. @param {any} result */
function stops({ loopDelayMs }) {
  return `${loopDelayMs.p99.toFixed(1)}/${loopDelayMs.max.toFixed(0)}`
}

/** Replaces these scenarios in the results of this Node. @param {string} node @param {any[]} results */
function record(node, results) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  const file = path.join(RESULTS, `soak-${version.split('.')[0]}.json`)
  const before = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).results : []
  // Goals are looked at again when the page is written.
  const measured = results.map(({ goals: _, ...result }) => result)
  const known = new Map([...before, ...measured].map((result) => [result.scenario, result]))
  const ordered = Object.keys(scenarios).flatMap((name) => known.get(name) ?? [])
  const head = {
    node: version,
    machine: `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, ${os.platform()}-${os.arch()}`,
    date: new Date().toISOString().slice(0, 10)
  }
  fs.mkdirSync(RESULTS, { recursive: true })
  fs.writeFileSync(file, `${JSON.stringify({ ...head, results: ordered }, null, 1)}\n`)
}

main()
