'use strict'

const { sourceFile } = require('./source-map')

/** Characters read of a line, white space before it included. */
const MAX_LINE = 1_024

/**
 * @typedef {object} Origin of a place in generated code
 * @property {string} file
 * @property {number} line
 * @property {number} column
 * @property {string | null} name of the identifier there
 * @property {string} word what it is called in the generated code
 */

/** The sources of one generated file's map, or of its sections' maps. */
class Sources {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder
    /** By map, then by index. @type {Map<any, Map<number, { file: string | null, lines: Set<number> }>>} */
    this.known = new Map()
  }

  /**
   * @param {{ map: any, original: import('./mappings').Original }} answer
   * @param {string} word
   * @returns {Origin | null}
   */
  origin({ map, original }, word) {
    const { line, column, name } = original
    const { file, lines } = this.sourceOf(map, original.source)
    if (file === null || line < 0 || column < 0) return null
    lines.add(line)
    const named = map.names?.[name]
    return { file, line: line + 1, column: column + 1, name: typeof named === 'string' ? named : null, word }
  }

  /** @param {any} map @param {number} index */
  sourceOf(map, index) {
    const ofMap = this.known.get(map) ?? new Map()
    this.known.set(map, ofMap)
    const source = ofMap.get(index) ?? { file: sourceFile(map, index, this.folder), lines: new Set() }
    ofMap.set(index, source)
    return source
  }

  /** The text of every line asked for, where the map holds the source. */
  *texts() {
    for (const [map, ofMap] of this.known) {
      for (const [index, { file, lines }] of ofMap) {
        const content = map.sourcesContent?.[index]
        if (typeof content !== 'string') continue
        const reader = new LineReader(content)
        for (const line of [...lines].sort((a, b) => a - b))
          yield { file, line: line + 1, text: reader.from(line, 0) }
      }
    }
  }
}

/** Lines of a text, asked for in order: a bundle is not split into all of its lines. */
class LineReader {
  /** @param {string} text */
  constructor(text) {
    this.text = text
    this.line = 0
    this.start = 0
  }

  /** The rest of a line, '' where there is none; never an earlier line than before. @param {number} line from 0 @param {number} column from 0 */
  from(line, column) {
    while (this.line < line) {
      const end = this.text.indexOf('\n', this.start)
      if (end === -1) return ''
      this.start = end + 1
      this.line++
    }
    const end = this.text.indexOf('\n', this.start)
    const from = this.start + column
    return this.text.slice(from, Math.min(end === -1 ? this.text.length : end, from + MAX_LINE))
  }
}

module.exports = { Sources, LineReader }
