'use strict'

/**
 * Compares every cell of the Comparison and Summary tables, and every node's shallow size, retained size, distance and
 * dominator, with those of Chrome DevTools' own worker, on snapshots of several Node versions.
 *
 *     node bench/heap/verify.js [--size small --size mid] [--node 20 --node 24] [--record]
 *
 * `--record` writes bench/results/heap-equality.txt, what was verified before included, and what the tests expect of the
 * small size. The middle size takes a minute for each version, and the big one ten minutes and 8 GB; its nodes are left
 * out unless they are asked for with `--big-nodes`.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { snapshots, nodeOf } = require('./files')
const { engine } = require('./engine')
const { stableRows } = require('../../__test__/helpers/heap-rows')

const devtools = path.join(__dirname, 'devtools.js')
const EXPECTED = path.join(__dirname, '..', '..', '__test__', 'fixtures', 'heap', 'devtools-rows.json')
const RESULTS = path.join(__dirname, '..', 'results', 'heap-equality.txt')

const OPTIONS = /** @type {const} */ ({
  size: { type: 'string', multiple: true, default: ['small'] },
  node: { type: 'string', multiple: true, default: ['20', '22', '24', '26'] },
  'big-nodes': { type: 'boolean', default: false },
  record: { type: 'boolean', default: false }
})

function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const lines = []
  /** @type {Record<string, any[]>} */
  const expected = JSON.parse(fs.existsSync(EXPECTED) ? fs.readFileSync(EXPECTED, 'utf8') : '{}')
  let differences = 0
  for (const size of values.size) {
    for (const major of values.node) {
      for (const { what, rows, different, theirs } of verify(major, size, values['big-nodes'])) {
        if (size === 'small' && what.startsWith('Comparison')) expected[major] = stableRows(theirs)
        const verdict = different === 0 ? 'all equal' : `${different} DIFFER`
        lines.push(
          `Node ${major}  ${size.padEnd(5)} ${what.padEnd(36)} ${String(rows).padStart(9)}  ${verdict}`
        )
        process.stdout.write(`${lines.at(-1)}\n`)
        differences += different
      }
    }
  }
  if (values.record) {
    record(lines)
    fs.writeFileSync(EXPECTED, `${JSON.stringify(expected, null, 2)}\n`)
  }
  process.exitCode = differences === 0 ? 0 : 1
}

/** What was verified before stays, unless it was verified again. @param {string[]} lines */
function record(lines) {
  const what = (/** @type {string} */ line) => line.replace(/\s+\d+ {2}(all equal|\d+ DIFFER)$/, '')
  const known = fs.existsSync(RESULTS) ? fs.readFileSync(RESULTS, 'utf8').trimEnd().split('\n') : []
  const all = new Map([...known, ...lines].map((line) => [what(line), line]))
  const rank = (/** @type {string} */ line) =>
    ['small', 'mid', 'big'].findIndex((size) => line.includes(` ${size} `))
  const sorted = [...all.values()].sort(
    (a, b) => rank(a) - rank(b) || Number(a.slice(5, 7)) - Number(b.slice(5, 7))
  )
  fs.writeFileSync(RESULTS, `${sorted.join('\n')}\n`)
}

/** @param {string} major @param {string} size @param {boolean} bigNodes */
function* verify(major, size, bigNodes) {
  const { before, after } = snapshots(major, size)
  yield tables('Comparison, cells', ['compare', before, after])
  yield tables('Summary, cells', ['summary', after])
  if (size === 'big' && !bigNodes) return
  yield columns('before: nodes, 4 figures each', before)
  yield columns('after: nodes, 4 figures each', after)
}

/** @param {string} what @param {string[]} args */
function tables(what, args) {
  const theirs = JSON.parse(reference(args))
  const expected = byKey(theirs)
  const found = byKey(JSON.parse(execFileSync(engine(), args, { encoding: 'utf8', maxBuffer: 1 << 30 })))
  let [rows, different] = [0, 0]
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [wanted, ours] = [expected.get(key) ?? {}, found.get(key) ?? {}]
    for (const field of new Set([...Object.keys(wanted), ...Object.keys(ours)])) {
      rows++
      if (wanted[field] === ours[field]) continue
      different++
      process.stderr.write(`${key} ${field}: DevTools ${wanted[field]}, holdover ${ours[field]}\n`)
    }
  }
  return { what, rows, different, theirs }
}

/** @param {any[]} rows */
function byKey(rows) {
  return new Map(rows.map((row) => [row.key, row]))
}

/** @param {string} what @param {string} file */
function columns(what, file) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-heap-'))
  const [theirs, ours] = ['theirs', 'ours'].map((name) => path.join(folder, name))
  const { nodeCount: rows } = JSON.parse(reference(['nodes', file, theirs]))
  execFileSync(engine(), ['nodes', file, ours])
  const [expected, found] = [fs.readFileSync(theirs), fs.readFileSync(ours)]
  fs.rmSync(folder, { recursive: true })
  const widths = [8, 8, 4, 4]
  let [different, at] = [expected.length === found.length ? 0 : 1, 0]
  for (const width of widths) {
    for (let end = at + rows * width; at < end; at += width) {
      if (expected.compare(found, at, at + width, at, at + width) !== 0) different++
    }
  }
  return { what, rows, different, theirs: [] }
}

/** DevTools' sources need a newer Node than the oldest one that holdover runs on. @param {string[]} args */
function reference(args) {
  const options = { encoding: /** @type {const} */ ('utf8'), maxBuffer: 1 << 30 }
  return execFileSync(nodeOf('24'), ['--max-old-space-size=16000', devtools, ...args], options)
}

main()
