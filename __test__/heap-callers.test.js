'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { HeapSites } = require('../js/heap-sites')

const JOB = `const Emitter = require('emitter')
const { memo: remember } = require('memo')

const replies = new Emitter()
const priceOf = remember((id) => id)

exports.job = (i) => {
  replies.once('reply-' + i, () => {})
  const price = priceOf(i)
  replies.emit('reply-' + i)
  return price
}
`

/** Of a library's function in which something is made, the line of the job that calls into the library. */
function lineOf({
  callee,
  others = [],
  packageName = 'emitter',
  from = packageName,
  job = JOB,
  maker = 'on'
}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-callers-'))
  try {
    const file = path.join(folder, 'job.js')
    fs.writeFileSync(file, job)
    const library = path.join(folder, 'node_modules', packageName, 'index.js')
    const sites = new HeapSites({ ledger: { intern: () => 0 }, originals: { learn() {}, shown: () => [] } })
    const frame = {
      file,
      line: job.split('\n').indexOf('exports.job = (i) => {') + 1,
      column: 15,
      function: 'exports.job'
    }
    const callers = [...(callee === null ? [] : [callee]), ...others].map((name) => ({
      frame,
      callee: name,
      from
    }))
    const allocation = { file: library, line: 3, callers }
    const place = sites.callers.of({ file: library, line: 3, column: 1, function: maker }, [allocation])
    return place === null ? null : place.line
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

test('the line of the job is the one that calls what the library calls so', () => {
  assert.equal(lineOf({ callee: 'Emitter.once' }), 8)
  assert.equal(lineOf({ callee: 'Emitter.emit' }), 10)
})

test('what is called on the result of that call is another line', () => {
  const job = JOB.replace("replies.once('reply-' + i, () => {})", 'const once = replies.once(i)').replace(
    'replies.emit(',
    'once.emit('
  )
  assert.equal(lineOf({ callee: 'Emitter.once', job }), 8)
})

test('where it is called by another name, it is the one line that calls what comes from that package', () => {
  assert.equal(lineOf({ callee: 'memoized', packageName: 'memo' }), 9)
  assert.equal(lineOf({ callee: '', packageName: 'memo' }), 9)
})

test('where several lines do, it is the function', () => {
  assert.equal(lineOf({ callee: 'Emitter.addSilently' }), 7)
})

/** The line that hands over the function that is written where `at` stands in a job. */
function handingLineOf(job, at, name = '') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-handing-'))
  try {
    const file = path.join(folder, 'job.js')
    fs.writeFileSync(file, job)
    const sites = new HeapSites({ ledger: { intern: () => 0 }, originals: { learn() {}, shown: () => [] } })
    const line = job.split('\n').findIndex((text) => text.includes(at))
    const column = job.split('\n')[line].indexOf(at) + 1
    const place = sites.callers.handing({ file, line: line + 1, column, function: name })
    return place === null ? null : place.line
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

test('a function that piles up is handed over where it is written as an argument', () => {
  assert.equal(handingLineOf('\nbus.on("done", (n) => n)\n', '(n) =>'), 2)
  assert.equal(handingLineOf('\nbus.on("done", wrap(i), (n) => n)\n', '(n) =>'), 2)
})

test('or by its name, where only one line hands it over', () => {
  const job = 'const onDone = () => i\nbus.on("done", onDone)\n'
  assert.equal(handingLineOf(job, '() => i'), 2)
  assert.equal(handingLineOf(`${job}bus.off('done', onDone)\n`, '() => i'), 2)
  assert.equal(handingLineOf(`${job}bus.on('end', onDone)\n`, '() => i'), null)
  assert.equal(handingLineOf('function onDone() {}\nbus.on("done", onDone)\n', '() {}', 'onDone'), 2)
})

test('what is written elsewhere is handed over nowhere', () => {
  assert.equal(handingLineOf('if (x) { run = () => i }\n', '() => i'), null)
})

test('a call in the same package leads to the line that calls something of that name in other letters', () => {
  const job = JOB.replace('replies.once(', 'replies.keep(')
  assert.equal(lineOf({ callee: 'Emitter.KEEP', job }), 8)
})

test('a shorter name of the same is the line, and not another call in the same package', () => {
  assert.equal(lineOf({ callee: 'onceWithoutCheck', others: ['emit'] }), 8)
  assert.equal(lineOf({ callee: 'oncer', others: ['emit'] }), 10)
})

test('behind a name of a minifier, the line calls what is called as the function that makes the thing', () => {
  assert.equal(lineOf({ callee: 'jt', maker: 'Emitter.once' }), 8)
  assert.equal(lineOf({ callee: 'jt', maker: 'Xt' }), 7)
})

test('a setter is called by the line that sets', () => {
  const job = JOB.replace('replies.once(', 'replies.level = next(')
  assert.equal(lineOf({ callee: 'set level', job }), 8)
  assert.equal(lineOf({ callee: 'set level', job: job.replace('.level = ', '.level == ') }), 7)
})

test('what is called may be of another package than the place', () => {
  assert.equal(lineOf({ callee: 'memo.<computed>', packageName: 'table', from: 'memo' }), 9)
})

test('a name of a minifier is not made up for by that of another call', () => {
  assert.equal(lineOf({ callee: '', others: ['emit', 'x'] }), 10)
  assert.equal(lineOf({ callee: 'm', others: ['emit'] }), 7)
})

test('where V8 saw no call from the application, there is none', () => {
  assert.equal(lineOf({ callee: null }), null)
})
