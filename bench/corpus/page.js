'use strict'

/** Results of bench/corpus.js as tables, and where they stand in docs/corpus.md. */

const path = require('node:path')
const { TOOLS } = require('./tools')
const { withWrittenPart } = require('../../scripts/written-part')

const ROOT = path.join(__dirname, '..', '..')
const RESULTS = path.join(ROOT, 'bench', 'results', 'corpus.json')
const PAGE = path.join(ROOT, 'docs', 'corpus.md')
const BEGIN = '<!-- Written by node bench/corpus.js --record from bench/results/corpus.json. -->'
/** Other limits of heap growth that somebody might have chosen. */
const BYTE_LIMITS = [250, 500, 1_000, 2_000, 4_000]

/**
 * @typedef {object} Cell one job module
 * @property {string} id
 * @property {boolean} isReal
 * @property {boolean} isClean
 * @property {Array<{ kind: string, line: number }>} leaks
 * @property {number | null} bytesPerJob
 * @property {Record<string, import('./judge').Outcome>} outcomes by tool
 *
 * @typedef {{ machine: string, date: string, node: string, tools: Record<string, string>, cells: Cell[] }} Results
 */

/** A marked leak in a letter each: found, named, pointed, rated. */
const LETTERS = { f: 'found', n: 'named', p: 'pointed', r: 'rated' }

/** One module a line, so that a change reads well; marks as letters, and nothing that is 0 or false. @param {Results} results */
function packed({ cells, ...rest }) {
  const lines = cells.map(({ outcomes, ...cell }) => {
    const short = Object.entries(outcomes).map(([tool, { marks, ...outcome }]) => {
      const letters = marks.map((mark) => Object.keys(LETTERS).filter((letter) => mark[LETTERS[letter]]))
      const others = Object.entries(outcome).filter(([, value]) => value)
      return [
        tool,
        {
          ...(marks.length > 0 ? { marks: letters.map((one) => one.join('')) } : {}),
          ...Object.fromEntries(others)
        }
      ]
    })
    return JSON.stringify({ ...cell, outcomes: Object.fromEntries(short) })
  })
  const head = JSON.stringify(rest, null, 1).slice(0, -2)
  return `${head},\n "cells": [\n  ${lines.join(',\n  ')}\n ]\n}\n`
}

/** @param {string} text what packed made @returns {Results} */
function unpacked(text) {
  const { cells, ...rest } = JSON.parse(text)
  const none = { alarms: 0, placedAlarms: 0, wrongSure: 0, isUndecided: false }
  const full = cells.map(({ outcomes, ...cell }) => {
    const long = Object.entries(outcomes).map(([tool, { marks = [], ...outcome }]) => {
      const flags = (/** @type {string} */ letters) =>
        Object.fromEntries(Object.entries(LETTERS).map(([letter, name]) => [name, letters.includes(letter)]))
      return [
        tool,
        { ...none, ...outcome, marks: marks.map((one, i) => ({ ...cell.leaks[i], ...flags(one) })) }
      ]
    })
    return { ...cell, outcomes: Object.fromEntries(long) }
  })
  return { ...rest, cells: full }
}

/** @param {Cell[]} cells @param {string} tool */
function totals(cells, tool) {
  const leaking = cells.filter(({ isClean }) => !isClean)
  const clean = cells.filter(({ isClean }) => isClean)
  const outcomes = cells.map((cell) => cell.outcomes[tool])
  const marks = leaking.flatMap((cell) => cell.outcomes[tool].marks)
  const count = (/** @type {'found' | 'named' | 'pointed' | 'rated'} */ key) =>
    marks.filter((mark) => mark[key]).length
  return {
    leaks: marks.length,
    found: count('found'),
    named: count('named'),
    pointed: count('pointed'),
    rated: count('rated'),
    clean: clean.length,
    alarms: clean.filter((cell) => cell.outcomes[tool].alarms > 0).length,
    placedAlarms: clean.filter((cell) => cell.outcomes[tool].placedAlarms > 0).length,
    undecided: outcomes.filter(({ isUndecided }) => isUndecided).length,
    wrongSure: outcomes.reduce((sum, { wrongSure }) => sum + wrongSure, 0),
    failed: outcomes.filter(({ failed }) => failed !== undefined).length
  }
}

/** @param {string[][]} rows the first one is the head */
function table([head, ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|---${'|---:'.repeat(head.length - 1)}|`, ...rows.map(line)].join('\n')
}

/** @param {Cell[]} cells @param {string[]} tools */
function toolTable(cells, tools) {
  const rows = tools.map((tool) => {
    const { leaks, clean, ...count } = totals(cells, tool)
    const own = tool === 'holdover'
    const of = (/** @type {number} */ n, /** @type {number} */ all) => `${n} of ${all}`
    return [
      own ? `**${tool}**` : tool,
      of(count.found, leaks),
      of(count.named, leaks),
      of(count.pointed, leaks),
      own ? of(count.rated, leaks) : '–',
      `${of(count.alarms, clean)}${count.alarms > 0 ? ` (${count.placedAlarms})` : ''}`,
      own ? String(count.undecided) : '–',
      own ? String(count.wrongSure) : '–',
      String(count.failed)
    ]
  })
  const head = [
    '',
    'found',
    'named',
    'pointed',
    'rate',
    'false alarms',
    'inconclusive',
    'wrong `sure`',
    'no answer'
  ]
  return table([head, ...rows])
}

/** @param {Cell[]} cells @param {string[]} tools */
function kindTable(cells, tools) {
  const kinds = [...new Set(cells.flatMap(({ leaks }) => leaks.map(({ kind }) => kind)))].sort()
  const rows = kinds.map((kind) => {
    const marksOf = (/** @type {string} */ tool) =>
      cells.flatMap((cell) => cell.outcomes[tool].marks).filter((mark) => mark.kind === kind)
    const counts = tools.map((tool) => marksOf(tool).filter(({ named }) => named).length)
    return [
      kind,
      String(marksOf(tools[0]).length),
      ...counts.map((count) => (count === 0 ? '·' : String(count)))
    ]
  })
  return table([['', 'leaks', ...tools], ...rows])
}

/** @param {Cell[]} cells */
function limitTable(cells) {
  const above = (/** @type {boolean} */ isClean, /** @type {number} */ limit) => {
    const some = cells.filter((cell) => cell.isClean === isClean && cell.bytesPerJob !== null)
    return `${some.filter(({ bytesPerJob }) => Number(bytesPerJob) > limit).length} of ${some.length}`
  }
  const rows = BYTE_LIMITS.map((limit) => [
    limit.toLocaleString('en'),
    above(false, limit),
    above(true, limit)
  ])
  return table([['reported above, bytes per job', 'leaking modules', 'clean modules'], ...rows])
}

/** @param {Results} results @returns {string} */
function corpusTables({ machine, date, node, tools, cells }) {
  const names = Object.keys(tools).filter((tool) =>
    cells.every(({ outcomes }) => outcomes[tool] !== undefined)
  )
  const missing = Object.keys(tools).filter((tool) => !names.includes(tool))
  const parts = [
    `${machine}, ${date}, Node ${node.slice(1)}${tools['Vitest --detectAsyncLeaks'] ? ' (Vitest 5: Node 22)' : ''}.`
  ]
  if (missing.length > 0) parts.push(`Not run on every module: ${missing.join(', ')}.`)
  for (const [title, some] of /** @type {const} */ ([
    ['Seeded job modules', cells.filter(({ isReal }) => !isReal)],
    ['Jobs on npm packages', cells.filter(({ isReal }) => isReal)]
  ])) {
    if (some.length === 0 || names.length === 0) continue
    const leaking = some.filter(({ isClean }) => !isClean).length
    parts.push(
      `### ${title}`,
      `${leaking} that leak, ${some.length - leaking} that are clean.`,
      toolTable(some, names)
    )
    parts.push('Named, by kind of leak:', kindTable(some, names))
  }
  if (names.includes('heap growth')) parts.push('### Heap growth with other limits', limitTable(cells))
  const asked = names.map((tool) => [`${tool} ${tools[tool]}`, TOOLS[tool].asked])
  parts.push('### What each was asked', table([['', 'asked'], ...asked]).replace('|---:|', '|---|'))
  return `${parts.join('\n\n')}\n`
}

/** @param {string} page as it is @param {Results} results */
function corpusPage(page, results) {
  return withWrittenPart(page, BEGIN, corpusTables(results).trimEnd())
}

/** For the README. @param {Results} results */
function sentence({ cells, tools }) {
  const own = totals(cells, 'holdover')
  const others = Object.keys(tools).filter((tool) => tool !== 'holdover')
  const [best] = others.map((tool) => ({ tool, ...totals(cells, tool) })).sort((a, b) => b.named - a.named)
  const leaking = cells.filter(({ isClean }) => !isClean).length
  return (
    `On its own corpus, ${leaking} job modules that leak and ${own.clean} that only look like it, a check names ${own.named} of ` +
    `${own.leaks} leaks by file and line and reports ${own.alarms} of the clean ones; the best of seven other tools, ` +
    `${best.tool}, names ${best.named} and reports ${best.alarms} ([beside other tools](docs/corpus.md)).`
  )
}

module.exports = { sentence, RESULTS, PAGE, corpusPage, corpusTables, totals, packed, unpacked }
