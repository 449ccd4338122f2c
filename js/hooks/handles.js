'use strict'

const { ChildProcess } = require('node:child_process')
const dgram = require('node:dgram')
const diagnostics = require('node:diagnostics_channel')
const net = require('node:net')
const { KIND } = require('../kinds')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * Where sockets, servers, child processes, worker threads and streams of HTTP/2 are opened. Every way there leads through these few
 * (`net.connect`, `tls.connect`, `http`, `fetch`, `spawn`, `exec`, `fork`). One literal for each function, for speed: see
 * event-emitter.js.
 */

/**
 * The guard hears of handles also while a run records, and once where it is the recorder itself.
 * @param {number} kind @param {any} object @param {Function} below
 */
function report(kind, object, below) {
  const { recorder, guard } = /** @type {any} */ (sink)
  if (recorder !== null) recorder.opened(kind, object, below)
  if (guard !== null && guard !== recorder) guard.opened(kind, object, below)
}

/** @param {Function} original */
function observeConnect(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever socket the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    report(KIND.socket, this, observed)
    return result
  }
}

/** @param {Function} original */
function observeListen(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever server the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    report(KIND.server, this, observed)
    return result
  }
}

/** @param {Function} original */
function observeSpawn(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever child the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    report(KIND['child-process'], this, observed)
    return result
  }
}

/** Node keeps a UDP socket until it is closed, also one that nobody ever used. @param {any} message */
function onUdpSocket({ socket }) {
  if (sink.recorder !== null) sink.recorder.opened(KIND.socket, socket, onUdpSocket)
}

/** Whose line says more: it has a descriptor once it is bound, and `send` binds it. @param {Function} original */
function observeBind(original) {
  return function observed() {
    // @ts-expect-error `this` is whatever socket the caller uses
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.recorder !== null) sink.recorder.opened(KIND.socket, this, observed)
    return result
  }
}

/** Wrapping the class would change its identity; the channel speaks inside its constructor. @param {any} message */
function onWorker(message) {
  if (sink.recorder !== null) sink.recorder.opened(KIND.worker, message.worker, onWorker)
}

/** A request of HTTP/2. Node 20 has no such channel, and its class is not to be had. @param {any} message */
function onHttp2Stream({ stream }) {
  if (sink.recorder !== null) sink.recorder.opened(KIND.stream, stream, onHttp2Stream)
}

/** For the suite guard alone: a server has a new connection. @param {any} message */
function onAccept({ socket }) {
  if (sink.guard !== null) sink.guard.accepted(socket)
}

/**
 * Node's own channels (20 to 26).
 * @param {string} channel @param {(message: any) => void} onMessage
 * @returns {import('./patch').Undo}
 */
function subscribed(channel, onMessage) {
  diagnostics.subscribe(channel, onMessage)
  return Object.assign(() => diagnostics.unsubscribe(channel, onMessage), { extend: () => false })
}

const accepts = reusable(() => [subscribed('net.server.socket', onAccept)])

const hook = reusable(() => [
  patch([{ owner: net.Socket.prototype, name: 'connect' }], observeConnect),
  patch([{ owner: net.Server.prototype, name: 'listen' }], observeListen),
  patch([{ owner: ChildProcess.prototype, name: 'spawn' }], observeSpawn),
  patch([{ owner: dgram.Socket.prototype, name: 'bind' }], observeBind),
  subscribed('udp.socket', onUdpSocket),
  subscribed('worker_threads', onWorker),
  subscribed('http2.client.stream.created', onHttp2Stream)
])

module.exports = { ...hook, accepts }
