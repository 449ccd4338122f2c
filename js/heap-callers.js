'use strict'

const { packageName } = require('./owner')

/** @typedef {import('./heap-sites').Place} Place */
/** @typedef {{ frame: Place, callee: string }} Caller the function of the application, and which of a library it calls */

/** Names that a module declares: `const { a, b: c } = `, `import d, { e as f } from`. */
const DECLARATION = /^(?:export\s+)?(?:const|let|var|import)\s+([^=]+?)\s*(?:=(?!=)|\bfrom\b)(.*)$/
const NAME = /[A-Za-z_$][\w$]*/g

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
   * @returns {Place | null}
   */
  of(found, allocations) {
    const inFile = allocations.filter(({ file, callers }) => file === found.file && callers.length > 0)
    const own = inFile.filter(({ line }) =>
      this.sites.linesOfFunction({ ...found, line }).includes(found.line - 1)
    )
    const caller = [...own, ...inFile][0]?.callers[0]
    if (caller === undefined) return null
    const place = this.sites.originalOf(caller.frame)
    return this.lineIn(place, caller.callee, packageName(found.file)) ?? place
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
      const line = caller && this.lineIn(place, caller.callee, packageName(allocation.file))
      if (line) return [this.sites.originalOf(allocation), line]
    }
    return null
  }

  /** @param {Place} place the calling function @param {string} callee @param {string} from name of a package's folder */
  lineIn(place, callee, from) {
    const all = this.sites.linesOf(place.file)
    const lines = this.sites.linesOfFunction(place)
    const names = [lastName(callee), ...namesFrom(all, from)].filter((name) => name !== '')
    for (const wanted of [names.slice(0, 1), names]) {
      const pattern = new RegExp(
        `(?<![\\w$#])(?:${wanted.map(escaped).join('|')})(?:\\s*\\(|\\.[\\w$.]+\\s*\\()`
      )
      const found = wanted.length === 0 ? [] : lines.filter((line) => pattern.test(all[line]))
      if (found.length === 1)
        return { ...place, line: found[0] + 1, column: all[found[0]].search(pattern) + 1 }
    }
    return null
  }
}

/** `Emitter.once` is called as `once`. @param {string} callee */
function lastName(callee) {
  return /[\w$]+$/.exec(callee)?.[0] ?? ''
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
