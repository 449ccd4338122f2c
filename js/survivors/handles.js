'use strict'

const dgram = require('node:dgram')
const net = require('node:net')
const { BroadcastChannel, MessagePort } = require('node:worker_threads')
const { className } = require('../shape')
const { KIND } = require('../kinds')

/** Handles in view at once; more are counted as dropped. */
const MAX_HANDLES = 65_536
/** What is opened is not open at once: a server that listens on a name looks it up first. */
const OPENING_MS = 1_000
/** Handles looked at between two looks at the clock. */
const CHUNK = 1_024

/**
 * @typedef {object} Handle
 * @property {number} kind
 * @property {import('../job').Birth} birth
 * @property {number} openedAt ms
 */

/**
 * Whether a handle is open, asked of its own state. Open handles are kept by Node, so that one which is gone is closed.
 * @type {Map<number, (object: any) => boolean>}
 */
const IS_OPEN = new Map()
IS_OPEN.set(KIND.socket, (socket) => (socket instanceof dgram.Socket ? isBound(socket) : !socket.destroyed))
IS_OPEN.set(KIND.server, (server) => server.listening)
IS_OPEN.set(KIND['child-process'], isRunning)
IS_OPEN.set(KIND.worker, (worker) => worker.threadId !== -1)
// Null once it is closed. Undefined: it watches through others, which are seen by themselves.
IS_OPEN.set(KIND.watcher, (watcher) => watcher._handle !== null && watcher._handle !== undefined)

IS_OPEN.set(KIND.stream, (stream) => !stream.destroyed)
IS_OPEN.set(KIND.port, isPortOpen)

/** @param {number} kind @param {any} object */
function isOpen(kind, object) {
  return /** @type {(object: any) => boolean} */ (IS_OPEN.get(kind))(object)
}

/** @param {import('node:child_process').ChildProcess} child */
function isRunning({ pid, exitCode, signalCode }) {
  return pid !== undefined && exitCode === null && signalCode === null
}

const { hasRef, ref, unref } = /** @type {any} */ (MessagePort.prototype)

/**
 * A port says no more than whether it keeps the process alive, which one that is closed cannot be made to: it is made to for
 * as long as it takes to ask.
 * @param {any} port
 */
function isPortOpen(port) {
  if (hasRef.call(port)) return true
  ref.call(port)
  const isOpen = hasRef.call(port)
  if (isOpen) unref.call(port)
  return isOpen
}

/** A BroadcastChannel listens through a port of its own. @param {any} object */
function portOf(object) {
  if (!(object instanceof BroadcastChannel)) return object
  const symbol = Object.getOwnPropertySymbols(object).find(({ description }) => description === 'kHandle')
  return symbol === undefined ? object : /** @type {any} */ (object)[symbol]
}

/** Whose opening is the other end's business. */
const ACCEPTED = Symbol('accepted')

/** The server's end of a connection, or of a session of HTTP/2: it is open because its client is. @param {any} object */
function isAccepted(object) {
  const isOfServer =
    object instanceof net.Socket
      ? /** @type {any} */ (object).server instanceof net.Server
      : object.constructor?.name === 'ServerHttp2Session'
  return isOfServer && !object.destroyed
}

/** A UDP socket says that it is closed in no other way. @param {dgram.Socket} socket */
function isBound(socket) {
  try {
    socket.address()
    return true
  } catch (error) {
    return /** @type {any} */ (error).code === 'EBADF'
  }
}

/**
 * Sockets, servers, child processes, worker threads, watchers, message ports and streams of HTTP/2 that outlive their job.
 * Each is seen when it is opened and held weakly; whether it still is open, its own state says, so that no collection is
 * needed.
 */
class Handles {
  /** @param {import('../watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    /** @type {Array<WeakRef<any>>} */
    this.refs = []
    /** @type {WeakMap<any, Handle>} */
    this.known = new WeakMap()
    this.dropped = 0
  }

  /** @param {number} kind @param {any} object @param {import('../job').Birth} birth */
  keep(kind, object, birth) {
    const isNew = !this.known.has(object)
    if (isNew && this.refs.length >= MAX_HANDLES) this.refs = this.refs.filter((ref) => this.isKept(ref))
    if (isNew && this.refs.length >= MAX_HANDLES) {
      this.dropped++
      return
    }
    // A socket that connects again belongs to whoever connects it.
    const handle = { kind, birth, openedAt: this.watch.now() }
    this.known.set(object, handle)
    // The pipes of a child process are part of it.
    for (const stream of object.stdio ?? []) if (stream !== null) this.known.set(stream, handle)
    if (isNew) this.refs.push(new WeakRef(object))
  }

  /** Who opened it, if a job did. @param {any} object @returns {import('../job').Birth | undefined} */
  birthOf(object) {
    return this.known.get(portOf(object))?.birth
  }

  /** Whether it is open or may be soon. @param {WeakRef<any>} ref */
  isKept(ref) {
    const object = ref.deref()
    const handle = object === undefined ? undefined : this.known.get(object)
    if (handle === undefined) return false
    if (isOpen(handle.kind, object) || this.watch.now() - handle.openedAt < OPENING_MS) return true
    this.known.delete(object)
    return false
  }

  /** @param {import('../pass').Pass} pass */
  *survivors(pass) {
    const { refs } = this
    for (let i = 0; i < refs.length; i++) {
      const object = refs[i].deref()
      const handle = object === undefined ? undefined : this.known.get(object)
      if (handle !== undefined && isOpen(handle.kind, object))
        pass.open(handle.kind, handle.birth, className(object))
      if (i % CHUNK === CHUNK - 1) yield
    }
    this.refs = this.refs.filter((ref) => this.isKept(ref))
    yield
  }
}

exports.Handles = Handles
exports.ACCEPTED = ACCEPTED
exports.isAccepted = isAccepted
