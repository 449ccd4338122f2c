'use strict'

const { fileURLToPath } = require('node:url')
const path = require('node:path')
const { ownerOf, isLibrary } = require('./owner')

/** Frames read per capture. Enough to reach the job's own line below a client library. */
const MAX_FRAMES = 24
/** Characters kept of a function's name. */
const MAX_FUNCTION = 80

/** In a bundle that holds holdover too, this folder is the host's. */
const OWN_FOLDER = path.basename(__filename) === 'site.js' ? __dirname + path.sep : null

const NO_FRAME = Object.freeze({ file: '', line: 0, column: 0, function: '' })

/**
 * Node's helpers that register on the caller's behalf and add nothing of their own: `once()`,
 * `events.once()`, `addAbortListener()`, `NodeEventTarget.on()`. Who called them is who registered.
 */
const TRANSPARENT =
  /^node:(events|internal\/events\/|internal\/event_target|internal\/util$|timers|internal\/timers)/

/**
 * The methods that take a listener. A class that overrides one and hands on to the original (BullMQ's Worker and Queue,
 * Node's Readable) adds nothing of its own either.
 */
const REGISTERS = /(^|\.)(on|once|addListener|prependListener|prependOnceListener|addEventListener)$/

/**
 * @typedef {object} Frame
 * @property {string} file absolute path, `node:` URL, or '' for native and evaluated code
 * @property {number} line
 * @property {number} column
 * @property {string} function
 */

/** Used as Error.prepareStackTrace for the length of one capture. @param {Error} _error @param {NodeJS.CallSite[]} callSites */
function asTheyAre(_error, callSites) {
  return callSites
}

/** @param {NodeJS.CallSite[]} callSites @returns {Frame[]} */
function toFrames(callSites) {
  return callSites.map((callSite) => ({
    file: callSite.getFileName() ?? '',
    line: callSite.getLineNumber() ?? 0,
    column: callSite.getColumnNumber() ?? 0,
    function: callSite.getFunctionName() ?? ''
  }))
}

/** @param {PropertyKey} name @param {PropertyDescriptor | undefined} descriptor */
function restore(name, descriptor) {
  if (descriptor === undefined) delete (/** @type {any} */ (Error)[name])
  else Object.defineProperty(Error, name, descriptor)
}

/**
 * The same for the same stack, and much cheaper than its lines, which V8 works out one by one. A file is written once
 * for all frames in a row that are in it.
 * @param {NodeJS.CallSite[]} callSites
 */
function keyOf(callSites) {
  let key = ''
  let file
  for (let i = 0; i < callSites.length; i++) {
    const callSite = callSites[i]
    const of = callSite.getFileName()
    if (of !== file) key += of
    file = of
    key += `:${callSite.getPosition()}`
  }
  return key
}

/**
 * The call sites above `below`, newest first. Never keep them, nor an unformatted Error: both keep every frame's
 * receiver alive (Node 20 to 26). The user's prepareStackTrace and limit are put back as they were.
 * @param {Function} below the frame of this function and all under it are left out
 * @param {number} [frames] at most
 * @returns {NodeJS.CallSite[]} empty where Error is frozen
 */
function captureCallSites(below, frames = MAX_FRAMES) {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  if (limit?.writable === false || prepare?.writable === false || !Object.isExtensible(Error)) return []
  try {
    Error.stackTraceLimit = frames
    Error.prepareStackTrace = asTheyAre
    const holder = /** @type {{ stack?: any }} */ ({})
    Error.captureStackTrace(holder, below)
    return Array.isArray(holder.stack) ? holder.stack : []
  } finally {
    restore('stackTraceLimit', limit)
    restore('prepareStackTrace', prepare)
  }
}

/** @param {string} file */
function toPath(file) {
  return file.startsWith('file:') ? fileURLToPath(file) : file
}

/** @param {string} file */
function isOwn(file) {
  return OWN_FOLDER !== null && file.startsWith(OWN_FOLDER)
}

/** @param {Frame} frame */
function place(frame) {
  return { file: frame.file, line: frame.line, column: frame.column, function: frame.function }
}

/** @param {Frame} frame */
function toTuple(frame) {
  return [frame.file, frame.line, frame.column, frame.function.slice(0, MAX_FUNCTION)]
}

/**
 * The place to look at: the line that creates, and, where that is a library's, the first line of the application above it.
 * @param {Frame[]} frames of the user, newest first
 * @param {string} via 'user', or 'node' where Node's own code registers on behalf of the line
 */
function describeSite(frames, via) {
  const creator = frames[0] ?? NO_FRAME
  const caller = isLibrary(creator.file) ? callerIn(frames) : undefined
  return {
    ...place(creator),
    file: creator.file === '' ? null : creator.file,
    owner: creator.file === '' ? 'node' : ownerOf(creator.file),
    via,
    calledFrom: caller === undefined ? null : place(caller),
    frames: frames.map(toTuple)
  }
}

/** Modules that bundlers and Node load under other names than those of files. */
const LOADED = /^(webpack|data:|blob:)/

/**
 * The first line of the application. Code that a library makes of a text, as jsdom does of a page's script, has no file: there
 * it is the line that called that library.
 * @param {Frame[]} frames
 */
function callerIn(frames) {
  const isOther = (/** @type {Frame} */ { file }) => !isLibrary(file)
  const isInFile = (/** @type {Frame} */ { file }) => path.isAbsolute(file) || LOADED.test(file)
  const first = frames.findIndex(isOther)
  const runner = frames.findIndex(({ file }, at) => at > first && isLibrary(file))
  if (first === -1 || runner === -1 || isInFile(frames[first])) return frames[first]
  return frames.find((frame, at) => at > runner && isOther(frame) && isInFile(frame))
}

/** WebAssembly has no line, and what Node's own calls back (fetch). @param {Frame} frame */
function isForeign({ file }) {
  return file !== '' && !isOwn(file) && !file.startsWith('wasm:')
}

/** @param {Frame} frame */
function isUser(frame) {
  return !frame.file.startsWith('node:')
}

/** The frames from the one that registered something on, if there is a line to show among them. @param {Frame[]} frames */
function withoutHandedOn(frames) {
  const from = frames.findIndex((frame) => !TRANSPARENT.test(frame.file) && !REGISTERS.test(frame.function))
  const calling = frames.slice(Math.max(from, 0))
  return calling.some(isUser) ? calling : frames
}

/** Reduces a captured stack to what is neither Node's nor holdover's. @param {Frame[]} captured newest first */
function describeStack(captured) {
  const resolved = captured.map((frame) => ({ ...frame, file: toPath(frame.file) }))
  const foreign = resolved.filter(isForeign)
  const calling = withoutHandedOn(foreign)
  const first = calling.find((frame) => !TRANSPARENT.test(frame.file))
  const user = calling.filter(isUser)
  const isOfNode = user.length === 0 || first?.file.startsWith('node:')
  return describeSite(user, isOfNode ? 'node' : 'user')
}

/**
 * In a bundle the caller of a library's line is in the same file as that line, so ways through one file are told apart:
 * up to this many per place, then the first one stands for all others.
 */
const MAX_WAYS = 16
/** Site ids by stack text, bounded: past the bound every new stack costs one native call. */
const MAX_CACHED = 4096

/**
 * Captures call sites and turns them into the ledger's site ids.
 */
class SiteBook {
  /** @param {(text: string) => number} intern */
  constructor(intern) {
    this.intern = intern
    /** By stack. @type {Map<string, number>} */
    this.ids = new Map()
    /** By place and caller, then by way through the file. @type {Map<string, Map<string, number>>} */
    this.ways = new Map()
    /** By place in a library, the sites at which the application leads there. @type {Map<string, Set<number>>} */
    this.led = new Map()
    /** Every site id given out. @type {Set<number>} */
    this.taken = new Set()
    this.captures = 0
    this.capturedMs = 0
  }

  /**
   * @param {Function} below the wrapper whose caller is wanted
   * @returns {number} site id, 0 when nothing could be captured
   */
  capture(below) {
    const startedAt = performance.now()
    const callSites = captureCallSites(below)
    let id = 0
    if (callSites.length > 0) {
      const key = keyOf(callSites)
      id = this.ids.get(key) ?? this.add(key, toFrames(callSites))
    }
    this.captures++
    this.capturedMs += performance.now() - startedAt
    return id
  }

  /** @param {string} key @param {Frame[]} frames */
  add(key, frames) {
    const site = describeStack(frames)
    // One site per place and caller, not per stack: the way there differs, the mistake does not.
    const caller =
      site.calledFrom === null ? '' : `<${site.calledFrom.file}:${lineAndColumn(site.calledFrom)}`
    const created = `${site.via}@${site.file}:${lineAndColumn(site)}`
    const place = `${created}${caller}`
    const ways = this.ways.get(place) ?? new Map()
    const way = wayThroughFile(site)
    let id = ways.get(way) ?? (caller === '' ? this.onlyOneLeadingTo(created) : undefined)
    if (id === undefined) {
      id = ways.size < MAX_WAYS ? this.intern(JSON.stringify(site)) : ways.values().next().value
      if (ways.size < MAX_WAYS && this.taken.size < MAX_CACHED) {
        this.ways.set(place, ways.set(way, id))
        this.taken.add(id)
        if (caller !== '') this.led.set(created, (this.led.get(created) ?? new Set()).add(id))
      }
    }
    if (this.ids.size < MAX_CACHED) this.ids.set(key, id)
    return id
  }

  /**
   * A pool that starts the next of its processes out of a callback does so at the line at which it started the first one, for a
   * line of the application: that is the mistake's.
   * @param {string} created place in a library
   */
  onlyOneLeadingTo(created) {
    const led = this.led.get(created)
    return led?.size === 1 ? led.values().next().value : undefined
  }
}

/** @param {{ line: number, column: number }} place */
function lineAndColumn({ line, column }) {
  return `${line}:${column}`
}

/** The frames below the application's first one that are in the same file. @param {ReturnType<typeof describeSite>} site */
function wayThroughFile({ frames, file, calledFrom }) {
  const at = calledFrom === null ? file : calledFrom.file
  const from = frames.findIndex(([of]) => of === at)
  const to = frames.findIndex(([of], i) => i > from && of !== at)
  return frames
    .slice(from + 1, to === -1 ? undefined : to)
    .map(([, line, column]) => `${line}:${column}`)
    .join()
}

exports.SiteBook = SiteBook
exports.keyOf = keyOf
exports.captureCallSites = captureCallSites
exports.toFrames = toFrames
exports.describeSite = describeSite
exports.describeStack = describeStack
exports.isOwn = isOwn
exports.toPath = toPath
