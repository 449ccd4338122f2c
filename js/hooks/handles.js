'use strict'

const { EventEmitter } = require('node:events')
const { ChildProcess } = require('node:child_process')
const diagnostics = require('node:diagnostics_channel')
const { syncBuiltinESMExports } = require('node:module')
const net = require('node:net')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/** Node's own channel (20 to 26). */
const ACCEPTED = 'net.server.socket'

/**
 * For the suite guard alone: where servers, sockets and child processes are opened, and when emitters are made.
 * Every way there leads through these four (`net.connect`, `tls.connect`, `http`, `fetch`, `spawn`, `exec`, `fork`).
 *
 * @typedef {object} Opener whom they report to; no method throws
 * @property {(object: any, below: Function) => void} opened a socket connects, a server listens, a child is spawned
 * @property {(socket: any) => void} accepted a server has a new connection
 * @property {(emitter: any) => void} born
 * @property {() => void} noteClock a fake clock may be there, see fake-clock.js
 */

/** @param {Function} original */
function observeConnect(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever socket the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.guard !== null) sink.guard.opened(this, observed)
    return result
  }
}

/** @param {Function} original */
function observeListen(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever server the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.guard !== null) sink.guard.opened(this, observed)
    return result
  }
}

/** @param {Function} original */
function observeSpawn(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever child the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.guard !== null) sink.guard.opened(this, observed)
    return result
  }
}

/** What the constructor of every emitter calls. @param {Function} original */
function observeInit(original) {
  return function observed() {
    // @ts-expect-error `this` is the new emitter
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.guard !== null) sink.guard.born(this)
    return result
  }
}

const hook = reusable(() => [
  patch([{ owner: net.Socket.prototype, name: 'connect' }], observeConnect),
  patch([{ owner: net.Server.prototype, name: 'listen' }], observeListen),
  patch([{ owner: ChildProcess.prototype, name: 'spawn' }], observeSpawn),
  patch([{ owner: EventEmitter, name: 'init' }], observeInit)
])

/** @param {any} message Node's */
function observeAccept({ socket }) {
  if (sink.guard !== null) sink.guard.accepted(socket)
}

/** @param {Opener | null} opener null: the wrappers stay, and are silent */
function reportHandles(opener) {
  sink.guard = opener
  hook.install()
  // A second subscription of one function would be a second call.
  diagnostics.unsubscribe(ACCEPTED, observeAccept)
  if (opener !== null) diagnostics.subscribe(ACCEPTED, observeAccept)
  syncBuiltinESMExports()
}

module.exports = { reportHandles }
