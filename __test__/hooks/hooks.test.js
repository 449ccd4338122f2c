'use strict'

const { test, before, after, afterEach } = require('node:test')
const assert = require('node:assert/strict')
const { ChildProcess } = require('node:child_process')
const dgram = require('node:dgram')
const { EventEmitter } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const timers = require('node:timers')
const timersPromises = require('node:timers/promises')
const { promisify } = require('node:util')
const { installHooks, uninstallHooks } = require('../../js/hooks')
const { runBody } = require('../helpers/child')

/** What a recorder was told, by method. */
const calls = []
const recorder = Object.fromEntries(
  ['listener', 'timer', 'immediate', 'promisedTimer', 'opened', 'openedFile'].map((method) => [
    method,
    (...args) => calls.push([method, ...args])
  ])
)

/** Everything a program can see of the functions that are patched. */
const places = {
  on: [EventEmitter.prototype, 'on'],
  addListener: [EventEmitter.prototype, 'addListener'],
  prependListener: [EventEmitter.prototype, 'prependListener'],
  addEventListener: [EventTarget.prototype, 'addEventListener'],
  setTimeout: [globalThis, 'setTimeout'],
  'timers.setTimeout': [timers, 'setTimeout'],
  setInterval: [globalThis, 'setInterval'],
  'timers.setInterval': [timers, 'setInterval'],
  setImmediate: [globalThis, 'setImmediate'],
  'timers.setImmediate': [timers, 'setImmediate'],
  'promises.setTimeout': [timersPromises, 'setTimeout'],
  'promises.setInterval': [timersPromises, 'setInterval'],
  wait: [Object.getPrototypeOf(timersPromises.scheduler), 'wait'],
  connect: [net.Socket.prototype, 'connect'],
  listen: [net.Server.prototype, 'listen'],
  spawn: [ChildProcess.prototype, 'spawn'],
  bind: [dgram.Socket.prototype, 'bind'],
  openSync: [fs, 'openSync'],
  open: [fs, 'open'],
  'promises.open': [fs.promises, 'open'],
  createReadStream: [fs, 'createReadStream'],
  createWriteStream: [fs, 'createWriteStream'],
  watch: [fs, 'watch'],
  watchFile: [fs, 'watchFile']
}
const read = () =>
  Object.fromEntries(Object.entries(places).map(([name, [owner, key]]) => [name, owner[key]]))
const describe = (fn) => {
  const { name, length } = fn
  const keys = Reflect.ownKeys(fn).map(String).sort()
  return { name, length, keys, hasPrototype: Object.hasOwn(fn, 'prototype'), kind: Object.getPrototypeOf(fn) }
}

/** The test runner registers listeners too: only what happened to these owners counts. */
const callsOn = (owner) => calls.filter((call) => call[1] === owner)

const bare = read()
const bareDescribed = Object.fromEntries(Object.entries(bare).map(([name, fn]) => [name, describe(fn)]))
const globalsBefore = Reflect.ownKeys(globalThis).map(String)

before(() => installHooks(recorder))
after(() => uninstallHooks())
afterEach(() => {
  calls.length = 0
})

test('patched functions look like the originals', () => {
  for (const [name, fn] of Object.entries(read())) {
    assert.notEqual(fn, bare[name], `${name} is patched`)
    assert.deepEqual(describe(fn), bareDescribed[name], name)
  }
})

test('aliases stay identical', () => {
  assert.equal(EventEmitter.prototype.on, EventEmitter.prototype.addListener)
  assert.equal(globalThis.setTimeout, timers.setTimeout)
  assert.equal(globalThis.setInterval, timers.setInterval)
  assert.equal(globalThis.setImmediate, timers.setImmediate)
  assert.equal(promisify(setTimeout), timersPromises.setTimeout)
})

test('no global is added', () => {
  assert.deepEqual(Reflect.ownKeys(globalThis).map(String), globalsBefore)
})

test('ESM named imports get the patched functions', async () => {
  const events = await import('node:events')
  const esmTimers = await import('node:timers')
  const esmPromises = await import('node:timers/promises')
  assert.equal(esmTimers.setTimeout, setTimeout)
  assert.equal(esmPromises.setTimeout, timersPromises.setTimeout)
  assert.equal(events.EventEmitter.prototype.on, EventEmitter.prototype.on)
})

test('a registration is seen once, with owner, type and listener', () => {
  const emitter = new EventEmitter()
  const listener = () => {}
  assert.equal(emitter.on('a', listener), emitter)
  assert.deepEqual(
    callsOn(emitter).map((call) => call.slice(0, 4)),
    [['listener', emitter, 'a', listener]]
  )
})

test('once and prependOnceListener are seen through on and prependListener', () => {
  const emitter = new EventEmitter()
  emitter.once('a', () => {})
  emitter.prependOnceListener('a', () => {})
  assert.deepEqual(
    callsOn(emitter).map((call) => call[0]),
    ['listener', 'listener']
  )
})

test('an error of the original passes through and nothing is recorded', () => {
  const emitter = new EventEmitter()
  const target = new EventTarget()
  assert.throws(() => emitter.on('a', 'no function'), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => target.addEventListener('a', 1), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => setTimeout('no function'), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.equal(callsOn(emitter).length + callsOn(target).length, 0)
})

test('option getters of addEventListener are read by Node alone, once each', () => {
  const target = new EventTarget()
  const reads = { bare: [], hooked: [] }
  const options = (log) => ({
    get once() {
      log.push('once')
      return true
    },
    get signal() {
      log.push('signal')
    }
  })
  Reflect.apply(bare.addEventListener, target, ['a', () => {}, options(reads.bare)])
  target.addEventListener('b', () => {}, options(reads.hooked))
  assert.deepEqual(reads.hooked, reads.bare)
})

test('timer arguments and return values pass through', async () => {
  const seen = await new Promise((resolve) => setTimeout((...args) => resolve(args), 1, 'a', 2))
  assert.deepEqual(seen, ['a', 2])
  const timer = setTimeout(() => {}, 50)
  assert.equal(timer.constructor.name, 'Timeout')
  clearTimeout(timer)
  assert.equal(await timersPromises.setTimeout(1, 'value'), 'value')
  const iterator = timersPromises.setInterval(1, 'tick')
  assert.equal((await iterator.next()).value, 'tick')
  await iterator.return()
})

test('a rejected timers/promises promise stays unhandled when the host does not handle it', async () => {
  const { stdout } = await runBody(() => {
    holdover.start({ report: { everyMs: 0 } })
    process.on('unhandledRejection', (reason) => console.log(reason.name))
    const controller = new AbortController()
    require('node:timers/promises').setTimeout(1_000, null, { signal: controller.signal })
    controller.abort()
  })
  assert.equal(stdout, 'AbortError\n')
})

test('a patch another library put on top survives uninstalling, and stays silent', () => {
  const emitter = new EventEmitter()
  const ours = EventEmitter.prototype.on
  EventEmitter.prototype.on = function theirs(...args) {
    return Reflect.apply(ours, this, args)
  }
  const theirs = EventEmitter.prototype.on
  uninstallHooks()
  assert.equal(EventEmitter.prototype.on, theirs)
  emitter.on('a', () => {})
  const whileOff = callsOn(emitter).length
  installHooks(recorder)
  emitter.on('a', () => {})
  const whileOn = callsOn(emitter).length
  EventEmitter.prototype.on = ours
  assert.equal(whileOff, 0)
  assert.equal(whileOn, 1, 'one wrapper, not two')
})

test('uninstalling puts the very functions back', async () => {
  uninstallHooks()
  assert.deepEqual(read(), bare)
  assert.equal((await import('node:timers')).setTimeout, bare.setTimeout)
  installHooks(recorder)
})
