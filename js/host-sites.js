'use strict'

const { fileURLToPath } = require('node:url')
const { realm, nodesError } = require('./realm')

/** One line of a stack as a host writes it: `at name (file:line:column)`, or without a name. */
const LINE = /^\s*at (?:.*\()?((?:file:\/\/)?[/\\A-Za-z].*?):(\d+):(\d+)\)?$/

/** @typedef {import('./site').Frame} Frame */
/** @typedef {import('./map-sources').Origin} Origin */

/**
 * A place in generated code in the form that `Error.prepareStackTrace` takes. Methods on the prototype, since that is
 * where source-map-support copies them from.
 */
class Place {
  /** @param {Frame} frame */
  constructor(frame) {
    this.frame = frame
  }
  getFileName() {
    return this.frame.file
  }
  getScriptNameOrSourceURL() {
    return this.frame.file
  }
  getLineNumber() {
    return this.frame.line
  }
  getColumnNumber() {
    return this.frame.column
  }
  getFunctionName() {
    return null
  }
  getTypeName() {
    return null
  }
  getMethodName() {
    return null
  }
  getThis() {}
  getFunction() {}
  getEvalOrigin() {}
  getPromiseIndex() {
    return null
  }
  isNative() {
    return false
  }
  isToplevel() {
    return true
  }
  isEval() {
    return false
  }
  isConstructor() {
    return false
  }
  isAsync() {
    return false
  }
  isPromiseAll() {
    return false
  }
  toString() {
    return `${this.frame.file}:${this.frame.line}:${this.frame.column}`
  }
}

/** @param {string} text @returns {Origin | null} */
function readLine(text) {
  const [, file, line, column] = LINE.exec(text) ?? []
  if (file === undefined) return null
  return {
    file: file.startsWith('file:') ? fileURLToPath(file) : file,
    line: Number(line),
    column: Number(column),
    name: null,
    word: ''
  }
}

/** @param {any} prepareStackTrace anything, since it is the host's @param {Frame[]} frames */
function ask(prepareStackTrace, frames) {
  if (typeof prepareStackTrace !== 'function') return null
  try {
    const places = frames.map((frame) => new Place(frame))
    const text = prepareStackTrace(new Error(''), places)
    const lines = typeof text === 'string' ? text.split('\n').slice(-frames.length) : []
    if (lines.length !== frames.length) return null
    const origins = frames.map((frame, i) => newPlace(frame, readLine(lines[i])))
    return origins.some((origin) => origin !== null) ? origins : null
  } catch {
    return null
  }
}

/** @param {Frame} frame @param {Origin | null} origin @returns {Origin | null} null where it is the same place */
function newPlace(frame, origin) {
  const isSame =
    origin === null ||
    (origin.file === frame.file && origin.line === frame.line && origin.column === frame.column)
  return isSame ? null : origin
}

/**
 * What a test runner that compiles in memory says about lines: it alone has the maps, and tells them through the
 * `Error.prepareStackTrace` that it has installed, in the test's global object (Jest 29, Vitest) or in the process's
 * (Jest 30).
 * @param {Frame[]} frames
 * @returns {Array<Origin | null>} null where it says nothing new
 */
function askHost(frames) {
  const nothing = frames.map(() => null)
  if (frames.length === 0) return nothing
  for (const error of [realm().Error, nodesError()]) {
    const origins = ask(error?.prepareStackTrace, frames)
    if (origins !== null) return origins
  }
  return nothing
}

module.exports = { askHost }
