'use strict'

const {
  formatBytes,
  formatChange,
  formatCount,
  formatFile,
  formatNumberOf,
  formatSource,
  formatRate
} = require('./format')
const { named, pathLines } = require('./heap-paths')
const { hasText, select } = require('./heap-rows')

/** What grows with the jobs, in words. */

/** @typedef {import('../index').HeapGrowth} HeapGrowth */
/** @typedef {import('../index').HeapKeeper} HeapKeeper */
/** @typedef {import('../index').HeapGrowingObject} HeapGrowingObject */
/** @typedef {import('../index').HeapGrowingClass} HeapGrowingClass */
/** @typedef {import('./heap-rows').Limits} Limits */

const WIDTH = 11
/** Of what comes with an entry, so many classes. */
const MAX_PARTS = 4
const MIN_PART_PER_JOB = 0.05
/** From so many snapshots on there is a verdict. */
const ENOUGH = 3

/** @param {HeapGrowth} growth @param {Limits} limits */
function growthText(growth, limits) {
  const isShown = (/** @type {HeapKeeper | HeapGrowingObject} */ row) =>
    (limits.all || !row.own) && hasText(row.of.name, limits.filter ?? '')
  const blocks = [
    ...growth.keepers.filter(isShown).map((row) => ({ row, lines: keeperLines(row) })),
    ...growth.objects.filter(isShown).map((row) => ({ row, lines: objectLines(row) }))
  ]
  const grown = blocks.filter(({ row }) => row.status === 'grows')
  const open = blocks.filter(({ row }) => row.status !== 'grows')
  const shown = [...grown, ...open].slice(0, limits.paths)
  const left = blocks.length - shown.length
  return [
    headline(growth, grown.length, open.length),
    '',
    ...growth.snapshots.map(snapshotLine),
    ...shown.flatMap(({ lines }, at) => ['', ...numbered(lines, at + 1)]),
    ...(left > 0
      ? ['', ` ${formatNumberOf(left, 'more', 'more')}: see them with --paths ${blocks.length}`]
      : []),
    ...classesText(growth, limits),
    ...advice(growth)
  ].join('\n')
}

/** @param {HeapGrowth} growth @param {number} grown @param {number} open */
function headline({ verdict, snapshots }, grown, open) {
  const { jobs } = snapshots[snapshots.length - 1]
  if (verdict === 'grows')
    return `GROWS: ${formatNumberOf(grown, 'thing grows', 'things grow')} with the jobs, over ${formatCount(jobs)} of them`
  if (verdict === 'steady') return `STEADY: nothing grows with the jobs, over ${formatCount(jobs)} of them`
  return `INCONCLUSIVE: ${formatNumberOf(open, 'thing has grown, and may have stopped', 'things have grown, and may have stopped')}`
}

/** @param {HeapGrowth['snapshots'][number]} snapshot */
function snapshotLine({ jobs, shallowBytes, nodes, file }) {
  const after = `after ${formatCount(jobs)} ${jobs === 1 ? 'job' : 'jobs'}`
  return `${after.padEnd(18)}${formatBytes(shallowBytes).padStart(9)} in ${formatNumberOf(nodes, 'node')}   ${formatSource(file)}`
}

/** @param {HeapKeeper} row */
function keeperLines(row) {
  const { of, counts, bytesPerJob, path, suspectFrom } = row
  const from = of.type !== 'closure' && of.place !== null ? `   (${placeText(of.place)})` : ''
  return [
    `${formatRate(row.perJob)} ${thingText(of)} per job${from}   ${certaintyText(row)}`,
    `   ${counts.map(formatCount).join(' → ')}, ${formatChange(bytesPerJob)} per job`,
    ...pathLines(path, suspectFrom),
    ...partsLine(row)
  ]
}

/** What comes with each entry. @param {HeapKeeper} row */
function partsLine({ of, parts }) {
  const come = parts.filter(
    (part) => part.perJob >= MIN_PART_PER_JOB && (part.name !== of.name || part.type !== of.type)
  )
  if (come.length === 0) return []
  const shown = come.slice(0, MAX_PARTS).map((part) => `${formatRate(part.perJob)} ${thingText(part)}`)
  return [`   with      ${shown.join(', ')}${come.length > MAX_PARTS ? ', …' : ''}`]
}

/** @param {HeapGrowingObject} row */
function objectLines(row) {
  return [
    `${formatChange(row.perJob)} per job in one ${row.of.name}   ${certaintyText(row)}`,
    `   ${row.bytes.map(formatBytes).join(' → ')}`,
    ...pathLines(row.path, row.suspectFrom)
  ]
}

/** @param {import('../index').HeapThing} thing */
function thingText({ name, type, place }) {
  return type === 'closure' ? `function ${named(name, place)}` : name
}

/** @param {import('../index').HeapRate} rate */
function certaintyText({ certainty, perJobLow, perJobHigh }) {
  if (certainty === null) return 'not decided'
  if (certainty === 'sure') return 'sure'
  return `likely, ${perJobLow.toFixed(2)} to ${perJobHigh.toFixed(2)}`
}

/** @param {import('../index').HeapPlace} place */
function placeText({ file, scriptId, line }) {
  return `${formatFile(file ?? `script ${scriptId}`)}:${line}`
}

/** @param {string[]} lines @param {number} rank */
function numbered([first, ...rest], rank) {
  return [`${String(rank).padStart(2)} ${first}`, ...rest]
}

/** @param {HeapGrowth} growth @param {Limits} limits */
function classesText({ classes }, limits) {
  const told = select(classes, 'growth', limits).filter((row) => limits.all || !row.own)
  if (told.length === 0) return []
  const line = (/** @type {string[]} */ figures, /** @type {string} */ name) =>
    `${figures.map((figure) => figure.padStart(WIDTH)).join('')}   ${name}`
  const row = (/** @type {HeapGrowingClass} */ { perJob, counts, bytes, name, place }) =>
    line(
      [formatRate(perJob), formatCount(counts[counts.length - 1]), formatBytes(bytes[bytes.length - 1])],
      place === null ? name : `${name}  ${placeText(place)}`
    )
  const left = told.length - limits.rows
  return [
    '',
    'constructors of which there are more and more',
    '',
    line(['per job', 'now', 'shallow'], 'constructor'),
    ...told.slice(0, limits.rows).map(row),
    ...(left > 0 ? ['', ` ${formatNumberOf(left, 'more constructor')}: see them with --all`] : [])
  ]
}

/** What would decide it. @param {HeapGrowth} growth */
function advice({ verdict, snapshots }) {
  if (verdict !== 'inconclusive') return []
  const { jobs } = snapshots[snapshots.length - 1]
  const why =
    snapshots.length < ENOUGH
      ? 'Two snapshots cannot tell growth from a cache that fills up.'
      : 'Most of it came in the last stretch: it may have begun just now, or fill up.'
  return ['', `${why} Take one more of the same process, after ${formatCount(jobs * 2)} jobs or so.`]
}

module.exports = { growthText }
