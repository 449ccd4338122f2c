'use strict'

/**
 * Leak finders on the same job modules: the corpus of `holdover check`, and real packages where they are installed. How
 * many leaks each finds, names by file and line and gives the rate of, and what it reports of clean modules.
 *
 *     node bench/corpus.js [--tool NAME …] [--filter NAME] [--parallel 4] [--resume] [--record]
 *
 * What each tool printed is kept in target/corpus; `--resume` asks again only where there is nothing, or the module or the
 * tool's version has changed. `--record` takes all that is there into bench/results/corpus.json and docs/corpus.md.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { parseArgs } = require('node:util')
const { installNode } = require('../scripts/nodes')
const { sources } = require('./corpus/sources')
const { TOOLS, growthIn } = require('./corpus/tools')
const { inParallel, ask, kept, outcomeOf } = require('./corpus/outputs')
const { RESULTS, PAGE, corpusPage, corpusTables, packed } = require('./corpus/page')

const ROOT = path.join(__dirname, '..')

const OPTIONS = /** @type {const} */ ({
  tool: { type: 'string', multiple: true, default: Object.keys(TOOLS) },
  filter: { type: 'string', default: '' },
  parallel: { type: 'string', default: String(2 * os.availableParallelism()) },
  resume: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false }
})

async function main() {
  const { values } = parseArgs({ options: OPTIONS })
  const unknown = values.tool.find((name) => TOOLS[name] === undefined)
  if (unknown !== undefined) throw new Error(`no tool ${unknown}; there are ${Object.keys(TOOLS).join(', ')}`)
  if (values.record && values.filter !== '') throw new Error('--record takes all modules: no --filter')
  install(values.tool)
  const all = sources(values.filter)
  for (const name of values.tool) {
    const startedAt = Date.now()
    await inParallel(all, Number(values.parallel), (source) => ask(name, source, values.resume))
    process.stdout.write(
      `${name}: ${all.length} modules, ${Math.round((Date.now() - startedAt) / 1_000)} s\n`
    )
  }
  const results = judged(all, values.record ? Object.keys(TOOLS) : values.tool)
  process.stdout.write(`${corpusTables(results)}\n${wrongCells(results)}`)
  if (!values.record) return
  fs.writeFileSync(RESULTS, packed(results))
  fs.writeFileSync(PAGE, corpusPage(fs.readFileSync(PAGE, 'utf8'), results))
}

/** @param {string[]} names */
function install(names) {
  const folders = ['bench/peers', '__test__/runners/jest-30', '__test__/runners/vitest-5']
  for (const folder of folders.map((one) => path.join(ROOT, one))) {
    if (fs.existsSync(path.join(folder, 'node_modules'))) continue
    const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
    const { status } = spawnSync('npm', args, {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32'
    })
    if (status !== 0) throw new Error('the other leak finders could not be installed')
  }
  const needsNewer = names.some((name) => (TOOLS[name].node?.() ?? process.execPath) !== process.execPath)
  if (needsNewer && installNode('22') === null)
    throw new Error('Node 22 could not be installed, for Vitest 5')
}

/** @param {import('./corpus/sources').Source[]} all @param {string[]} tools */
function judged(all, tools) {
  const cells = all.map((source) => {
    const outcomes = tools.flatMap((tool) => {
      const outcome = outcomeOf(tool, source)
      return outcome === undefined ? [] : [[tool, outcome]]
    })
    const growth = kept('heap growth', source)
    return {
      id: source.id,
      isReal: source.isReal,
      isClean: source.isClean,
      leaks: source.expected.map(({ kind, line }) => ({ kind, line })),
      bytesPerJob: growth === undefined ? null : growthIn(growth.stdout),
      outcomes: Object.fromEntries(outcomes)
    }
  })
  return {
    machine: `${os.cpus()[0].model}, ${os.cpus().length} cores, ${process.platform}-${process.arch}, load ${os.loadavg()[2].toFixed(1)}`,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    tools: Object.fromEntries(tools.map((tool) => [tool, TOOLS[tool].version()])),
    cells
  }
}

/** What holdover itself got wrong, line by line. */
function wrongCells({ cells }) {
  const lines = cells.flatMap(({ id, outcomes: { holdover } }) => {
    if (holdover === undefined) return []
    const { marks, alarms, wrongSure, isUndecided, failed } = holdover
    const wrong = marks
      .filter(({ pointed, rated }) => !pointed || !rated)
      .map(({ kind, line, pointed }) => `${kind} :${line} ${pointed ? 'has another rate' : 'is not named'}`)
    if (alarms > 0) wrong.push(`${alarms} false alarms`)
    if (wrongSure > 0) wrong.push(`${wrongSure} wrong as sure`)
    if (isUndecided) wrong.push('inconclusive')
    if (failed !== undefined) wrong.push(failed)
    return wrong.map((text) => `holdover, ${id}: ${text}\n`)
  })
  return lines.join('')
}

main().catch((error) => {
  process.stderr.write(`holdover: ${error.stack}\n`)
  process.exitCode = 1
})
