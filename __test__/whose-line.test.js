'use strict'

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { once } = require('node:events')
const { pathToFileURL } = require('node:url')
const { check } = require('../js/index')

/** Mistakes that were told twice, or at another line than that of the mistake. */

const QUICK = { jobs: 60, graceMs: 50 }

/** A client that sends by UDP, as statsd's do: its socket is made with it, and bound when it first sends. */
const METRICS = `
const dgram = require('node:dgram')
exports.Metrics = class Metrics {
  constructor() {
    this.socket = dgram.createSocket('udp4')
  }
  increment(name) {
    return new Promise((done) => this.socket.send(name, 9, '127.0.0.1', done))
  }
}`

/** Both ends of a connection: each connection of the server is an object of its own. */
const TALK = `
const { EventEmitter } = require('node:events')
const net = require('node:net')
class Peer extends EventEmitter {
  constructor(socket) {
    super()
    this.socket = socket
    socket.on('data', (data) => this.emit('message', data)).on('error', () => {})
  }
}
exports.Server = class Server extends EventEmitter {
  constructor() {
    super()
    this.peers = new Set()
    this.server = net.createServer((socket) => {
      const peer = new Peer(socket)
      this.peers.add(peer)
      this.emit('peer', peer)
    })
  }
}
exports.connect = (port) => {
  const socket = net.connect(port, '127.0.0.1')
  return new Promise((done) => socket.on('connect', () => done(new Peer(socket))))
}`

const JOBS = `
const fs = require('node:fs')
const { Metrics } = require('metrics')
const { connect } = require('talk')
exports.metricsPerJob = async () => {
  const metrics = new Metrics() // line 6
  await metrics.increment('done')
}
exports.writtenAndLeftOpen = async (file) => {
  await new Promise((done) => fs.writeFile(file, 'x', done))
  await new Promise((done) => fs.open(file, 'r', done)) // line 11
}
exports.talk = async (port) => {
  await connect(port) // line 14
}`

let folder = ''
let jobs

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whose-line-'))
  for (const [name, text] of [
    ['node_modules/metrics/index.js', METRICS],
    ['node_modules/talk/index.js', TALK],
    ['jobs.js', JOBS]
  ]) {
    const file = path.join(folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, text)
  }
  jobs = (await import(pathToFileURL(path.join(folder, 'jobs.js')).href)).default
})
after(() => fs.rmSync(folder, { recursive: true }))

/** Kind, rate and the line of the jobs' own. */
const told = ({ leaks }) =>
  leaks.map(({ kind, perJob, site, calledFrom }) => [kind, perJob, (calledFrom ?? site).line])

test('a socket that a client binds when it first sends is put to the line that makes the client', async () => {
  assert.deepEqual(told(await check(jobs.metricsPerJob, QUICK)), [['socket', 1, 6]])
})

test('a file that is left open is not put to the line at which Node wrote it as a whole', async () => {
  const files = Array.from({ length: 5 }, (_, i) => path.join(folder, `${i}.txt`))
  const report = await check((i) => jobs.writtenAndLeftOpen(files[i % files.length]), QUICK)
  assert.deepEqual(told(report), [['file', 1, 11]])
})

test('what the application listens to on the other end of a connection is no second leak', async () => {
  const { Server } = require(path.join(folder, 'node_modules/talk'))
  const server = new Server().on('peer', (peer) => peer.on('message', () => {}))
  server.server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address()
  try {
    assert.deepEqual(told(await check(() => jobs.talk(port), QUICK)), [['socket', 1, 14]])
  } finally {
    for (const { socket } of server.peers) socket.destroy()
    server.server.close()
  }
})
