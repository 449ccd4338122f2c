'use strict'

const fs = require('node:fs')
const { describeSite, isOwn } = require('./site')
const { isRunner } = require('./signals/allocations')

/** Files larger than this are not searched. */
const MAX_BYTES = 4 * 1024 * 1024
/** Calls and signs that put something into a collection. */
const PUTS_IN =
  '\\s*(?:\\??\\.(?:push|unshift|splice|set|add|append|enqueue|concat)\\s*\\(|\\[[^\\]]*\\]\\s*(?:\\?\\?|\\|\\|)?=[^=]|(?:\\+|\\?\\?|\\|\\|)?=[^=>])'
const DECLARES = '\\b(?:const|let|var|static|import)\\s+'

/** @typedef {{ file: string, line: number, column: number, function: string }} Place */

/**
 * The line at which something piles up. V8 says of an allocation in which function it was, and a snapshot says on which
 * variable or property it piles up; where the two meet in the source is the line. Where they do not, the function is shown.
 */
class HeapSites {
  /** @param {import('./watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    /** @type {Map<string, string[]>} lines by file */
    this.texts = new Map()
  }

  /**
   * @param {any} row a keeper, see HeapKeeper in index.d.ts
   * @param {Array<Place & { counts: number[] }>} allocations of the jobs
   * @returns {number} id of a call site; 0: none is known
   */
  siteOf(row, allocations) {
    const seenBy = ofProgram(seenByOf(row)) ?? ofProgram(lastFunctionOf(row)) ?? innermostOf(row)
    const functions = this.candidates(seenBy, allocations)
    if (functions.length === 0) return 0
    const originals = functions.map((place) => this.originalOf(place))
    const name = nameOf(row)
    const found = name === null ? null : this.lineIn(originals, name)
    return this.intern(found ?? originals[0])
  }

  /**
   * Functions to look into: those that allocate in the file of the variable, then its own, then those that allocate
   * elsewhere.
   * @param {Place | null} seenBy @param {Array<Place & { counts: number[] }>} allocations @returns {Place[]}
   */
  candidates(seenBy, allocations) {
    const byCount = [...allocations].sort((a, b) => sum(b.counts) - sum(a.counts))
    const near = byCount.filter(({ file }) => file === seenBy?.file)
    const own = seenBy === null ? [] : [seenBy]
    return [...near, ...own, ...byCount.filter(({ file }) => file !== seenBy?.file)]
  }

  /** The function as its author wrote it. @param {Place} place @returns {Place} */
  originalOf(place) {
    const id = this.intern(place)
    this.watch.originals.learn([id])
    const site = this.watch.originals.shown([id])[id]
    return site?.file
      ? { file: site.file, line: site.line, column: site.column, function: place.function }
      : place
  }

  /**
   * The one line of these functions, or else of their files, that puts something into what is called so; or the one that
   * mentions it at all.
   * @param {Place[]} functions @param {string} name @returns {Place | null}
   */
  lineIn(functions, name) {
    const word = `(?<![\\w$#])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w$])`
    const declares = new RegExp(DECLARES + word)
    for (const pattern of [new RegExp(word + PUTS_IN), new RegExp(word)]) {
      const isWanted = (/** @type {string} */ text) => pattern.test(text) && !declares.test(text)
      for (const place of functions) {
        const found = this.only(place, this.linesOfFunction(place), isWanted, pattern)
        if (found !== null) return found
      }
      for (const place of functions) {
        const found = this.only(place, [...this.linesOf(place.file).keys()], isWanted, pattern)
        if (found !== null) return found
      }
    }
    return null
  }

  /**
   * @param {Place} place @param {number[]} lines from 0 @param {(text: string) => boolean} isWanted @param {RegExp} pattern
   * @returns {Place | null} null where there are none or several
   */
  only(place, lines, isWanted, pattern) {
    const all = this.linesOf(place.file)
    const found = lines.filter((line) => isWanted(all[line]))
    if (found.length !== 1) return null
    return { ...place, line: found[0] + 1, column: all[found[0]].search(pattern) + 1 }
  }

  /** From the line where it begins to the bracket that ends it, as the file is indented. @param {Place} place */
  linesOfFunction({ file, line }) {
    const all = this.linesOf(file)
    const first = line - 1
    if (first >= all.length) return []
    const indent = indentOf(all[first])
    const length = all
      .slice(first + 1)
      .findIndex((text) => /^\s*[})\]]/.test(text) && indentOf(text) <= indent)
    const end = length === -1 ? first : first + length
    return Array.from({ length: end - first + 1 }, (_, i) => first + i)
  }

  /** @param {string} file @returns {string[]} none where it cannot be read */
  linesOf(file) {
    const known = this.texts.get(file)
    if (known !== undefined) return known
    const lines = readLines(file)
    this.texts.set(file, lines)
    return lines
  }

  /** @param {Place} place @returns {number} */
  intern(place) {
    const frame = { file: place.file, line: place.line, column: place.column, function: place.function }
    return this.watch.ledger.intern(SITE_TABLE, JSON.stringify(describeSite([frame], 'user')))
  }
}

const SITE_TABLE = 2

/**
 * The function whose scope, or a scope around that, has the variable with which the suspect part begins. A module has none.
 * @param {any} row @returns {Place | null}
 */
function seenByOf({ path, suspectFrom }) {
  const step = path
    .slice(0, suspectFrom)
    .findLast((/** @type {any} */ one) => one.to !== 'system / Context' || one.place !== null)
  return step?.place?.file ? placeOf(step) : null
}

/** @param {string} file */
function isForeign(file) {
  return isRunner(file) || isOwn(file)
}

/** @param {Place | null} place @returns {Place | null} null: a test runner's, or holdover's */
function ofProgram(place) {
  return place !== null && isForeign(place.file) ? null : place
}

/** The innermost function of the program's, where a test runner's variables lead to it. @param {any} row @returns {Place | null} */
function innermostOf({ path }) {
  const isProgram = (/** @type {any} */ step) =>
    step.place?.file && !step.place.file.startsWith('node:') && !isForeign(step.place.file)
  const step = path.findLast(isProgram)
  return step === undefined ? null : placeOf(step)
}

/** The innermost function on the way. @param {any} row @returns {Place | null} */
function lastFunctionOf({ path, suspectFrom }) {
  const step = path.slice(0, suspectFrom + 1).findLast((/** @type {any} */ one) => one.place?.file)
  return step === undefined ? null : placeOf(step)
}

/** @param {any} step @returns {Place} */
function placeOf({ place: { file, line, column }, to }) {
  return { file, line, column, function: to }
}

/** The last name that somebody wrote. @param {any} row @returns {string | null} */
function nameOf({ path, suspectFrom }) {
  const isWritten = (/** @type {any} */ step) => step.edge === 'context' || step.edge === 'property'
  const suspect = path.slice(suspectFrom).filter(isWritten)
  return suspect.findLast((/** @type {any} */ step) => step.edgeName !== null)?.edgeName ?? null
}

/** @param {string} file */
function readLines(file) {
  try {
    return fs.statSync(file).size > MAX_BYTES ? [] : fs.readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** @param {string} text */
function indentOf(text) {
  return text.length - text.trimStart().length
}

/** @param {number[]} counts */
function sum(counts) {
  return counts.reduce((all, count) => all + count, 0)
}

module.exports = { HeapSites, seenByOf }
