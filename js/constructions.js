'use strict'

const { ownerOf } = require('./owner')

/** Lines remembered at which jobs construct what libraries offer. */
const MAX_LINES = 1_024

/**
 * Who constructs the emitters of a check's jobs. A client, pool or agent opens its sockets later, out of a callback of its
 * own: then the line that constructed it is the only one of the application that leads there.
 */
class Constructions {
  /** @param {(id: number) => string | null} textOf of a site id */
  constructor(textOf) {
    this.textOf = textOf
    /** @type {WeakMap<any, string>} 'app', 'library:<name>@<version>', or 'node' */
    this.makers = new WeakMap()
    /** @type {Map<number, { owner: string, isCalled: boolean }>} by site id */
    this.sites = new Map()
    /** By job name and site. @type {Map<string, { job: string, site: number, owner: string, count: number }>} */
    this.lines = new Map()
  }

  /** @param {any} emitter @param {string} job @param {number} id site where it is constructed */
  note(emitter, job, id) {
    const { owner, isCalled } = this.siteOf(id)
    this.makers.set(emitter, owner)
    if (!isCalled) return
    const key = `${id} ${job}`
    const line = this.lines.get(key)
    if (line !== undefined) line.count++
    else if (this.lines.size < MAX_LINES) this.lines.set(key, { job, site: id, owner, count: 1 })
  }

  /** @param {number} id */
  siteOf(id) {
    let site = this.sites.get(id)
    if (site === undefined) {
      site = makerAt(JSON.parse(this.textOf(id) ?? '{}'))
      this.sites.set(id, site)
    }
    return site
  }

  /** @param {any} emitter */
  makerOf(emitter) {
    return this.makers.get(emitter)
  }
}

/**
 * What the application calls is what it constructs, whatever that is built on: `new Pool()` of pg is one of pg, not of
 * pg-pool. What it calls of Node itself, it has of Node.
 * @param {any} site
 */
function makerAt({ owner = 'node', via, calledFrom, frames = [] }) {
  if (!calledFrom) return { owner: via === 'user' || owner !== 'app' ? owner : 'node', isCalled: false }
  const at = frames.findIndex((/** @type {any[]} */ [file]) => file === calledFrom.file)
  return { owner: at > 0 ? ownerOf(frames[at - 1][0]) : owner, isCalled: true }
}

exports.Constructions = Constructions
