'use strict'

/**
 * What reading, comparing and measuring heap snapshots takes, beside other tools: CPU time and peak memory of one process
 * for each task. Tools take turns, so that what else the machine does meets all of them; medians are shown, with the least
 * and the most. At the end, what it takes to refuse damaged copies of the later snapshot.
 *
 *     node bench/heap/run.js [--size mid] [--node 24] [--rounds 3] [--record]
 *     node bench/heap/run.js --growth          the same for what grows over three snapshots of about 100 MB
 *
 * `--record` writes bench/results/heap-SIZE.txt, or heap-growth.txt. Needs GNU time, Debian's package of that name.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { snapshots, series, nodeOf } = require('./files')
const { engine } = require('./engine')
const { installPeers, peersFolder } = require('./peers')
const { measure } = require('./measure')
const { damaged } = require('./damaged')

const OPTIONS = /** @type {const} */ ({
  size: { type: 'string', default: 'mid' },
  node: { type: 'string', default: '24' },
  rounds: { type: 'string', default: '3' },
  growth: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false }
})

function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const { growth, node, size, rounds } = values
  const files = growth ? series(node, 'even', GROWTH_JOBS) : Object.values(snapshots(node, size))
  const figures = measured(growth ? growthCommands(files) : commands(files[0], files[1]), Number(rounds))
  const megabytes = files.map((file) => `${(fs.statSync(file).size / 1e6).toFixed(1)} MB`)
  const text = [
    `${os.cpus()[0].model}, ${os.cpus().length} cores, ${process.platform}-${process.arch}; load ${os.loadavg()[0].toFixed(1)}`,
    `snapshots of Node ${node}: ${megabytes.join(', ')}; ${rounds} rounds, medians`,
    ...Object.entries(figures).flatMap(([task, tools]) => ['', ...table(task, tools)]),
    ...(growth ? [] : ['', ...refusals(files[1])])
  ].join('\n')
  process.stdout.write(`${text}\n`)
  if (values.record) {
    const name = growth ? 'growth' : size
    fs.writeFileSync(path.join(__dirname, '..', 'results', `heap-${name}.txt`), `${text}\n`)
  }
}

/** Tools take turns. @param {Record<string, Record<string, string[]>>} tasks @param {number} rounds */
function measured(tasks, rounds) {
  /** @type {Record<string, Record<string, Figures[]>>} */
  const figures = {}
  for (let round = 0; round < rounds; round++) {
    for (const [task, tools] of Object.entries(tasks)) {
      for (const [tool, command] of Object.entries(tools)) {
        figures[task] ??= {}
        figures[task][tool] ??= []
        figures[task][tool].push(measure(command))
      }
    }
  }
  return figures
}

const GROWTH_JOBS = [100, 550, 1_000]

/** @param {string[]} files @returns {Record<string, Record<string, string[]>>} by task and tool */
function growthCommands(files) {
  installPeers()
  const node = [nodeOf('24'), '--max-old-space-size=16000']
  return {
    'what grows over three': {
      holdover: [engine(), 'growth', ...files.map((file, at) => `${file}@${GROWTH_JOBS[at]}`)],
      'Chrome DevTools, two comparisons': [...node, path.join(__dirname, 'devtools.js'), 'series', ...files],
      'memlab find-leaks': [...node, path.join(__dirname, 'peer.mjs'), 'memlab', 'growth', ...files]
    }
  }
}

/**
 * @param {string} before
 * @param {string} after
 * @returns {Record<string, Record<string, string[]>>} by task and tool
 */
function commands(before, after) {
  installPeers()
  const rust = path.join(peersFolder, 'rust')
  execFileSync('cargo', ['build', '--quiet', '--release'], { cwd: rust, stdio: 'inherit' })
  const crate = path.join(rust, 'target', 'release', 'heap-peer')
  const node = [nodeOf('24'), '--max-old-space-size=16000']
  const peer = [...node, path.join(__dirname, 'peer.mjs')]
  const devtools = [...node, path.join(__dirname, 'devtools.js')]
  return {
    'parse the later one': {
      holdover: [engine(), 'parse', after],
      'reading alone': [engine(), 'read', after],
      'reading, and a plain digit loop': [engine(), 'scan', after],
      'v8-heap-parser (Rust)': [crate, 'parse', after],
      'JSON.parse': [...peer, 'JSON', 'parse', after],
      memlab: [...peer, 'memlab', 'parse', after]
    },
    'compare both': {
      holdover: [engine(), 'compare', before, after],
      'holdover, with paths': [engine(), 'paths', before, after],
      'Chrome DevTools': [...devtools, 'compare', before, after],
      'heap-snapshot-toolkit': [...peer, 'toolkit', 'compare', before, after],
      'memlab (ids alone)': [...peer, 'memlab', 'compare', before, after]
    },
    'parse, dominators, retained sizes': {
      holdover: [engine(), 'measure', after],
      'v8-heap-parser (Rust)': [crate, 'measure', after],
      'Chrome DevTools': [...devtools, 'load', after],
      memlab: [...peer, 'memlab', 'measure', after]
    }
  }
}

/** @typedef {import('./measure').Figures} Figures */

/** @param {string} task @param {Record<string, Figures[]>} tools */
function table(task, tools) {
  const medians = Object.entries(tools).map(([tool, rounds]) => {
    const done = rounds.filter((round) => round.status === 0)
    const of = (/** @type {'cpu' | 'megabytes'} */ what) => median(done.map((round) => round[what]))
    const cpus = done.map((round) => round.cpu)
    const spread = `${Math.min(...cpus).toFixed(2)}-${Math.max(...cpus).toFixed(2)}`
    return { tool, cpu: of('cpu'), spread, megabytes: of('megabytes'), failed: done.length === 0 }
  })
  const [ours] = medians
  const row = (/** @type {string[]} */ cells) =>
    `${cells[0].padEnd(34)}${cells
      .slice(1)
      .map((cell) => cell.padStart(12))
      .join('')}`
  return [
    row([task, 'CPU s', 'spread', 'peak MB', 'CPU', 'memory']),
    ...medians.map(({ tool, cpu, spread, megabytes, failed }) =>
      failed
        ? row([`  ${tool}`, 'failed'])
        : row([
            `  ${tool}`,
            cpu.toFixed(2),
            spread,
            megabytes.toFixed(0),
            `${(cpu / ours.cpu).toFixed(1)}x`,
            `${(megabytes / ours.megabytes).toFixed(1)}x`
          ])
    )
  ]
}

const SLOWEST = 8

/** @param {string} file */
function refusals(file) {
  const [sound, ...rows] = damaged(file)
  const line = (/** @type {typeof sound} */ { name, code, cpu, megabytes }) =>
    `  ${name.padEnd(38)}${code.padEnd(12)}${cpu.toFixed(2).padStart(6)}${megabytes.toFixed(0).padStart(9)}`
  return [
    `${`refusing ${rows.length} damaged copies`.padEnd(52)} CPU s  peak MB`,
    line(sound),
    ...rows.slice(0, SLOWEST).map(line),
    `  each of the other ${rows.length - SLOWEST}: ${rows[SLOWEST].cpu.toFixed(2)} s or less`
  ]
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

main()
