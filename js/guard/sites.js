'use strict'

const { SiteBook, captureCallSites, keyOf, toFrames } = require('../site')
const { OriginalSites } = require('../original-sites')
const { askHost } = require('../host-sites')

/** Call sites captured per test file; what is made after that has no line. */
const MAX_CAPTURES = 20_000

/** Node's loaders, and those of Jest and Vitest: a module is being evaluated. */
const LOADER_FILE = /^node:internal\/modules\/|[\\/]jest-runtime[\\/]/
const LOADER_FUNCTION = /ModuleRunner|ModuleEvaluator|runInlinedModule|ViteNodeRunner/

/** @param {NodeJS.CallSite} callSite */
function isLoader(callSite) {
  if (/** @type {any} */ (callSite).isAsync?.()) return false
  const file = callSite.getFileName() ?? ''
  if (LOADER_FILE.test(file)) return true
  return /[\\/]vite(st)?[\\/]/.test(file) && LOADER_FUNCTION.test(nameOf(callSite))
}

/** @param {NodeJS.CallSite} callSite */
function nameOf(callSite) {
  return `${callSite.getTypeName() ?? ''}.${callSite.getFunctionName() ?? ''}`
}

/**
 * The call sites of one test file, without a ledger: texts get their numbers here.
 */
class GuardSites {
  constructor() {
    /** @type {string[]} by id, from 1 */
    this.texts = ['']
    this.book = new SiteBook((text) => this.texts.push(text) - 1)
    this.originals = new OriginalSites((id) => this.texts[id] ?? null, askHost)
    /** By stack. @type {Map<string, { id: number, isAtLoad: boolean }>} */
    this.known = new Map()
    this.captures = 0
  }

  /**
   * @param {Function} below the wrapper whose caller is wanted
   * @returns {{ id: number, isAtLoad: boolean }} id 0: no line
   */
  capture(below) {
    if (this.captures >= MAX_CAPTURES) return { id: 0, isAtLoad: false }
    this.captures++
    const callSites = captureCallSites(below)
    if (callSites.length === 0) return { id: 0, isAtLoad: false }
    const key = keyOf(callSites)
    let known = this.known.get(key)
    if (known === undefined) {
      known = { id: this.book.add(key, toFrames(callSites)), isAtLoad: callSites.some(isLoader) }
      this.known.set(key, known)
    }
    return known
  }

  /** Looks up where these places come from. @param {number[]} ids */
  learn(ids) {
    this.originals.learn(ids)
  }

  /** The place to be shown; null where there is none. @param {number} id */
  at(id) {
    const text = this.texts[id]
    if (!text) return null
    return this.originals.shown([id])[id] ?? JSON.parse(text)
  }
}

exports.GuardSites = GuardSites
