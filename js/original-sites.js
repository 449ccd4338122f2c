'use strict'

const path = require('node:path')
const { describeSite } = require('./site')
const { isLibrary } = require('./owner')
const { findMap, Unusable } = require('./source-map')
const { Sources, LineReader } = require('./map-sources')
const { tidyLine, copyOf } = require('./source')
const { lookUpIn, isBefore } = require('./mappings')

/** Generated files looked at; beyond, their own lines are shown. */
const MAX_FILES = 4_096
/** Places of one file whose origin is remembered. */
const MAX_PLACES = 8_192
/** Source lines remembered out of maps. */
const MAX_LINES = 4_096
/** Files named in notes; the rest is counted. */
const MAX_NOTES = 3

/** holdover's own files where the host's bundle holds them too. */
const OWN_SOURCE = /[\\/]node_modules[\\/]holdover[\\/]js[\\/]/
const IDENTIFIER = /^[\w$]+/

/** @typedef {import('./site').Frame} Frame */
/** @typedef {import('./map-sources').Origin} Origin */

/**
 * @typedef {object} Known
 * @property {any} site to be shown in place of the captured one; null: the captured one is right
 * @property {string | undefined} key place and caller as text; none where the place is not known
 * @property {string[]} files of its frames whose map could not be used
 */

/**
 * Call sites as their author wrote them. The ledger keeps what was captured, the lines of generated code; here they are
 * led through source maps, when a report is made and never before. A map is read once for all places that are wanted
 * of it, and is not kept.
 */
class OriginalSites {
  /**
   * @param {(id: number) => string | null} textOf of a site id
   * @param {(frames: Frame[]) => Array<Origin | null>} [askHost] see host-sites.js, where the host may be asked
   */
  constructor(textOf, askHost = (frames) => frames.map(() => null)) {
    this.textOf = textOf
    this.askHost = askHost
    /** By site id, as many as the ledger's table of sites. @type {Map<number, Known>} */
    this.known = new Map()
    /** Origins by generated file and "line:column". @type {Map<string, Map<string, Origin | null>>} */
    this.origins = new Map()
    /** Why the map of a file is not used. @type {Map<string, string>} */
    this.unusable = new Map()
    /** Text by "file:line", out of maps. @type {Map<string, string>} */
    this.lines = new Map()
    /** Files that were not looked at for lack of room. */
    this.dropped = 0
  }

  /** Looks up what is not known yet. @param {Iterable<number>} ids of sites */
  learn(ids) {
    /** @type {Map<number, { frames: Frame[], via: string }>} */
    const fresh = new Map()
    for (const id of ids) if (!this.known.has(id)) fresh.set(id, readSite(this.textOf(id)))
    if (fresh.size === 0) return
    for (const [file, origins] of this.origins) if (origins.size > MAX_PLACES) this.origins.delete(file)
    for (const [file, wanted] of this.wantedOf(fresh.values()))
      if (!this.isKnownToHost(file, wanted)) this.look(file, wanted)
    for (const [id, captured] of fresh) this.known.set(id, this.describe(captured))
  }

  /** Sites that are to be shown instead of the captured ones. @param {number[]} ids @returns {Record<number, any>} */
  shown(ids) {
    /** @type {Record<number, any>} */
    const sites = {}
    for (const id of ids) {
      const site = this.known.get(id)?.site
      if (site) sites[id] = site
    }
    return sites
  }

  /** Place and caller of a site that was learned, as text. @param {number} id */
  keyOf(id) {
    return this.known.get(id)?.key
  }

  /** The text of a source line that a map brought along. @param {string} file @param {number} line */
  lineOf(file, line) {
    return this.lines.get(`${file}:${line}`) ?? null
  }

  /** Files of these sites that stay as they are although they name a map. @param {number[]} ids */
  notes(ids) {
    const files = [...new Set(ids.flatMap((id) => this.known.get(id)?.files ?? []))].sort()
    const notes = files
      .slice(0, MAX_NOTES)
      .map(
        (file) =>
          `lines of ${file} are not those of its source: its source map is not used, ${this.unusable.get(file)}`
      )
    const more = files.length - notes.length
    return more > 0 ? [...notes, `${more} more source maps are not used`] : notes
  }

  /** Places not looked up yet, by file. @param {Iterable<{ frames: Frame[] }>} sites */
  wantedOf(sites) {
    /** @type {Map<string, Map<string, Frame>>} */
    const wanted = new Map()
    for (const frame of [...sites].flatMap((site) => site.frames)) {
      if (!isMappable(frame.file) || this.origins.get(frame.file)?.has(placeOf(frame))) continue
      const places = wanted.get(frame.file) ?? new Map()
      wanted.set(frame.file, places.set(placeOf(frame), frame))
    }
    return wanted
  }

  /**
   * What is compiled in memory has its map there, and whoever compiled it has the last word.
   * @param {string} file @param {Map<string, Frame>} wanted
   * @returns {boolean} whether the host knew the file
   */
  isKnownToHost(file, wanted) {
    const places = [...wanted]
    const answers = this.askHost(places.map(([, frame]) => frame))
    const said = answers.some((answer) => answer !== null)
    if (!said || (!this.origins.has(file) && this.origins.size >= MAX_FILES)) return false
    const origins = this.origins.get(file) ?? new Map()
    this.origins.set(file, origins)
    for (const [i, [place]] of places.entries()) origins.set(place, answers[i])
    return true
  }

  /** @param {string} file @param {Map<string, Frame>} wanted */
  look(file, wanted) {
    const known = this.origins.get(file)
    if (known?.size === 0) return
    if (known === undefined && this.origins.size >= MAX_FILES) {
      this.dropped++
      return
    }
    const origins = known ?? new Map()
    this.origins.set(file, origins)
    try {
      const found = findMap(file)
      // A file without a map has no origins, and is not read again.
      if (found !== null)
        for (const [place, origin] of this.originsIn(found, wanted)) origins.set(place, origin)
    } catch (error) {
      origins.clear()
      this.unusable.set(file, reasonOf(error))
    }
  }

  /**
   * @param {import('./source-map').FoundMap} found
   * @param {Map<string, Frame>} wanted
   * @returns {Array<[string, Origin | null]>}
   */
  originsIn({ map, folder, code }, wanted) {
    const positions = [...wanted]
      .map(([place, frame]) => ({ place, line: frame.line - 1, column: frame.column - 1 }))
      .sort((a, b) => (isBefore(a, b) ? -1 : 1))
    const answers = lookUpIn(map, positions)
    const sources = new Sources(folder)
    const lines = new LineReader(code)
    const origins = positions.map(({ place, line, column }, i) => {
      const answer = answers[i]
      if (answer === null) return /** @type {[string, null]} */ ([place, null])
      const word = answer.original.isExact ? copyOf(IDENTIFIER.exec(lines.from(line, column))?.[0] ?? '') : ''
      return /** @type {[string, Origin | null]} */ ([place, sources.origin(answer, word)])
    })
    for (const { file, line, text } of sources.texts()) {
      if (this.lines.size < MAX_LINES) this.lines.set(`${file}:${line}`, tidyLine(text))
    }
    return origins
  }

  /** @param {{ frames: Frame[], via: string }} captured @returns {Known} */
  describe({ frames, via }) {
    const mapped = frames.map((frame, i) => this.mapped(frame, frames[i + 1]))
    const files = frames.map((frame) => frame.file).filter((file) => this.unusable.has(file))
    const isMapped = mapped.some((frame, i) => frame !== frames[i])
    const foreign = isMapped ? mapped.filter((frame) => !OWN_SOURCE.test(frame.file)) : frames
    const site = describeSite(foreign, via)
    const caller = site.calledFrom
    const key = `${site.file}:${placeOf(site)}${caller === null ? '' : `<${caller.file}:${placeOf(caller)}`}`
    const creator = frames[mapped.indexOf(foreign[0])]
    const generated = creator === undefined || creator === foreign[0] ? null : creator
    return {
      site: isMapped ? { ...site, generated } : null,
      key: site.file === null ? undefined : key,
      files
    }
  }

  /** @param {Frame} frame @param {Frame | undefined} caller @returns {Frame} the same one where no map leads elsewhere */
  mapped(frame, caller) {
    const origin = this.originOf(frame)
    if (origin === null) return frame
    const called = caller?.file === frame.file ? this.originOf(caller) : null
    const { file, line, column } = origin
    return { file, line, column, function: originalName(frame.function, called) }
  }

  /** @param {Frame} frame */
  originOf(frame) {
    return this.origins.get(frame.file)?.get(placeOf(frame)) ?? null
  }
}

/**
 * A map names an identifier where it is used: the call that led here says what the function is called.
 * @param {string} generated what V8 calls it @param {Origin | null} called
 */
function originalName(generated, called) {
  const isCalled = called?.name && called.word !== '' && called.word === generated.split('.').at(-1)
  return isCalled ? /** @type {string} */ (called?.name) : generated
}

/** Packages are shown as they are installed: their sources mostly are not. @param {string} file */
function isMappable(file) {
  return path.isAbsolute(file) && !isLibrary(file)
}

/** @param {{ line: number, column: number }} place */
function placeOf({ line, column }) {
  return `${line}:${column}`
}

/** @param {string | null} text @returns {{ frames: Frame[], via: string }} */
function readSite(text) {
  if (!text?.startsWith('{')) return { frames: [], via: 'node' }
  const { frames, via } = JSON.parse(text)
  const toFrame = (/** @type {[string, number, number, string]} */ [file, line, column, name]) => ({
    file,
    line,
    column,
    function: name
  })
  return { frames: frames.map(toFrame), via }
}

/** @param {unknown} error */
function reasonOf(error) {
  if (error instanceof Unusable || error instanceof SyntaxError) return error.message
  return 'it cannot be read'
}

exports.OriginalSites = OriginalSites
