'use strict'

/**
 * What reading, comparing and measuring heap snapshots takes, beside other tools: CPU time and peak memory of one process
 * for each task. Tools take turns, so that what else the machine does meets all of them; medians are shown.
 *
 *     node bench/heap/run.js [--size mid] [--node 24] [--rounds 3] [--record]
 *
 * `--record` writes bench/results/heap-SIZE.txt. Needs GNU time, Debian's package of that name.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync, spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { snapshots, nodeOf } = require('./files')
const { engine } = require('./engine')
const { installPeers, peersFolder } = require('./peers')

const OPTIONS = /** @type {const} */ ({
  size: { type: 'string', default: 'mid' },
  node: { type: 'string', default: '24' },
  rounds: { type: 'string', default: '3' },
  record: { type: 'boolean', default: false }
})

function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const { before, after } = snapshots(values.node, values.size)
  const tasks = commands(before, after)
  /** @type {Record<string, Record<string, Figures[]>>} */
  const figures = {}
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [task, tools] of Object.entries(tasks)) {
      for (const [tool, command] of Object.entries(tools)) {
        figures[task] ??= {}
        figures[task][tool] ??= []
        figures[task][tool].push(measure(command))
      }
    }
  }
  const megabytes = (/** @type {string} */ file) => (fs.statSync(file).size / 1e6).toFixed(1)
  const text = [
    `${os.cpus()[0].model}, ${os.cpus().length} cores, ${process.platform}-${process.arch}; load ${os.loadavg()[0].toFixed(1)}`,
    `snapshots of Node ${values.node}: before ${megabytes(before)} MB, after ${megabytes(after)} MB; ${values.rounds} rounds, medians`,
    ...Object.entries(figures).flatMap(([task, tools]) => ['', ...table(task, tools)])
  ].join('\n')
  process.stdout.write(`${text}\n`)
  if (values.record) {
    fs.writeFileSync(path.join(__dirname, '..', 'results', `heap-${values.size}.txt`), `${text}\n`)
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

/** @typedef {{ cpu: number, megabytes: number } | null} Figures */

/** @param {string[]} command @returns {Figures} null where it failed */
function measure([file, ...args]) {
  const result = spawnSync('/usr/bin/time', ['-f', '%U %S %M', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30
  })
  if (result.status !== 0) return null
  // memlab also writes there, without an end of its line.
  const [, user, system, kilobytes] = /(\d+\.\d+) (\d+\.\d+) (\d+)\s*$/.exec(result.stderr)?.map(Number) ?? []
  return { cpu: user + system, megabytes: kilobytes / 1e3 }
}

/** @param {string} task @param {Record<string, Figures[]>} tools */
function table(task, tools) {
  const medians = Object.entries(tools).map(([tool, rounds]) => {
    const done = rounds.filter((round) => round !== null)
    const of = (/** @type {'cpu' | 'megabytes'} */ what) => median(done.map((round) => round[what]))
    return { tool, cpu: of('cpu'), megabytes: of('megabytes'), failed: done.length === 0 }
  })
  const [ours] = medians
  const row = (/** @type {string[]} */ cells) =>
    `${cells[0].padEnd(28)}${cells
      .slice(1)
      .map((cell) => cell.padStart(12))
      .join('')}`
  return [
    row([task, 'CPU s', 'peak MB', 'CPU', 'memory']),
    ...medians.map(({ tool, cpu, megabytes, failed }) =>
      failed
        ? row([`  ${tool}`, 'failed', '', '', ''])
        : row([
            `  ${tool}`,
            cpu.toFixed(2),
            megabytes.toFixed(0),
            `${(cpu / ours.cpu).toFixed(1)}x`,
            `${(megabytes / ours.megabytes).toFixed(1)}x`
          ])
    )
  ]
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

main()
