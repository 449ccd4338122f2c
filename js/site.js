'use strict'

const { fileURLToPath } = require('node:url')
const path = require('node:path')
const { ownerOf, isLibrary } = require('./owner')

/** Frames read per capture. Enough to reach the job's own line below a client library. */
const MAX_FRAMES = 24
/** Frames kept as text with a site. */
const MAX_STACK_LINES = 12

const OWN_FOLDER = __dirname + path.sep

/**
 * Node's helpers that register on the caller's behalf and add nothing of their own: `once()`,
 * `events.once()`, `addAbortListener()`, `NodeEventTarget.on()`. Who called them is who registered.
 */
const TRANSPARENT =
  /^node:(events|internal\/events\/|internal\/event_target|internal\/util$|timers|internal\/timers)/

/**
 * @typedef {object} Frame
 * @property {string} file absolute path, `node:` URL, or '' for native and evaluated code
 * @property {number} line
 * @property {number} column
 * @property {string} function
 */

/**
 * Used as Error.prepareStackTrace for the length of one capture.
 * @param {Error} _error
 * @param {NodeJS.CallSite[]} callSites
 * @returns {Frame[]}
 */
function toFrames(_error, callSites) {
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
 * The frames above `below`, newest first. Formatted at once, since an unformatted Error keeps every
 * frame's receiver alive (Node 20 to 26). The user's prepareStackTrace and limit are put back as they were.
 * @param {Function} below the frame of this function and all under it are left out
 * @returns {Frame[]} empty where Error is frozen
 */
function captureFrames(below) {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  if (limit?.writable === false || prepare?.writable === false || !Object.isExtensible(Error)) return []
  try {
    Error.stackTraceLimit = MAX_FRAMES
    Error.prepareStackTrace = toFrames
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

/** @param {Frame} frame */
function isUser(frame) {
  return frame.file !== '' && !frame.file.startsWith('node:') && !frame.file.startsWith(OWN_FOLDER)
}

/** @param {Frame} frame */
function formatFrame(frame) {
  const place = `${frame.file}:${frame.line}:${frame.column}`
  return frame.function === '' ? place : `${frame.function} (${place})`
}

/** @param {Frame} frame */
function place(frame) {
  return { file: frame.file, line: frame.line, column: frame.column, function: frame.function }
}

/**
 * Reduces a stack to the place to look at: the first frame that is neither Node's nor holdover's, and,
 * where that is a library, the first line of the application above it.
 * @param {Frame[]} frames newest first
 */
function describeSite(frames) {
  const resolved = frames.map((frame) => ({ ...frame, file: toPath(frame.file) }))
  const foreign = resolved.filter((frame) => !frame.file.startsWith(OWN_FOLDER) && frame.file !== '')
  const first = foreign.find((frame) => !TRANSPARENT.test(frame.file))
  const user = foreign.filter(isUser)
  const via = first?.file.startsWith('node:') ? 'node' : 'user'
  const stack = user.slice(0, MAX_STACK_LINES).map(formatFrame)
  if (user.length === 0) {
    return {
      file: null,
      line: 0,
      column: 0,
      function: '',
      owner: 'node',
      via: 'node',
      calledFrom: null,
      stack
    }
  }
  const creator = user[0]
  const caller = isLibrary(creator.file) ? user.find((frame) => !isLibrary(frame.file)) : undefined
  return {
    ...place(creator),
    owner: ownerOf(creator.file),
    via,
    calledFrom: caller === undefined ? null : place(caller),
    stack
  }
}

/** Site ids by stack text, bounded: past the bound every new stack costs one native call. */
const MAX_CACHED = 4096

/**
 * Captures call sites and turns them into the ledger's site ids.
 */
class SiteBook {
  /** @param {(text: string) => number} intern */
  constructor(intern) {
    this.intern = intern
    /** @type {Map<string, number>} */
    this.ids = new Map()
    /** "file:line:column" by site id, for keys that are split by site. @type {Map<number, string>} */
    this.places = new Map()
    this.captures = 0
    this.capturedMs = 0
  }

  /**
   * @param {Function} below the wrapper whose caller is wanted
   * @returns {number} site id, 0 when nothing could be captured
   */
  capture(below) {
    const startedAt = performance.now()
    const frames = captureFrames(below)
    let id = 0
    if (frames.length > 0) {
      const key = frames.map((frame) => `${frame.file}:${frame.line}:${frame.column}`).join('|')
      id = this.ids.get(key) ?? this.add(key, frames)
    }
    this.captures++
    this.capturedMs += performance.now() - startedAt
    return id
  }

  /** @param {string} key @param {Frame[]} frames */
  add(key, frames) {
    const site = describeSite(frames)
    // One site per place and caller, not per stack: the way there differs, the mistake does not.
    const text = JSON.stringify(site)
    const caller = site.calledFrom
    const from = caller === null ? '' : `<${caller.file}:${caller.line}`
    const at = `${site.file}:${site.line}:${site.column}${from}`
    const short = `@${site.via}@${at}`
    let id = this.ids.get(short)
    if (id === undefined) {
      id = this.intern(text)
      if (this.ids.size < MAX_CACHED) {
        this.ids.set(short, id)
        this.places.set(id, at)
      }
    }
    if (this.ids.size < MAX_CACHED) this.ids.set(key, id)
    return id
  }
}

exports.SiteBook = SiteBook
exports.captureFrames = captureFrames
exports.describeSite = describeSite
