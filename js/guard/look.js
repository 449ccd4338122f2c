'use strict'

const { INTEREST } = require('../pass')
const { describeHandle, sentBytes } = require('./handles')

/**
 * @typedef {object} Item what is still there
 * @property {'interval' | 'timeout' | 'listener' | 'server' | 'socket' | 'child process'} kind
 * @property {string} description
 * @property {string} fix
 * @property {any} made see Made; undefined: nobody saw it being made
 * @property {any} object what has it, or is it
 * @property {boolean} holdsProcess
 * @property {boolean} isShared a later test used it
 * @property {boolean} [isClosing] it was ended or killed
 * @property {number} [heldMs] of a timer
 * @property {{ class: string, event: string, listenersNow: number }} [holder] of a listener
 */

/**
 * One look at the state of everything that tests made. To the listeners' book it is a pass.
 */
class Look {
  /** @param {import('./sites').GuardSites} sites */
  constructor(sites) {
    this.sites = sites
    /** @type {Item[]} */
    this.items = []
    /** @type {any[]} listeners, as the book reports them */
    this.rows = []
    this.number = ++lastNumber
  }

  interest() {
    return INTEREST.survivor
  }

  /** @param {any} _birth @param {object} shape */
  shape(_birth, shape) {
    return shape
  }

  /** @param {number} _kind @param {any} made */
  survivor(_kind, made) {
    const row = { made, lastOwner: null, owners: 0, holders: 0, sampledBy: 0 }
    this.rows.push(row)
    return row
  }

  /** @param {Item | null} item */
  add(item) {
    if (item !== null) this.items.push(item)
  }

  /** With the places that the code was written at. */
  described() {
    const ids = this.items.map(({ made }) => made?.site ?? 0).filter((id) => id !== 0)
    this.sites.learn(ids)
    return this.items.map((item) => ({ ...item, place: this.sites.at(item.made?.site ?? 0) }))
  }
}

let lastNumber = 0

/** @param {any} timer armed @param {any} made @returns {Item} */
function timerItem(timer, made) {
  const isInterval = timer._repeat !== null
  return {
    kind: isInterval ? 'interval' : 'timeout',
    description: isInterval ? 'interval' : 'timeout',
    fix: isInterval ? 'clearInterval(timer)' : 'clearTimeout(timer)',
    heldMs: timer._idleTimeout,
    made,
    object: timer,
    holdsProcess: timer.hasRef?.() !== false,
    isShared: false
  }
}

/** @param {any} handle @param {any} kind @param {any} made @returns {Item} */
function handleItem(handle, kind, made) {
  const fix = {
    server: 'await new Promise((done) => server.close(done))',
    socket: 'end or destroy it, or the client or pool that opened it',
    'child process': 'kill it, and await its exit'
  }[/** @type {'server' | 'socket' | 'child process'} */ (kind)]
  return {
    kind,
    description: describeHandle(kind, handle),
    fix,
    made,
    object: handle,
    holdsProcess: true,
    isClosing: handle.writableEnded === true || handle.killed === true,
    isShared: made !== undefined && isShared(handle, made)
  }
}

/** Whether a test after the one that made it has sent something through it, or connected to it. @param {any} handle @param {any} made */
function isShared(handle, made) {
  return made.isUsedLater || (made.sentBytes !== null && sentBytes(handle) > made.sentBytes)
}

/**
 * How emitters say that they are closed: streams, sockets and servers of Node, child processes, and by custom clients of
 * databases, brokers and sockets (pg, ioredis, ws, socket.io).
 * @type {Array<[string, (value: any) => boolean]>}
 */
const CLOSED = [
  ['destroyed', (value) => value === true],
  ['closed', (value) => value === true],
  ['ended', (value) => value === true],
  ['_ended', (value) => value === true],
  ['listening', (value) => value === false],
  ['connected', (value) => value === false],
  ['exitCode', (value) => typeof value === 'number'],
  ['signalCode', (value) => typeof value === 'string'],
  ['status', (value) => value === 'end'],
  ['readyState', (value) => value === 'closed' || value === 3]
]

/** Nothing listens to what is closed. @param {any} owner */
function isClosed(owner) {
  // The process has no end here, whatever it says of its channel to a parent.
  if (typeof owner.pid === 'number' && typeof owner.nextTick === 'function') return false
  try {
    return CLOSED.some(([name, says]) => says(owner[name]))
  } catch {
    return false
  }
}

/** @param {any} row @returns {Item | null} */
function listenerItem({ made, lastOwner, holders }) {
  const owner = lastOwner.ref.deref()
  if (owner === undefined || isClosed(owner)) return null
  const { event, owner: ownerClass, target } = made.shape
  const remove = target === undefined ? 'off' : 'removeEventListener'
  return {
    kind: 'listener',
    description: `'${event}' listener`,
    fix: `${remove}('${event}', fn)`,
    holder: { class: ownerClass, event, listenersNow: holders },
    made,
    object: null,
    holdsProcess: false,
    isShared: false
  }
}

module.exports = { Look, timerItem, handleItem, listenerItem }
