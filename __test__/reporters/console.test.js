'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { ConsoleReporter } = require('../../js/reporters/console')
const { leak, report } = require('../helpers/report')

const HOUR_MS = 3_600_000

function reporter(format = 'auto', extra = {}) {
  const lines = []
  const logger = {
    info: (...args) => lines.push(['info', ...args]),
    warn: (...args) => lines.push(['warn', ...args]),
    error() {},
    ...extra
  }
  return { lines, reporter: new ConsoleReporter({ logger, format }) }
}

test('a finding is printed in full once, then one line when its count has doubled', () => {
  const { lines, reporter: it } = reporter()
  it.report(report({ leaks: [leak({ count: 10 })] }), 1)
  it.report(report({ leaks: [leak({ count: 19 })] }), 2)
  it.report(report({ leaks: [leak({ count: 20 })] }), 3)
  it.report(report({ leaks: [leak({ count: 39 })] }), 4)
  it.report(report({ leaks: [leak({ count: 40 })] }), 5)
  assert.equal(lines.length, 3)
  assert.match(lines[0][1], /^holdover LEAKING .*\n\n 1 LEAK/)
  assert.match(lines[1][1], /^holdover L-5f31c2 doubled: 20 × 'end' listener, send-email, /)
  assert.match(lines[2][1], /doubled: 40/)
})

test('a second finding is printed alone, with the headline of all', () => {
  const { lines, reporter: it } = reporter()
  it.report(report({ leaks: [leak({})] }), 1)
  it.report(
    report({
      leaks: [
        leak({}),
        leak({ fingerprint: 'L-aaaaaa', kind: 'interval', description: 'interval', holder: null })
      ]
    }),
    2
  )
  assert.equal(lines.length, 2)
  assert.match(lines[1][1], /^holdover LEAKING .*: 2 leaks;/)
  assert.equal(lines[1][1].match(/ LEAK {2}/g).length, 1)
})

test('a finding that returned is withdrawn in one line, and printed in full if it comes again', () => {
  const { lines, reporter: it } = reporter()
  const gone = {
    fingerprint: 'L-5f31c2',
    kind: 'listener',
    description: "'end' listener",
    job: 'send-email',
    peak: 40,
    now: 1,
    site: null
  }
  it.report(report({ leaks: [leak({})] }), 1)
  it.report(report({ verdict: 'clean', returned: [gone] }), 2)
  it.report(report({ verdict: 'clean', returned: [gone] }), 3)
  it.report(report({ leaks: [leak({})] }), 4)
  assert.deepEqual(
    lines.map(([level]) => level),
    ['warn', 'info', 'warn']
  )
  assert.match(lines[1][1], /returned: 'end' listener, send-email: 40 at its peak, now 1$/)
})

test('a finding of which nothing is left is gone with its thread, and printed in full if it comes again', () => {
  const { lines, reporter: it } = reporter()
  const { kind, description, job } = leak({})
  const kept = [{ kind, description, job, count: 3, reason: 'not enough', undecided: true, site: null }]
  it.report(report({ leaks: [leak({})] }), 1)
  it.report(report({ verdict: 'inconclusive', kept }), 2)
  it.report(report({ verdict: 'clean' }), 3)
  it.report(report({ verdict: 'clean' }), 4)
  it.report(report({ leaks: [leak({})] }), 5)
  assert.equal(lines.length, 3)
  assert.equal(lines[1][1], "holdover L-5f31c2 gone with its thread: 'end' listener, send-email")
  assert.match(lines[2][1], / 1 LEAK/)
})

test('a partial print counts what the whole report has', () => {
  const { lines, reporter: it } = reporter()
  const other = leak({ fingerprint: 'L-aaaaaa', kind: 'interval', description: 'interval', holder: null })
  const kept = [
    { kind: 'timeout', description: 'timeout', job: 'a', count: 5, reason: 'late', undecided: true }
  ]
  it.report(report({ leaks: [leak({})], kept }), 1)
  it.report(report({ leaks: [leak({}), other], kept }), 2)
  assert.match(lines[1][1], /note {3}1 known leak, printed before\n/)
  assert.match(lines[1][1], /\n kept 1 \(not leaks\)/)
})

test('a job that hangs is printed once', () => {
  const { lines, reporter: it } = reporter()
  const openJobs = [
    { job: 'mail', jobId: '7', thread: 0, openForMs: 99_000, stuck: true, lastSite: null, holds: [] }
  ]
  it.report(report({ verdict: 'inconclusive', openJobs }), 1)
  it.report(report({ verdict: 'inconclusive', openJobs }), 2)
  assert.equal(lines.length, 1)
  assert.match(lines[0][1], / STUCK {2}mail 7 {3}open for 99 s/)
})

test('the next printer goes on from where the last one left off', () => {
  const first = reporter().reporter
  const hanging = {
    job: 'mail',
    jobId: '7',
    thread: 2,
    openForMs: 99_000,
    stuck: true,
    lastSite: null,
    holds: []
  }
  const known = report({ leaks: [leak({})], openJobs: [hanging] })
  first.report(known, 1)
  const { lines, reporter: next } = reporter()
  next.recall('')
  next.recall(first.recollection)
  next.report(known, 2)
  assert.deepEqual(lines, [])
  next.report(report({ leaks: [leak({ count: 80 })], openJobs: [hanging] }), 3)
  assert.match(lines[0][1], / doubled: 80 /)
})

test('what is remembered as printed is bounded', () => {
  const { reporter: it } = reporter()
  const leaks = Array.from({ length: 3_000 }, (_, i) => leak({ fingerprint: `L-${i}` }))
  it.report(report({ leaks }), 1)
  const { printed } = JSON.parse(it.recollection)
  assert.equal(printed.length, 1_024)
  assert.equal(printed.at(-1)[0], 'L-2999')
})

test('nothing changed: one heartbeat line an hour', () => {
  const { lines, reporter: it } = reporter()
  const clean = report({ verdict: 'clean' })
  for (let at = 1; at < 3 * HOUR_MS; at += 60_000) it.report(clean, at)
  assert.equal(lines.length, 2)
  assert.match(lines[0][1], /^holdover clean worker: /)
})

test('a pino-like logger gets the report as an object and the headline as the message', () => {
  const { lines, reporter: it } = reporter('auto', { child() {} })
  const one = report({ leaks: [leak({})] })
  it.report(one, 1)
  const [level, object, message] = lines[0]
  assert.equal(level, 'warn')
  assert.equal(object.holdover, one)
  assert.match(message, /^holdover LEAKING/)
})

test('format json is one line of JSON', () => {
  const { lines, reporter: it } = reporter('json')
  it.report(report({ leaks: [leak({})] }), 1)
  const parsed = JSON.parse(lines[0][1])
  assert.equal(parsed.level, 'warn')
  assert.equal(parsed.holdover.leaks.length, 1)
  assert.equal(lines[0][1].includes('\n'), false)
})

test('a logger that throws does not reach the host, and is counted', () => {
  const { reporter: it } = reporter('auto', {
    warn() {
      throw new Error('disk full')
    }
  })
  it.report(report({ leaks: [leak({})] }), 1)
  assert.equal(it.faults, 1)
})
