'use strict'

const fs = require('node:fs')
const { describeSite } = require('./site')
const { isLibrary, packageName } = require('./owner')
const { HeapCallers, escaped } = require('./heap-callers')
const { isWritten } = require('./node-state')
const { isForeign } = require('./signals/allocations')
const { codeLines } = require('./code-lines')

/** Files larger than this are not searched. */
const MAX_BYTES = 4 * 1024 * 1024
/** Calls and signs that put something into a collection. */
const PUTS_ENTRY =
  '\\s*(?:\\??\\.(?:push|unshift|splice|set|add|insert|append|enqueue|concat)\\s*\\(|\\[[^\\]]*\\]\\s*(?:\\?\\?|\\|\\|)?=[^=])'
/** The same, or another value. */
const PUTS_IN = `(?:${PUTS_ENTRY}|\\s*(?:\\+|\\?\\?|\\|\\|)?=[^=>])`
/** Calls that add a reaction to a promise. */
const REACTS = ['then', 'catch', 'finally', 'race', 'all', 'allSettled', 'any']
const DECLARES = '\\b(?:const|let|var|static|import)\\s+'

/** @typedef {{ file: string, line: number, column: number, function: string }} Place */
/** @typedef {import('./signals/allocations').Allocation} Allocation */

/**
 * The line at which something piles up. V8 says of an allocation in which function it was, and a snapshot says on which
 * variable or property it piles up; where the two meet in the source is the line. Where they do not, the function is shown.
 */
class HeapSites {
  /** @param {import('./watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    this.callers = new HeapCallers(this)
    /** @type {Map<string, string[]>} lines by file */
    this.texts = new Map()
  }

  /**
   * @param {any} row a keeper, see HeapKeeper in index.d.ts
   * @param {Allocation[]} unsorted of the jobs
   * @returns {number} id of a call site; 0: none is known
   */
  siteOf(row, unsorted) {
    const allocations = [...unsorted].sort(moreFirst)
    const hidden = hiddenIn(row)
    const seenBy = hidden ?? ofProgram(seenByOf(row)) ?? ofProgram(lastFunctionOf(row)) ?? innermostOf(row)
    const functions = this.candidates(seenBy, moduleOf(row) ?? seenBy?.file, allocations)
    if (functions.length === 0) return 0
    const originals = functions.map((place) => this.originalOf(place))
    const isIdle = !allocations.some((one) => one.file === seenBy?.file && one.line === seenBy.line)
    const idle = isIdle ? seenBy : null
    // A line of the program that has the name of a variable of Node's means something else.
    const isNodes = row.path[row.suspectFrom]?.edge === 'context' && seenByOf(row)?.file.startsWith('node:')
    const called = this.callIn(originals, row.state?.calls ?? [])
    const named = called ?? (isNodes ? null : this.lineOf(row, originals, idle))
    const line = hidden === null ? named : null
    const places =
      line === null
        ? this.functionOf(originals.find(isOutsideNode) ?? originals[0], row, allocations)
        : this.withCaller(line, allocations, madeBy(row, allocations))
    return this.intern(...this.handedIn(places, row, line !== null))
  }

  /**
   * With the line of the application that leads to a library: to where it makes what piles up, if that is known.
   * @param {Place} found @param {Allocation[]} allocations @param {Allocation} [maker]
   */
  withCaller(found, allocations, maker) {
    const caller = isLibrary(found.file) ? this.callers.of(found, allocations, maker) : null
    return caller === null ? [found] : [found, caller]
  }

  /**
   * Where a library, Node's loader, or a function is all that is known and functions of the application pile up: the line that
   * hands them in.
   * @param {Place[]} places @param {any} row @param {boolean} isLine the place is a line, and not where a function begins
   */
  handedIn(places, row, isLine) {
    const [found] = places
    const isOwn = isApplication(found.file)
    if (isOwn && isLine) return places
    const step = row.countsEntries ? row.path.at(-1) : undefined
    const isOfApplication = step?.toType === 'closure' && isApplication(step.place?.file)
    const call = isOfApplication ? this.callers.handing(this.originalOf(placeOf(step))) : null
    if (call === null) return places
    return isLibrary(found.file) ? [found, call] : [call]
  }

  /**
   * Where no line is known, the function. Where things pile up on an object of a library, that of the library which it calls, or
   * which another function of the application calls.
   * @param {Place} place @param {any} row @param {Allocation[]} allocations
   */
  functionOf(place, { path, suspectFrom }, allocations) {
    const classes = path.slice(suspectFrom).map((/** @type {any} */ step) => step.classPlace?.file ?? '')
    const packages = classes.filter(isLibrary).map(packageName)
    const ofThem = allocations.filter(({ file }) => isLibrary(file) && packages.includes(packageName(file)))
    if (isLibrary(place.file)) return this.withCaller(place, allocations)
    const callers = ofThem.flatMap(({ callers }) => callers.map(({ frame }) => this.originalOf(frame)))
    for (const caller of [place, ...callers]) {
      const called = this.callers.calledBy(caller, ofThem)
      if (called !== null) return called
    }
    return [place]
  }

  /**
   * Functions to look into: those that allocate in the file of the variable, then its own, then those that allocate
   * elsewhere.
   * @param {Place | null} seenBy @param {string | undefined} home the file of the variable
   * @param {Allocation[]} allocations the most frequent first @returns {Place[]}
   */
  candidates(seenBy, home, allocations) {
    const near = allocations.filter(({ file }) => file === home)
    const own = seenBy === null ? [] : [seenBy]
    return [...near, ...own, ...allocations.filter(({ file }) => file !== home)]
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

  /** @param {any} row @param {Place[]} functions @param {Place | null} idle see lineIn @returns {Place | null} */
  lineOf(row, functions, idle) {
    const name = nameOf(row)
    const named = name === null ? null : new RegExp(wordOf(name))
    if (!isOnPromise(row)) return name === null ? null : this.lineIn(functions, name, idle)
    // A promise is waited for by name, or by that of the promise before it; where it is made says less.
    const reacts = (named && this.inFunctions(functions, named)) ?? this.callIn(functions, REACTS)
    return reacts ?? (name === null ? null : this.lineIn(functions, name, idle))
  }

  /** The one line of one of these functions that calls something of that name. @param {Place[]} functions @param {string[]} calls */
  callIn(functions, calls) {
    if (calls.length === 0) return null
    return this.inFunctions(functions, new RegExp(`(?<![\\w$#])(?:${calls.join('|')})\\s*\\(`))
  }

  /** @param {Place[]} functions @param {RegExp} pattern @returns {Place | null} */
  inFunctions(functions, pattern) {
    for (const place of functions) {
      const found = this.only(place, this.linesOfFunction(place), (text) => pattern.test(text), pattern)
      if (found !== null) return found
    }
    return null
  }

  /**
   * The one line of these functions, or else of their files, that puts something into what is called so, an entry before
   * all; or the one that mentions it at all.
   * @param {Place[]} functions @param {string} name @param {Place | null} idle has the variable, and makes nothing
   * @returns {Place | null}
   */
  lineIn(functions, name, idle) {
    const word = wordOf(name)
    const declares = new RegExp(`${DECLARES}${word}|\\bmodule\\.exports\\s*=`)
    const others = functions.filter(({ file, line }) => file !== idle?.file || line !== idle.line)
    /** @type {Array<[Place[], string[]]>} */
    const ways = [
      [functions, [PUTS_ENTRY, PUTS_IN]],
      [others, ['']]
    ]
    for (const [places, ends] of ways) {
      for (const linesOf of [this.linesOfFunction, this.linesOfFile]) {
        for (const pattern of ends.map((end) => new RegExp(word + end))) {
          const isWanted = (/** @type {string} */ text) => pattern.test(text) && !declares.test(text)
          for (const place of places) {
            const found = this.only(place, linesOf.call(this, place), isWanted, pattern)
            if (found !== null) return found
          }
        }
      }
      // A function that is called so makes what is kept under its name, as a reducer does.
      const maker = functions.find((place) => place.function === name && isApplication(place.file))
      if (maker !== undefined && maker !== idle) return maker
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

  /** @param {Place} place */
  linesOfFile({ file }) {
    return [...this.linesOf(file).keys()]
  }

  /** Without their comments. @param {string} file @returns {string[]} none where it cannot be read */
  linesOf(file) {
    const known = this.texts.get(file)
    if (known !== undefined) return known
    const lines = readLines(file)
    this.texts.set(file, lines)
    return lines
  }

  /** @param {Place[]} places the innermost first @returns {number} */
  intern(...places) {
    const frames = places.map(({ file, line, column, function: name }) => ({
      file,
      line,
      column,
      function: name
    }))
    return this.watch.ledger.intern(SITE_TABLE, JSON.stringify(describeSite(frames, 'user')))
  }
}

const SITE_TABLE = 2

/**
 * The constructor of the entries, where a call of the application leads to it.
 * @param {any} row @param {Allocation[]} allocations
 */
function madeBy({ path, countsEntries }, allocations) {
  const place = countsEntries ? path.at(-1).classPlace : null
  return allocations.find(
    ({ file, line, callers }) => file === place?.file && line === place?.line && callers.length > 0
  )
}

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

/** The module that exports it, where the way leads through Node's table of modules. @param {any} row @returns {string | undefined} */
function moduleOf({ path, suspectFrom }) {
  const isModule = (/** @type {any} */ { to, edgeName }) => to === 'Module' && /[\\/]/.test(edgeName ?? '')
  return path.slice(suspectFrom).findLast(isModule)?.edgeName
}

/**
 * A function of a library that leads to a variable without a name: the last name is that of the function, wherever it is.
 * @param {any} row @returns {Place | null}
 */
function hiddenIn(row) {
  const { path } = row
  const last = lastWritten(row)
  const step = path[last]
  const isHidden = step?.toType === 'closure' && step.place?.file && isLibrary(step.place.file)
  return isHidden && last < path.length - 1 ? placeOf(step) : null
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

/** A function of Node's leads to the variables of an ES module, which has none of its own. @param {Place} place */
function isOutsideNode({ file }) {
  return !file.startsWith('node:')
}

/** @param {string | null | undefined} file */
function isApplication(file) {
  return typeof file === 'string' && !file.startsWith('node:') && !isLibrary(file) && !isForeign(file)
}

/** A pattern of that very name. @param {string} name */
function wordOf(name) {
  return `(?<![\\w$#])${escaped(name)}(?![\\w$])`
}

/** @param {any} row */
function isOnPromise({ path, suspectFrom }) {
  return path.slice(suspectFrom).some((/** @type {any} */ step) => step.edgeName === 'reactions_or_result')
}

/** Where the last name is that somebody wrote; -1: there is none. @param {any} row @returns {number} */
function lastWritten({ path, suspectFrom }) {
  return path.findLastIndex(
    (/** @type {any} */ step, /** @type {number} */ at) => at >= suspectFrom && isWritten(step)
  )
}

/** The last name that somebody wrote; every module has `exports`. @param {any} row @returns {string | null} */
function nameOf(row) {
  const { path } = row
  const last = lastWritten(row)
  const name = path[last]?.edgeName ?? null
  return name === 'exports' && path[last - 1]?.to === 'Module' ? null : name
}

/** @param {string} file */
function readLines(file) {
  try {
    return fs.statSync(file).size > MAX_BYTES ? [] : codeLines(fs.readFileSync(file, 'utf8'))
  } catch {
    return []
  }
}

/** @param {string} text */
function indentOf(text) {
  return text.length - text.trimStart().length
}

/**
 * What a job leaves behind is of all ages: what is allocated evenly comes before what is there just now.
 * @param {Allocation} a @param {Allocation} b
 */
function moreFirst(a, b) {
  return median(b.counts) - median(a.counts) || sum(b.counts) - sum(a.counts)
}

/** The lower one. @param {number[]} counts */
function median(counts) {
  return counts.toSorted((a, b) => a - b)[(counts.length - 1) >> 1]
}

/** @param {number[]} counts */
function sum(counts) {
  return counts.reduce((all, count) => all + count, 0)
}

exports.HeapSites = HeapSites
exports.seenByOf = seenByOf
