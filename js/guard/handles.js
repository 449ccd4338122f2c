'use strict'

const { ChildProcess } = require('node:child_process')
const net = require('node:net')
const path = require('node:path')

/** What else keeps a process and is not judged, by the name of its class. */
const OTHERS = new Set(['FSWatcher', 'StatWatcher', 'Worker'])

/**
 * Everything that keeps this thread from ending, timers excepted: Node's own list, which has no documented name and is
 * there on Node 20 to 26.
 * @returns {any[]}
 */
function holding() {
  const list = /** @type {any} */ (process)._getActiveHandles
  return typeof list === 'function' ? Reflect.apply(list, process, []) : []
}

/** @param {any} handle @returns {'server' | 'socket' | 'child process' | null} null: not judged */
function kindOf(handle) {
  if (handle instanceof net.Server) return 'server'
  if (handle instanceof ChildProcess) return 'child process'
  return handle instanceof net.Socket ? 'socket' : null
}

/** What is open and is no more than a part of something else in this list. @param {any[]} handles */
function partsOf(handles) {
  const parts = new Set()
  for (const handle of handles) {
    if (!(handle instanceof ChildProcess)) continue
    for (const stream of handle.stdio ?? []) parts.add(stream)
  }
  return parts
}

/** The process's own streams, made when they are first used. @param {any} handle */
function isOfProcess(handle) {
  return handle.fd === 0 || handle.fd === 1 || handle.fd === 2
}

/** The server's end of a connection: its client, or its server, is what somebody opened. @param {any} handle */
function isAccepted(handle) {
  return handle instanceof net.Socket && /** @type {any} */ (handle)._server != null
}

/** The handles of one test file. */
class Handles {
  constructor() {
    /** @type {WeakMap<object, import('./recorder').Made>} */
    this.made = new WeakMap()
    /** There before the file. */
    this.before = new WeakSet(holding())
  }

  /** What keeps the process and was not there before the file. */
  fresh() {
    return holding().filter((handle) => !this.before.has(handle) && !isOfProcess(handle))
  }

  /** What this file's code has opened and not closed. @returns {Array<{ handle: any, kind: string, made: any }>} */
  open() {
    const handles = this.fresh()
    const parts = partsOf(handles)
    return handles
      .filter((handle) => !parts.has(handle) && !isAccepted(handle))
      .map((handle) => ({ handle, kind: kindOf(handle) ?? '', made: this.made.get(handle) }))
  }

  /** Names of what is open and not judged. @returns {string[]} */
  others() {
    return this.open()
      .filter(({ kind }) => kind === '')
      .map(({ handle }) => handle?.constructor?.name)
      .filter((name) => OTHERS.has(name))
  }
}

/** What was written to a socket, or to a child's stdin; 0 for what says nothing of it. @param {any} handle @returns {number} */
function sentBytes(handle) {
  return handle?.bytesWritten ?? handle?.stdin?.bytesWritten ?? 0
}

/** @param {any} client @param {any} accepted a socket of a server */
function areOneConnection(client, accepted) {
  const port = portOf(client, 'getsockname')
  return port !== null && port === portOf(accepted, 'getpeername')
}

/**
 * Asked of the handle, since a socket keeps its addresses from the first time it is asked for them.
 * @param {any} socket @param {'getsockname' | 'getpeername'} name @returns {number | null}
 */
function portOf(socket, name) {
  const handle = socket instanceof net.Socket ? /** @type {any} */ (socket)._handle : null
  /** @type {any} */
  const address = {}
  const found = typeof handle?.[name] === 'function' && handle[name](address) === 0
  return found ? (address.port ?? null) : null
}

/** @param {string} kind @param {any} handle */
function describeHandle(kind, handle) {
  if (kind === 'child process') return `child process ${path.basename(String(handle.spawnfile))}`
  if (kind === 'server') {
    const address = handle.address()
    return typeof address === 'string'
      ? `server on ${address}`
      : `server on port ${address?.port ?? 'unknown'}`
  }
  const { remoteAddress, remotePort } = handle
  return remotePort === undefined ? 'socket' : `socket to ${remoteAddress}:${remotePort}`
}

/** Lets the process end although this is open. @param {any} handle */
function release(handle) {
  for (const stream of [handle, ...(handle?.stdio ?? [])])
    if (typeof stream?.unref === 'function') stream.unref()
}

module.exports = { Handles, describeHandle, areOneConnection, sentBytes, release }
