'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { forgetOldest } = require('../js/bounded')
const { JobBook } = require('../js/job-book')
const { ConsoleReporter } = require('../js/reporters/console')
const { withWatch } = require('./helpers/run-watch')
const { leak, report } = require('./helpers/report')

test('what came first is forgotten first', () => {
  const map = new Map()
  for (let i = 0; i < 10; i++) {
    map.set(i, i)
    forgetOldest(map, 3)
  }
  assert.deepEqual([...map.keys()], [7, 8, 9])
})

test('a thousand reports within a grace period make no more marks than time does', () => {
  let now = 0
  const book = new JobBook({ intern: () => 5, graceMs: 1_000, now: () => now })
  for (let i = 0; i < 10_000; i++) {
    now += 1
    book.dueMark(false)
    assert.ok(book.marks.length <= 40, String(book.marks.length))
  }
  assert.ok(now - book.marks[0].atMs >= 1_000, 'the first one is a grace period old')
  assert.ok(now - book.marks[0].atMs <= 1_250, 'and not much older')
})

test('findings that come and go for ever are not all remembered', () => {
  const logger = { info() {}, warn() {}, error() {} }
  const reporter = new ConsoleReporter({ logger, format: 'text' })
  for (let i = 0; i < 3_000; i++) {
    const openJobs = [{ job: 'mail', jobId: i, openForMs: 99_000, stuck: true, lastSite: null, holds: [] }]
    reporter.report(report({ leaks: [leak({ fingerprint: `L-${i}` })], openJobs }), i + 1)
  }
  assert.ok(reporter.printed.size <= 1_024)
  assert.equal(reporter.stuck.size, 1)
})

test('an owner whose list takes several slices counts once', async () => {
  await withWatch({}, async ({ job, rows, ledger }) => {
    const bus = new EventEmitter()
    bus.setMaxListeners(0)
    for (let i = 0; i < 20_000; i++) job('leaky', () => bus.on('end', () => i))
    const slices = (await rows()).filter((row) => row.job === 'leaky')
    assert.ok(ledger.batches.length > 1 && slices.length > 1)
    const sum = (of) => slices.map(of).reduce((a, b) => a + b, 0)
    assert.equal(
      sum((row) => row.survivors.length),
      20_000
    )
    assert.equal(
      sum((row) => row.owners),
      1
    )
  })
})

test('a site that is wanted takes one token, and not one of the ordinary ones as well', async () => {
  await withWatch({ mode: 'production' }, async ({ job, watch }) => {
    const bus = new EventEmitter()
    for (let i = 0; i < 6; i++) job('mail', () => {})
    watch.sampling.wanted = new Set(['x'])
    const { tokens, wantedTokens } = watch.sampling
    job('mail', () => bus.on('x', () => {}))
    assert.deepEqual([watch.sampling.tokens, watch.sampling.wantedTokens], [tokens, wantedTokens - 1])
    assert.equal(watch.sites.captures, 1)
  })
})

test('an immediate that has run is held no longer than its turn', async () => {
  await withWatch({ mode: 'production' }, async ({ job, watch }) => {
    job('late', () => queueMicrotask(() => setImmediate(() => {}, new Array(1_000))))
    await null
    assert.equal(watch.immediates.chains.size, 1)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.equal(watch.immediates.chains.size, 0)
  })
})
