'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter, once } = require('node:events')
const { captureCallSites, toFrames, describeStack } = require('../js/site')
const { withWatch } = require('./helpers/run-watch')

const siteOf = async (register) => {
  let site = null
  await withWatch({}, async ({ job, rows }) => {
    for (let i = 0; i < 2; i++) await job('mail', register)
    site = (await rows())[0].survivors[0].site
  })
  return site
}

test('the site is the line that registers, with its column and function', async () => {
  const bus = new EventEmitter()
  const site = await siteOf(function register() {
    bus.on('x', () => {})
  })
  assert.equal(site.file, __filename)
  assert.equal(site.function, 'register')
  assert.equal(site.owner, 'app')
  assert.equal(site.via, 'user')
  assert.deepEqual(site.frames[0], [__filename, site.line, site.column, 'register'])
})

test('events.once() is charged to its caller', async () => {
  const bus = new EventEmitter()
  const site = await siteOf(() => {
    once(bus, 'never')
  })
  assert.equal(site.file, __filename)
  assert.equal(site.via, 'user')
})

test('what Node registers on behalf of a line says so', () => {
  const frames = [
    { file: 'node:internal/streams/readable', line: 1, column: 1, function: 'pipe' },
    { file: '/app/jobs/mail.js', line: 12, column: 3, function: 'job' }
  ]
  const site = describeStack(frames)
  assert.equal(site.via, 'node')
  assert.equal(site.line, 12)
})

test('a library site names the package, and the line of the application that called it', () => {
  const frames = [
    { file: '/app/node_modules/@scope/client/lib/index.js', line: 3, column: 1, function: 'connect' },
    { file: 'file:///app/jobs/mail.mjs', line: 12, column: 3, function: 'job' }
  ]
  const site = describeStack(frames)
  assert.equal(site.owner, 'library:@scope/client@unknown')
  assert.deepEqual(site.calledFrom, { file: '/app/jobs/mail.mjs', line: 12, column: 3, function: 'job' })
})

test("the host's prepareStackTrace and limit come back as they were", () => {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  const mine = () => 'mine'
  Error.prepareStackTrace = mine
  Error.stackTraceLimit = 3
  function below() {
    return toFrames(captureCallSites(below))
  }
  const frames = below()
  assert.ok(frames.length > 0)
  assert.equal(Error.prepareStackTrace, mine)
  assert.equal(Error.stackTraceLimit, 3)
  assert.equal(new Error('x').stack, 'mine')
  Error.stackTraceLimit = 10
  if (prepare === undefined) delete Error.prepareStackTrace
  else Object.defineProperty(Error, 'prepareStackTrace', prepare)
})

test('a captured stack keeps no receiver alive', async () => {
  const { collect } = require('../js/collect')
  let ref
  class Owner {
    register() {
      ref = new WeakRef(this)
      return toFrames(captureCallSites(Owner))
    }
  }
  const frames = (() => new Owner().register())()
  await collect()
  await collect()
  assert.equal(ref.deref(), undefined)
  assert.ok(Array.isArray(frames))
})
