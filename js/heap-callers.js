'use strict'

const { isLibrary, packageName } = require('./owner')

/** @typedef {import('./heap-sites').Place} Place */
/** @typedef {{ frame: Place, callee: string, from: string }} Caller the function of the application, which of a library it calls, and which library */

/** Names that a module declares: `const { a, b: c } = `, `import d, { e as f } from`. */
const DECLARATION = /^(?:export\s+)?(?:const|let|var|import)\s+([^=]+?)\s*(?:=(?!=)|\bfrom\b)(.*)$/
const NAME = /[A-Za-z_$][\w$]*/g
const CALLS = '\\s*\\('
/** What calls a setter. */
const SETS = '\\s*(?:[-+*/%&|^?]{1,2})?=(?![=>])'
/** Calls that take something away. */
const TAKES_AWAY = /\b(?:off|remove\w*|unsubscribe\w*|delete|clear\w*)\s*\(/i

/**
 * The line of the application that calls into a library, of which V8 says only the functions: the one in the calling
 * function that calls what is called so, or that mentions what comes from that package.
 */
class HeapCallers {
  /** @param {import('./heap-sites').HeapSites} sites */
  constructor(sites) {
    this.sites = sites
  }

  /**
   * @param {Place} found in a library
   * @param {Array<{ file: string, line: number, callers: Caller[] }>} allocations
   * @param {{ callers: Caller[] }} [maker] of what piles up there
   * @returns {Place | null}
   */
  of(found, allocations, maker) {
    const inFile = allocations.filter(({ file, callers }) => file === found.file && callers.length > 0)
    const own = inFile.filter(({ line }) =>
      this.sites.linesOfFunction({ ...found, line }).includes(found.line - 1)
    )
    const [caller] = (maker ?? own[0] ?? inFile[0])?.callers ?? []
    if (caller === undefined) return null
    const place = this.sites.originalOf(caller.frame)
    const from = packageName(found.file)
    return (
      this.lineIn(place, caller.callee, caller.from) ??
      this.lineOfKin(place, caller.callee, found.function) ??
      this.lineOfPackage(place, from, allocations) ??
      place
    )
  }

  /**
   * The line of a function that calls a shorter name of what it calls (`inc`, which is `incWithoutExemplar`), or what is called
   * as the library's own function is that makes the thing: between the two may be one that a minifier named.
   * @param {Place} place the calling function @param {string} callee @param {string} maker
   */
  lineOfKin(place, callee, maker) {
    const shorter = shorterNames(lastName(callee))
    const found = shorter.length === 0 ? null : this.only(place, shorter, CALLS)
    return found ?? (isMinified(maker) ? null : this.only(place, [lastName(maker)], CALLS))
  }

  /**
   * The line of a function that calls anything of that package by its name there, or by one that differs in case alone.
   * @param {Place} place the calling function @param {string} from name of a package's folder
   * @param {Array<{ file: string, callers: Caller[] }>} allocations
   */
  lineOfPackage(place, from, allocations) {
    const isOf = (/** @type {string} */ file) => isLibrary(file) && packageName(file) === from
    const callers = allocations.filter(({ file }) => isOf(file)).flatMap(({ callers }) => callers)
    for (const { frame, callee } of callers) {
      const { file, line } = this.sites.originalOf(frame)
      const isByIt = file === place.file && line === place.line && lastName(callee) !== ''
      const found = isByIt ? this.only(place, [lastName(callee)], CALLS, 'i') : null
      if (found !== null) return found
      // The names of those that are called less often would say something else.
      if (isByIt && isMinified(callee)) return null
    }
    return null
  }

  /**
   * Of what a function of the application makes through a library: the library's function, and the line that calls it.
   * @param {Place} place @param {Array<Place & { callers: Caller[] }>} allocations the most frequent first
   * @returns {[Place, Place] | null}
   */
  calledBy(place, allocations) {
    const isBy = (/** @type {Caller} */ { frame }) => {
      const { file, line } = this.sites.originalOf(frame)
      return file === place.file && line === place.line
    }
    for (const allocation of allocations) {
      const caller = allocation.callers.find(isBy)
      const line = caller && this.lineIn(place, caller.callee, caller.from)
      if (line) return [this.sites.originalOf(allocation), line]
    }
    return null
  }

  /**
   * The line that hands a function over to what keeps it: where it is written as an argument, or else the one place where it
   * is an argument by its name.
   * @param {Place} place where the function is written
   * @returns {Place | null}
   */
  handing(place) {
    const all = this.sites.linesOf(place.file)
    const before = (all[place.line - 1] ?? '').slice(0, place.column - 1)
    const open = openCall(before)
    if (open !== -1) return { ...place, column: open + 1 }
    const name = escaped(/([\w$]+)\s*=\s*(?:async\s*)?(?:function\s*)?$/.exec(before)?.[1] ?? place.function)
    const hands = new RegExp(`[(,]\\s*${name}\\s*[,)]`)
    const lines =
      name === ''
        ? []
        : [...all.keys()].filter((line) => hands.test(all[line]) && !TAKES_AWAY.test(all[line]))
    return lines.length === 1
      ? { ...place, line: lines[0] + 1, column: all[lines[0]].search(/\S/) + 1 }
      : null
  }

  /** @param {Place} place the calling function @param {string} callee @param {string} from name of a package's folder */
  lineIn(place, callee, from) {
    const all = this.sites.linesOf(place.file)
    const names = [lastName(callee), ...namesFrom(all, from)].filter((name) => name !== '')
    const first = names.slice(0, 1)
    if (callee.startsWith('set ')) return this.only(place, first, SETS)
    return this.only(place, first, CALLS) ?? this.only(place, first) ?? this.only(place, names)
  }

  /**
   * The one line of a function that calls one of these names, or something of what is called so.
   * @param {Place} place @param {string[]} names @param {string} [ends] @param {string} [flags]
   */
  only(place, names, ends = `(?:${CALLS}|\\.[\\w$.]+${CALLS})`, flags = '') {
    const all = this.sites.linesOf(place.file)
    const called = names.map(escaped).join('|')
    const pattern = new RegExp(`(?<![\\w$#])(?:${called})${ends}`, flags)
    const isCall = (/** @type {number} */ line) => names.length > 0 && pattern.test(all[line])
    const [line, ...others] = this.sites.linesOfFunction(place).filter(isCall)
    if (line === undefined || others.length > 0) return null
    return { ...place, line: line + 1, column: all[line].search(pattern) + 1 }
  }
}

/**
 * Where the call begins that is open at the end of a piece of a line; -1: none is. What declares a function is no call.
 * @param {string} text
 */
function openCall(text) {
  let depth = 0
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ')') depth++
    if (text[at] !== '(' || depth-- > 0) continue
    const callee = /(?:[\w$\])?.]+)$/.exec(text.slice(0, at).trimEnd())
    const isCall = callee !== null && !/^(?:if|for|while|switch|catch|function|return|await)$/.test(callee[0])
    return isCall ? callee.index : -1
  }
  return -1
}

/** `Emitter.once` is called as `once`. @param {string} callee */
function lastName(callee) {
  return /[\w$]+$/.exec(callee)?.[0] ?? ''
}

/** What a name begins with, word by word: `inc`, `incWithout`. @param {string} name */
function shorterNames(name) {
  const words = name.split(/(?=[A-Z_])/)
  const names = words.slice(1).map((_, at) => words.slice(0, at + 1).join(''))
  return names.filter((shorter) => !isMinified(shorter))
}

/** Whether a minifier gave the name, which is another one where it is called. @param {string} callee */
function isMinified(callee) {
  return lastName(callee).length <= 2
}

/**
 * What a file calls that which comes from a package, or is made of that.
 * @param {string[]} lines @param {string} from
 */
function namesFrom(lines, from) {
  const names = new Set()
  const isFrom = new RegExp(`['"]${escaped(from)}(?:/[^'"]*)?['"]`)
  for (const line of lines) {
    const [, declared, value] = DECLARATION.exec(line) ?? []
    if (declared === undefined) continue
    const isOf = isFrom.test(value) || value.match(NAME)?.some((name) => names.has(name))
    if (isOf) for (const name of declared.match(NAME) ?? []) if (name !== 'as') names.add(name)
  }
  return names
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

module.exports = { HeapCallers, escaped }
