'use strict'

/**
 * What the source map of a large bundle costs the loop when a report is made: holdover's reading of it beside Node's own
 * `module.SourceMap`, each in a process of its own, in turns. The bundle is made by esbuild of many copies of the
 * files in js/. Prints medians with their range, and the heap that is still held after a collection.
 *
 *     node bench/source-map.js [--megabytes 10] [--sites 50] [--rounds 7] [--node PATH]
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { parseArgs } = require('node:util')

/** Frames of one site. */
const FRAMES = 8

/** Places spread over the bundle, as sites of a ledger. @param {string} file @param {number} count */
function sitesIn(file, count) {
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  const longest = lines.reduce((best, text, i) => (text.length > lines[best].length ? i : best), 0)
  const step = lines[longest].length / (count * FRAMES)
  const frame = (at) => [file, longest + 1, 1 + Math.floor(at * step), 'f']
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({ via: 'user', frames: Array.from({ length: FRAMES }, (_, n) => frame(i * FRAMES + n)) })
  )
}

/** Runs in the child. @param {string} variant @param {string} file @param {number} count */
function measure(variant, file, count) {
  const { OriginalSites } = require('../js/original-sites')
  const texts = sitesIn(file, count)
  const ids = texts.map((_, i) => i)
  global.gc?.()
  const heapBefore = process.memoryUsage().heapUsed
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let kept
  if (variant === 'holdover') {
    kept = new OriginalSites((id) => texts[id])
    kept.learn(ids)
    if (Object.keys(kept.shown(ids)).length !== count) throw new Error('not every site was found')
  } else {
    const { SourceMap } = require('node:module')
    kept = new SourceMap(JSON.parse(fs.readFileSync(`${file}.map`, 'utf8')))
    kept.findEntry(0, 0)
  }
  const wallMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  const heapPeakBytes = process.memoryUsage().heapUsed - heapBefore
  global.gc?.()
  const heapKeptBytes = process.memoryUsage().heapUsed - heapBefore
  const result = {
    wallMs,
    cpuMs: (user + system) / 1_000,
    heapPeakBytes,
    heapKeptBytes,
    isKept: kept !== null
  }
  process.stdout.write(JSON.stringify(result))
}

/** @param {string} folder @param {number} bytes of map */
function makeBundle(folder, bytes) {
  const esbuild = require('esbuild')
  const own = path.join(__dirname, '..', 'js')
  const names = fs.readdirSync(own).filter((name) => name.endsWith('.js') && name !== 'binding.js')
  const texts = names.map((name) =>
    fs.readFileSync(path.join(own, name), 'utf8').replace(/require\(/g, 'need(')
  )
  const file = path.join(folder, 'bundle.js')
  const build = (copies) => {
    const modules = []
    for (let copy = 0; copy < copies; copy++) {
      for (const [i, text] of texts.entries()) {
        const name = path.join(folder, `module-${copy}-${i}.js`)
        fs.writeFileSync(
          name,
          `const need = (name) => globalThis[name]\nconst __dirname = '', __filename = ''\n${text}`
        )
        modules.push(name)
      }
    }
    const contents = modules.map((name) => `require(${JSON.stringify(name)})`).join('\n')
    const stdin = { contents, resolveDir: folder }
    const options = {
      bundle: true,
      minify: true,
      sourcemap: /** @type {const} */ ('linked'),
      logLevel: /** @type {const} */ ('error')
    }
    esbuild.buildSync({ ...options, stdin, outfile: file, platform: 'node', logLimit: 3 })
    return fs.statSync(`${file}.map`).size
  }
  const one = build(1)
  build(Math.max(1, Math.round(bytes / one)))
  return file
}

/** @param {number[]} values */
function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const show = (value) => value.toFixed(0)
  return `${show(sorted[Math.floor(sorted.length / 2)])} (${show(sorted[0])}–${show(sorted[sorted.length - 1])})`
}

function main() {
  const { values } = parseArgs({
    options: {
      megabytes: { type: 'string', default: '10' },
      sites: { type: 'string', default: '50' },
      rounds: { type: 'string', default: '7' },
      node: { type: 'string', default: process.execPath }
    }
  })
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-bench-'))
  try {
    const file = makeBundle(folder, Number(values.megabytes) * 1e6)
    const mapMb = fs.statSync(`${file}.map`).size / 1e6
    const results = { holdover: [], node: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const variant of Object.keys(results)) {
        const args = ['--expose-gc', __filename, 'child', variant, file, values.sites]
        results[variant].push(JSON.parse(execFileSync(values.node, args, { encoding: 'utf8' })))
      }
    }
    const version = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim()
    process.stdout.write(
      `${version}, a map of ${mapMb.toFixed(1)} MB, ${values.sites} sites, medians of ${values.rounds}\n`
    )
    process.stdout.write('            wall ms          CPU ms           heap MB at end   heap MB kept\n')
    for (const [variant, rows] of Object.entries(results)) {
      const cells = [
        rows.map((row) => row.wallMs),
        rows.map((row) => row.cpuMs),
        rows.map((row) => row.heapPeakBytes / 1e6),
        rows.map((row) => row.heapKeptBytes / 1e6)
      ].map((column) => summary(column).padEnd(16))
      process.stdout.write(`${variant.padEnd(12)}${cells.join(' ').trimEnd()}\n`)
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[2] === 'child') measure(process.argv[3], process.argv[4], Number(process.argv[5]))
else main()
