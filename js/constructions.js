'use strict'

const { ownerOf } = require('./owner')
const { className } = require('./shape')

/** Lines remembered at which jobs construct what libraries offer. */
const MAX_LINES = 1_024
/** Emitters of one line watched, between two looks, as to whether they are still there. */
const MAX_WATCHED = 8_192
/** Of what the application makes of Node's own, the only one that opens something later. */
const NODE_POOL = 'Agent'
/** Classes that say nothing: a client that is made of one, or has its methods copied from one (ioredis, MQTT.js), has another name. */
const PLAIN = /^(EventEmitter|Stream|Readable|Writable|Duplex|Transform|PassThrough)?$/

/**
 * What a call site says about who constructs there.
 * @typedef {object} Maker
 * @property {string} owner whose it is: of a library that the application calls
 * @property {string} by the library whose own line it is
 * @property {boolean} isCalled the application calls it
 * @property {string} calls the function that the application's line calls
 */

/** A line of the application at which jobs construct something. Of a class, so that the heap of a check shows whose it is. */
class Line {
  /** @param {string} job @param {number} site @param {Maker} maker @param {string} named class of what is constructed there first */
  constructor(job, site, { owner, by, calls }, named) {
    this.job = job
    this.site = site
    this.owner = owner
    this.by = by
    /** Of each of them, as it says itself. */
    this.named = named
    this.class = PLAIN.test(named) ? plainly(calls) : named
    /** By `new`, and not by a method that makes one when it needs one. */
    this.isDirect = calls === this.class
    this.count = 0
    /** @type {Array<WeakRef<any>>} */
    this.refs = []
  }

  /** How many of them are still there. @param {(emitter: any) => boolean} isHandle */
  alive(isHandle) {
    this.refs = this.refs.filter((ref) => ref.deref() !== undefined)
    return this.refs.filter((ref) => !isHandle(ref.deref())).length
  }

  /** What the report is told. A socket is no client that has a socket open. @param {(emitter: any) => boolean} isHandle */
  factsOf(isHandle) {
    const { job, site, owner, by, count, isDirect } = this
    return { job, site, owner, by, class: this.class, count, isDirect, alive: this.alive(isHandle) }
  }
}

/**
 * Who constructs the emitters of a check's jobs. A client, pool or agent opens its sockets later, out of a callback of its
 * own: then the line that constructed it is the only one of the application that leads there.
 */
class Constructions {
  /**
   * @param {(id: number) => string | null} textOf of a site id
   * @param {(emitter: any) => boolean} isHandle whether it is what opens, and nothing that has it open
   */
  constructor(textOf, isHandle) {
    this.textOf = textOf
    this.isHandle = isHandle
    /** @type {WeakMap<any, string>} 'app', 'library:<name>@<version>', or 'node' */
    this.makers = new WeakMap()
    /** @type {Map<number, Maker>} by site id */
    this.sites = new Map()
    /** By job name and site, the line that came first first. @type {Map<string, Line>} */
    this.lines = new Map()
  }

  /** @param {any} emitter @param {string | null} job null: between jobs @param {number} id site where it is constructed */
  note(emitter, job, id) {
    const maker = this.siteOf(id)
    const { owner, isCalled } = maker
    this.makers.set(emitter, owner)
    if (job === null) return
    const named = className(emitter)
    if (!isCalled && !(owner === 'node' && named === NODE_POOL)) return
    const key = `${id} ${job}`
    const line = this.lines.get(key) ?? this.add(key, new Line(job, id, maker, named))
    if (line === null) return
    line.count++
    // The parts that it is made of are no second one.
    if (line.named === named && line.refs.length < MAX_WATCHED) line.refs.push(new WeakRef(emitter))
  }

  /** @param {string} key @param {Line} line */
  add(key, line) {
    if (this.lines.size >= MAX_LINES) return null
    this.lines.set(key, line)
    return line
  }

  /** In the order in which they were first seen. */
  get facts() {
    return Array.from(this.lines.values(), (line) => line.factsOf(this.isHandle))
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

/** A name for what a function makes: that of a class, or just what it is. @param {string} calls */
function plainly(calls) {
  return /^[A-Z]/.test(calls) ? calls : 'client'
}

/**
 * What the application calls is what it constructs, whatever that is built on: `new Pool()` of pg is one of pg, not of
 * pg-pool. What it calls of Node itself, it has of Node.
 * @param {any} site
 * @returns {Maker}
 */
function makerAt({ owner = 'node', via, calledFrom, frames = [] }) {
  if (!calledFrom) {
    const by = via === 'user' || owner !== 'app' ? owner : 'node'
    return { owner: by, by, isCalled: false, calls: '' }
  }
  const at = frames.findIndex((/** @type {any[]} */ [file]) => file === calledFrom.file)
  if (at <= 0) return { owner, by: owner, isCalled: true, calls: '' }
  const [file, , , name] = frames[at - 1]
  return { owner: ownerOf(file), by: owner, isCalled: true, calls: name.replace(/^new /, '') }
}

exports.Constructions = Constructions
