'use strict'

/**
 * Reads the `mappings` of a source map (ECMA-426) for some places at once, and keeps nothing.
 *
 * Node's own `module.SourceMap` makes an array of each mapping: 10 MB of map cost 70 MB of heap on Node 20 to 26 and
 * more than twice the CPU (bench/source-map.js), in a process that may be near its limit already. __test__/mappings.test.js compares both.
 */

/**
 * @typedef {object} Position of generated code
 * @property {number} line from 0
 * @property {number} column from 0
 */

/**
 * @typedef {object} Original
 * @property {number} source index into `sources`
 * @property {number} line from 0
 * @property {number} column from 0
 * @property {number} name index into `names`, -1 for none
 * @property {boolean} isExact the mapping begins at the very column
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const NO_DIGIT = -1
const DIGITS = new Int8Array(128).fill(NO_DIGIT)
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i

const COMMA = 44
const SEMICOLON = 59
/** A number of 32 bits takes seven digits of five bits. */
const MAX_SHIFT = 30
const MAX_FIELDS = 5
/** Each is compared with each place. */
const MAX_SECTIONS = 4_096
/** Behind every place. */
const NOWHERE = Object.freeze({ line: Infinity, column: Infinity })

/**
 * Where places of generated code come from: each belongs to the last mapping on its line that does not begin behind it.
 * One loop over the characters with nothing made on the way, since a bundle's map has a million mappings.
 * @param {string} mappings
 * @param {Position[]} wanted by line and column
 * @returns {Array<Original | null>} in the order of `wanted`; null where no mapping says so
 */
function lookUp(mappings, wanted) {
  if (wanted.length === 0) return []
  const answers = new Answers(wanted)
  // Column, source, line, column and name of the mapping being read; all but the first run on over lines.
  const state = new Int32Array(MAX_FIELDS)
  let line = 0
  let field = 0
  let value = 0
  let shift = 0
  for (let at = 0; at <= mappings.length; at++) {
    const code = at < mappings.length ? mappings.charCodeAt(at) : SEMICOLON
    if (code === COMMA || code === SEMICOLON) {
      if (shift !== 0) throw new SyntaxError('a number in its mappings breaks off')
      if (field > 0) answers.mapping(line, field, state)
      field = 0
      if (code === COMMA) continue
      line++
      state[0] = 0
      if (answers.areComplete(line)) break
      continue
    }
    const digit = code < 128 ? DIGITS[code] : NO_DIGIT
    if (digit === NO_DIGIT || shift > MAX_SHIFT || field === MAX_FIELDS)
      throw new SyntaxError('its mappings are not base64 numbers')
    value |= (digit & 31) << shift
    shift += 5
    if (digit > 31) continue
    state[field++] += value & 1 ? -(value >>> 1) : value >>> 1
    value = 0
    shift = 0
  }
  return answers.all()
}

/** Mappings come in order, places to look up are in order: each place is compared with its neighbours alone. */
class Answers {
  /** @param {Position[]} wanted */
  constructor(wanted) {
    this.wanted = wanted
    /** @type {Array<Original | null>} */
    this.found = []
    /** The next place to answer. @type {Position} */
    this.next = wanted[0] ?? NOWHERE
    /** How many numbers the mapping before it on its line has, 0 for no such mapping, and what they add up to. */
    this.fields = 0
    this.before = new Int32Array(MAX_FIELDS)
  }

  /** @param {number} line @param {number} fields @param {Int32Array} state */
  mapping(line, fields, state) {
    // What begins before the one before would need all mappings sorted first; no known tool writes it.
    while (line === this.next.line && state[0] > this.next.column) this.answer()
    if (line !== this.next.line) return
    this.fields = fields
    for (let i = 0; i < MAX_FIELDS; i++) this.before[i] = state[i]
  }

  answer() {
    const { fields, next } = this
    const [column, source, line, sourceColumn, name] = this.before
    // A mapping of one number says that what follows comes from nowhere.
    const original = { source, line, column: sourceColumn, name: fields < 5 ? -1 : name }
    this.found.push(fields < 4 ? null : { ...original, isExact: column === next.column })
    this.next = this.wanted[this.found.length] ?? NOWHERE
    if (this.next.line !== next.line) this.fields = 0
  }

  /** All places above a line are answered now. @param {number} line */
  areComplete(line) {
    while (this.next.line < line) this.answer()
    return this.next === NOWHERE
  }

  all() {
    this.areComplete(Infinity)
    return this.found
  }
}

/**
 * The same for a whole map, which may be made of sections.
 * @param {any} map parsed
 * @param {Position[]} wanted by line and column
 * @returns {Array<{ map: any, original: Original } | null>} with the map that its indexes point into
 */
function lookUpIn(map, wanted) {
  if (!Array.isArray(map?.sections)) return lookUpFlat(map, wanted)
  if (map.sections.length > MAX_SECTIONS) throw new SyntaxError(`it has more than ${MAX_SECTIONS} sections`)
  const sections = map.sections.map((/** @type {any} */ section) => ({
    line: Number(section.offset.line),
    column: Number(section.offset.column),
    map: section.map
  }))
  /** @type {Map<any, Position[]>} */
  const bySection = new Map()
  const owners = wanted.map((position) => {
    const section = sections.findLast((/** @type {Position} */ start) => !isBefore(position, start))
    if (section === undefined) return undefined
    const column = position.line === section.line ? position.column - section.column : position.column
    const local = bySection.get(section) ?? []
    bySection.set(section, local)
    return { section, at: local.push({ line: position.line - section.line, column }) - 1 }
  })
  const answers = new Map([...bySection].map(([section, local]) => [section, lookUpFlat(section.map, local)]))
  return owners.map((owner) =>
    owner === undefined ? null : (answers.get(owner.section)?.[owner.at] ?? null)
  )
}

/** @param {any} map @param {Position[]} wanted */
function lookUpFlat(map, wanted) {
  if (map?.version !== 3 || typeof map.mappings !== 'string' || !Array.isArray(map.sources)) {
    throw new SyntaxError('it is no source map of version 3')
  }
  return lookUp(map.mappings, wanted).map((original) => (original === null ? null : { map, original }))
}

/** @param {Position} a @param {Position} b */
function isBefore(a, b) {
  return a.line < b.line || (a.line === b.line && a.column < b.column)
}

module.exports = { lookUp, lookUpIn, isBefore }
