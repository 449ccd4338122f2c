'use strict'

/**
 * BullMQ on a real Redis: the leaks of a worker are seen, the same worker without them is clean, and the queue does
 * what it does without holdover.
 */

const { describe, test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { Queue, QueueEvents, Worker } = require('bullmq')
const { expectationsIn } = require('../helpers/fixtures')
const { runNode } = require('../helpers/child')
const { startRedis, whyNoRedis } = require('../helpers/redis')

const fixture = (name) => path.join(__dirname, '..', 'fixtures', 'bullmq', name)
const LEAKING = fixture('leaking-worker.js')
const CLEAN = fixture('clean-worker.js')
const SANDBOXED = fixture('sandboxed.js')

/** A worker that does not end by itself fails the test. */
const TIMEOUT_MS = 60_000

const place = (kind, job, line) => `${kind} of ${job} in line ${line}`
const placeOf = ({ kind, job, site }) => place(kind, job, site?.line)
const leaksPrinted = (printed) => printed.filter((text) => / LEAK {2}/.test(text))

/** @param {import('../../js/index').Report} report @param {string} file with LEAK markers */
function assertFinds(report, file) {
  const expected = expectationsIn(file)
  assert.ok(expected.length > 0)
  assert.deepEqual(
    report.leaks.map(placeOf).sort(),
    expected.map(({ kind, job, line }) => place(kind, job, line)).sort()
  )
  for (const one of expected) {
    const leak = report.leaks.find((found) => placeOf(found) === place(one.kind, one.job, one.line))
    assert.equal(leak.site.file, file)
    assert.ok(
      Math.abs(leak.perJob - one.perJob) <= 0.05 * one.perJob + 0.01,
      `${placeOf(leak)}: ${leak.perJob}`
    )
    assert.equal(leak.onlyWhenFailing, one.onlyWhenFailing, placeOf(leak))
  }
}

describe('BullMQ on a real Redis', { skip: whyNoRedis(), concurrency: 1 }, () => {
  let redis
  /** What the queue did with the thousand jobs, without holdover. */
  let bare

  before(async () => {
    redis = await startRedis()
  })
  after(() => redis?.stop())

  /** What a worker printed at its end. @param {string} file @param {object} [options] */
  async function work(file, options) {
    const args = [file, JSON.stringify({ url: redis.url, ...options })]
    const { code, signal, stdout, stderr } = await runNode(args, { timeoutMs: TIMEOUT_MS })
    assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
    return JSON.parse(stdout)
  }

  test('without holdover, the queue does with a thousand jobs what they are made for', async () => {
    bare = (await work(LEAKING, { isTracked: false, isLeaking: true })).outcome
    assert.deepEqual([bare.counts.completed, bare.counts.failed], [986, 14])
    const jobs = Object.values(bare.jobs)
    assert.equal(jobs.length, 1_000)
    assert.equal(jobs.filter(([returned]) => returned === 'AbortSignal').length, 90)
    assert.equal(jobs.filter(([, reason]) => reason === 'cancelled: by request').length, 10)
    assert.equal(jobs.filter(([, , , attemptsStarted]) => attemptsStarted === 2).length, 40)
    assert.deepEqual(bare.seen['job-7'], [
      'active after waiting, attempt 1',
      'failed Error account 0 changed meanwhile',
      'active after waiting, attempt 2',
      'failed Error account 0 changed meanwhile'
    ])
  })

  test('every leak is found at its line, with job and rate, nothing else, and the queue does the same', async () => {
    const { report, outcome } = await work(LEAKING, { isTracked: true, isLeaking: true })
    assertFinds(report, LEAKING)
    assert.deepEqual(report.kept, [])
    assert.deepEqual(outcome, bare)
  })

  test('without the leaks the same worker is clean, and a retried job counts once for each attempt', async () => {
    const { report, printed, outcome } = await work(LEAKING, { isTracked: true, isLeaking: false })
    assert.deepEqual([report.verdict, leaksPrinted(printed), report.kept], ['clean', [], []])
    assert.deepEqual(outcome, bare)
    assert.deepEqual(report.jobs, [
      { name: 'poll-status', completed: 90, failed: 10, timedOut: 0, open: 0 },
      { name: 'send-email', completed: 400, failed: 0, timedOut: 0, open: 0 },
      // 200 jobs, of which 40 were tried twice.
      { name: 'sync-account', completed: 196, failed: 44, timedOut: 0, open: 0 },
      { name: 'thumbnail', completed: 300, failed: 0, timedOut: 0, open: 0 }
    ])
  })

  test('what BullMQ and its client register for themselves is no leak', async () => {
    const { report, printed, reconnections } = await work(CLEAN)
    // Not the verdict: sockets that Redis closed late may still wait for a collection.
    assert.deepEqual([report.leaks.map(placeOf), leaksPrinted(printed)], [[], []])
    assert.equal(reconnections, 3)
    // At least: what Redis had begun when it closed the connection, BullMQ does again.
    const expected = {
      mail: 200,
      order: 200,
      'order-late': 40,
      part: 440,
      price: 200,
      slow: 25,
      tick: 10,
      'by-hand': 100
    }
    for (const { name, completed } of report.jobs)
      assert.ok(completed >= expected[name], `${name}: ${completed}`)
    assert.equal(report.jobs.length, Object.keys(expected).length)
  })

  test('a sandboxed processor is watched in its own process', async (t) => {
    const connection = { url: redis.url }
    const [queue, events] = [
      new Queue('sandboxed', { connection }),
      new QueueEvents('sandboxed', { connection })
    ]
    // Node 24's test runner starts test files with flags that a further process would refuse.
    const workerForkOptions = { execArgv: [] }
    const worker = new Worker('sandboxed', SANDBOXED, { connection, workerForkOptions })
    t.after(() => Promise.all([worker, events, queue].map((one) => one.close())))

    await queue.addBulk(Array.from({ length: 60 }, (_, n) => ({ name: 'send-email', data: { n } })))
    await (await queue.add('send-email', { n: 60 })).waitUntilFinished(events, TIMEOUT_MS)
    await sleep(300)
    const report = await (await queue.add('report', {})).waitUntilFinished(events, TIMEOUT_MS)
    assertFinds(report, SANDBOXED)
  })
})
