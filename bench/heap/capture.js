'use strict'

/**
 * What a snapshot of the running process costs by each route: CPU time of the thread that asks and of the process, how long
 * that thread stands still, resident memory on top, and the time from V8's last byte to the graph. Each in a process of its
 * own with the same heap; routes take turns; medians are shown. Linux alone: /proc has the CPU time of one thread.
 *
 *     node bench/heap/capture.js [--size mid] [--node 20,22,24,26] [--rounds 5] [--record]
 *
 * `--record` writes bench/results/heap-capture.txt.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const v8 = require('node:v8')
const { execFileSync } = require('node:child_process')
const { parseArgs } = require('node:util')

const OPTIONS = /** @type {const} */ ({
  size: { type: 'string', default: 'mid' },
  node: { type: 'string', default: '20,22,24,26' },
  rounds: { type: 'string', default: '5' },
  record: { type: 'boolean', default: false }
})

/** What is measured, in a process with a heap. @type {Record<string, (file: string) => Promise<{ pauseMs?: number }>>} */
const ROUTES = {
  'v8.writeHeapSnapshot(file)': async (file) => {
    const startedAt = performance.now()
    v8.writeHeapSnapshot(file)
    return { pauseMs: performance.now() - startedAt }
  },
  'heap.takeSnapshot()': async () => require('../../js').heap.takeSnapshot(),
  'heap.takeSnapshot({ file })': async (file) => require('../../js').heap.takeSnapshot({ file }),
  'v8.getHeapSnapshot(), read': async () => {
    for await (const _ of v8.getHeapSnapshot());
    return {}
  }
}

/** CPU time of this thread. */
function threadMs() {
  return Number(fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6
}

/** @param {string} route @param {string} size */
async function measure(route, size) {
  require('./worker').fill(size)
  require('../../js')
    .heap.open(__filename)
    .catch(() => {})
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-bench-')), 'a.heapsnapshot')
  const heapMb = v8.getHeapStatistics().used_heap_size / 1e6
  const before = {
    rss: process.memoryUsage.rss(),
    thread: threadMs(),
    cpu: process.cpuUsage(),
    at: performance.now()
  }
  const done = await ROUTES[route](file)
  const wallMs = performance.now() - before.at
  const { user, system } = process.cpuUsage(before.cpu)
  const figures = {
    heapMb,
    threadMs: threadMs() - before.thread,
    processMs: (user + system) / 1e3,
    rssMb: (process.resourceUsage().maxRSS * 1024 - before.rss) / 1e6,
    pauseMs: done.pauseMs ?? wallMs,
    tailMs: done.pauseMs === undefined ? 0 : wallMs - done.pauseMs,
    nodes: /** @type {any} */ (done).nodes ?? 0
  }
  fs.rmSync(path.dirname(file), { recursive: true, force: true })
  process.stdout.write(JSON.stringify(figures))
  process.exit(0)
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/** @param {string} binary @param {string} size @param {number} rounds @returns {string[]} lines */
function table(binary, size, rounds) {
  /** @type {Record<string, any[]>} */
  const all = {}
  for (let round = 0; round < rounds; round++) {
    for (const route of Object.keys(ROUTES)) {
      const text = execFileSync(binary, [__filename, 'one', route, size], { encoding: 'utf8' })
      all[route] = [...(all[route] ?? []), JSON.parse(text)]
    }
  }
  const of = (/** @type {string} */ route, /** @type {string} */ what) =>
    median(all[route].map((figures) => figures[what]))
  const [floor] = Object.keys(ROUTES)
  const spread = (/** @type {string} */ route) => {
    const ratios = all[route].map((figures, round) => figures.threadMs / all[floor][round].threadMs)
    return `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`
  }
  const row = (/** @type {string[]} */ [name, ...cells]) =>
    `${name.padEnd(30)}${cells.map((cell) => cell.padStart(12)).join('')}`
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()
  const nodes = of('heap.takeSnapshot()', 'nodes')
  return [
    `${version}, heap ${of(floor, 'heapMb').toFixed(0)} MB, ${nodes.toLocaleString('en-US')} nodes`,
    row(['', 'thread CPU', 'of the 1st', 'spread', 'process CPU', 'still', 'rss', 'tail']),
    ...Object.keys(ROUTES).map((route) =>
      row([
        `  ${route}`,
        `${of(route, 'threadMs').toFixed(0)} ms`,
        `${median(all[route].map((f, round) => f.threadMs / all[floor][round].threadMs)).toFixed(3)}`,
        spread(route),
        `${of(route, 'processMs').toFixed(0)} ms`,
        `${of(route, 'pauseMs').toFixed(0)} ms`,
        `+${of(route, 'rssMb').toFixed(0)} MB`,
        `${of(route, 'tailMs').toFixed(0)} ms`
      ])
    ),
    ''
  ]
}

function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const { nodeOf } = require('./files')
  const lines = [
    `${os.cpus()[0].model}, ${os.cpus().length} cores, ${process.platform}-${process.arch}; load ${os.loadavg()[0].toFixed(1)}`,
    `${values.rounds} rounds, medians; ratios of neighbours in a round`,
    '',
    ...values.node.split(',').flatMap((major) => table(nodeOf(major), values.size, Number(values.rounds)))
  ]
  const text = lines.join('\n')
  process.stdout.write(text)
  if (values.record) fs.writeFileSync(path.join(__dirname, '..', 'results', 'heap-capture.txt'), text)
}

const [mode, route, size] = process.argv.slice(2)
if (mode === 'one') measure(route, size)
else main()
