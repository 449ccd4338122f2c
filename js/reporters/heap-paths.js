'use strict'

const { formatBytes, formatCount, formatFile, formatNumberOf } = require('./format')
const { hasText } = require('./heap-rows')

/** What holds the new objects of a comparison, in words. */

/** @typedef {import('../index').HeapHolding} HeapHolding */
/** @typedef {import('../index').HeapPathStep} HeapPathStep */

/** Types of nodes that V8 makes by itself: compiled code is new after every run. */
const OWN_TYPES = new Set(['code', 'synthetic', 'hidden', 'object shape'])
/** Where V8 keeps the variables of a function that awaits or yields. */
const WAITING = 'parameters_and_registers'
/** Nodes between a name and what it names. */
const SILENT = new Set(['system / Context', '(array)', '(synthetic)', '(system)'])

/** What can follow a dot; V8 writes symbols in angle brackets. */
const IDENTIFIER = /^(?:#?[\p{ID_Start}$_][\p{ID_Continue}$]*|<symbol .*>)$/u

/**
 * @param {import('../index').HeapComparison} comparison
 * @param {import('./heap-rows').Limits} limits
 * @returns {string[]} lines
 */
function holdingsText({ holdings = [], classes }, { paths, filter = '' }) {
  const passes = (/** @type {HeapHolding} */ holding) => hasText(holding.headClass, filter)
  const grown = holdings.filter((holding) => passes(holding) && isGrowth(holding, classes))
  if (grown.length === 0) return []
  const shown = grown.slice(0, paths)
  const more = grown.length - shown.length
  return [
    'what holds the new objects',
    ...shown.flatMap((holding, at) => ['', ...holdingLines(holding, at + 1)]),
    ...(more > 0
      ? ['', ` ${formatNumberOf(more, 'smaller one')}: see them with --paths ${grown.length}`]
      : [])
  ]
}

/**
 * Not what V8 compiled, nor what took the place of as many others.
 * @param {HeapHolding} holding
 * @param {import('../index').HeapClassChange[]} classes
 */
function isGrowth({ path, headClass }, classes) {
  const head = path[path.length - 1]
  if (head === undefined || OWN_TYPES.has(head.toType)) return false
  const delta = classes.filter((row) => row.name === headClass).reduce((sum, row) => sum + row.countDelta, 0)
  return delta > 0
}

/** @param {HeapHolding} holding @param {number} rank */
function holdingLines({ heads, objects, bytes, path, suspectFrom }, rank) {
  const head = path[path.length - 1]
  const name = head.toType === 'closure' ? `function ${nodeText(head)}` : head.to
  const rest = objects > heads ? `, with ${formatNumberOf(objects - heads, 'object')} that hang on them` : ''
  return [
    `${String(rank).padStart(2)} ${formatBytes(bytes)}   ${formatCount(heads)} × ${name}${rest}`,
    ...pathLines(path, suspectFrom)
  ]
}

/**
 * A path in two lines: what is suspect, and what leads there.
 * @param {HeapPathStep[]} path
 * @param {number} suspectFrom
 * @returns {string[]}
 */
function pathLines(path, suspectFrom) {
  const way = stepsText(path.slice(0, suspectFrom))
  const suspect = stepsText(path.slice(suspectFrom))
  return [
    `   held by   ${suspect.join(' → ')}${scopeText(path, suspectFrom)}`,
    ...(way.length > 0 ? [`   by way of ${way.join(' → ')}`] : [])
  ]
}

/** Which function sees the variable that the suspect part starts with. @param {HeapPathStep[]} path @param {number} from */
function scopeText(path, from) {
  if (path[from].edge !== 'context') return ''
  const seen = path.slice(0, from).findLast((step) => step.place !== null)
  return seen === undefined ? '' : `   (seen by ${nodeText(seen)})`
}

/** A path in words, a step each. @param {HeapPathStep[]} path @returns {string[]} */
function stepsText(path) {
  return path.map(stepText).filter(Boolean)
}

/** One step, or nothing where it only says how V8 stores things. @param {HeapPathStep} step */
function stepText(step) {
  if (step.edgeName === WAITING) return 'a function that waits'
  const to = SILENT.has(step.to) ? '' : nodeText(step)
  const edge = edgeText(step)
  return [edge, to].filter(Boolean).join(' ')
}

/** @param {HeapPathStep} step */
function edgeText({ edge, edgeName, to }) {
  if (edgeName === null) return SILENT.has(to) || edge === 'shortcut' ? '' : '[*]'
  if (edge === 'context') return `variable ${edgeName}`
  if (edge === 'property') return IDENTIFIER.test(edgeName) ? `.${edgeName}` : `[${JSON.stringify(edgeName)}]`
  return ''
}

/** @param {HeapPathStep} step */
function nodeText({ to, place }) {
  return named(to, place)
}

/** What it is called, and where it stands. @param {string} name @param {import('../index').HeapPlace | null} place */
function named(name, place) {
  const text = name === '' ? '(anonymous)' : name
  return place === null
    ? text
    : `${text} ${formatFile(place.file ?? `script ${place.scriptId}`)}:${place.line}`
}

module.exports = { holdingsText, named, pathLines, stepsText }
