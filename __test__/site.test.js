'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter, once } = require('node:events')
const { PassThrough } = require('node:stream')
const { SiteBook, captureCallSites, toFrames, describeStack } = require('../js/site')
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

test('a class that overrides on() is charged to its caller, also where once() comes back through it', async () => {
  class Worker extends EventEmitter {
    on(event, listener) {
      return super.on(event, listener)
    }

    once(event, listener) {
      return super.once(event, listener)
    }
  }
  for (const method of ['on', 'once']) {
    const worker = new Worker()
    const site = await siteOf(function register() {
      worker[method]('closing', () => {})
    })
    assert.equal(site.function, 'register', method)
  }
})

test('a function of that name with nobody above it is the place itself', () => {
  const frames = [
    { file: '/app/jobs/mail.js', line: 12, column: 3, function: 'once' },
    { file: 'node:internal/process/task_queues', line: 1, column: 1, function: 'processTicks' }
  ]
  const site = describeStack(frames)
  assert.deepEqual([site.file, site.line, site.via], ['/app/jobs/mail.js', 12, 'user'])
})

test('a listener on a stream is its line’s own, what pipe() adds is Node’s', async () => {
  const long = new PassThrough()
  const own = await siteOf(() => long.on('data', () => {}))
  assert.deepEqual([own.file, own.via], [__filename, 'user'])
  const piped = await siteOf(() => new PassThrough().pipe(long))
  assert.deepEqual([piped.file, piped.via], [__filename, 'node'])
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

test('the line that called is one of a file, and not of a text that a library runs', () => {
  const inLibrary = {
    file: '/app/node_modules/jsdom/lib/Window.js',
    line: 3,
    column: 1,
    function: 'setInterval'
  }
  const inText = { file: 'about:blank', line: 1, column: 1, function: '' }
  const inJob = { file: '/app/jobs/page.js', line: 12, column: 3, function: 'job' }
  const caller = (...frames) => describeStack(frames).calledFrom?.file
  assert.equal(caller(inLibrary, inText, inLibrary, inJob), inJob.file)
  assert.equal(caller(inLibrary, inText, inLibrary), undefined, 'further up than V8 was asked')
  assert.equal(caller(inLibrary, inText, inJob), inText.file, 'a text of its own')
  const bundled = { ...inJob, file: 'webpack-internal:///./jobs/page.js' }
  assert.equal(caller(inLibrary, bundled, inLibrary), bundled.file)
})

// worker-nodes starts the next of its processes when one has ended, at the line at which a job's call started that one.
test('what a library makes out of a callback is placed at the one line of the application that has led there', () => {
  const file = '/app/node_modules/pool/index.js'
  const inPool = (line) => ({ file, line, column: 1, function: 'start' })
  const inJob = (line) => ({ file: '/app/jobs/mail.js', line, column: 3, function: 'job' })
  const placed = (...stacks) => {
    const texts = []
    const book = new SiteBook((text) => texts.push(text))
    const ids = stacks.map((frames, i) => book.add(String(i), frames))
    return ids.map((id) => JSON.parse(texts[id - 1]).calledFrom?.line)
  }
  const outOfCallback = [inPool(3), inPool(9)]
  assert.deepEqual(placed([inPool(3), inJob(12)], outOfCallback), [12, 12])
  assert.deepEqual(
    placed([inPool(4), inJob(12)], outOfCallback),
    [12, undefined],
    'another line of the library'
  )
  assert.deepEqual(
    placed([inPool(3), inJob(12)], [inPool(3), inJob(20)], outOfCallback),
    [12, 20, undefined],
    'either may be'
  )
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
