'use strict'

/** How runs of bench/stack.js are judged; the run itself needs Redis, Postgres and minutes. */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { expectationsIn } = require('./helpers/fixtures')
const { judgeClean, judgeLeaking } = require('../bench/stack/judge')

const WORKER = path.join(__dirname, '..', 'bench', 'stack', 'worker.js')
const expected = expectationsIn(WORKER)
const NAMES = expected.map(({ job }) => job)
const attempts = Object.fromEntries(NAMES.map((name) => [name, 1_055]))
const planted = Object.fromEntries(NAMES.map((name) => [name, 10]))

/** What a worker prints whose mistakes, and nothing else, are found. */
function run() {
  return {
    jobs: 4_000,
    attempts: { ...attempts },
    planted: { ...planted },
    errors: {},
    holdover: {
      level: 'sites',
      verdict: 'clean',
      reports: 3,
      everCalledLeak: [],
      jobs: NAMES.map((name) => ({ name, completed: 995, failed: 60 })),
      self: { dropped: { faults: 0 } },
      leaks: expected.map(({ kind, job, line, library }) => {
        const own = `bench/stack/worker.js:${line}`
        const isOwn = library === undefined
        return {
          certainty: 'likely',
          kind,
          description: kind,
          job,
          perJob: 10 / 1_055,
          owner: isOwn ? 'app' : `library:${library}@8.23.1`,
          at: isOwn ? own : `bench/stack/node_modules/${library}/lib/connection.js:45`,
          calledFrom: isOwn ? null : own
        }
      })
    }
  }
}

/** @param {(run: any) => void} change */
const changed = (change) => {
  const one = run()
  change(one)
  return one
}

test('the worker makes four mistakes, each in a job of its own', () => {
  assert.deepEqual(expected.map(({ kind, job }) => `${kind} of ${job}`).sort(), [
    'interval of thumbnail',
    'listener of send-email',
    'socket of sync-account',
    'socket of webhook'
  ])
})

describe('a clean run', () => {
  test('is faultless when no report ever spoke of a leak', () => {
    assert.deepEqual(judgeClean(run()), [])
  })

  const FAULTS = [
    [
      /^false alarm: likely 'end' listener of x at a\.js:1$/,
      (one) => one.holdover.everCalledLeak.push("likely 'end' listener of x at a.js:1")
    ],
    [/^the last report says leaks$/, (one) => (one.holdover.verdict = 'leaks')],
    [/^no report was made$/, (one) => (one.holdover.reports = 0)],
    [/^2 times: connection lost$/, (one) => (one.errors['connection lost'] = 2)],
    [/^4219 of 4220 attempts were counted$/, (one) => one.holdover.jobs[0].failed--],
    [/^4220 attempts at 5000 jobs$/, (one) => (one.jobs = 5_000)],
    [/^1 faults of holdover's own$/, (one) => (one.holdover.self.dropped.faults = 1)],
    [/^stepped down to counts$/, (one) => (one.holdover.level = 'counts')]
  ]
  for (const [says, change] of FAULTS) {
    test(`is not when ${says.source.slice(1, -1)}`, () => {
      const faults = judgeClean(changed(change))
      assert.equal(faults.length, 1)
      assert.match(faults[0], says)
    })
  }

  test('is faultless when something is undecided at its end', () => {
    assert.deepEqual(judgeClean(changed((one) => (one.holdover.verdict = 'inconclusive'))), [])
  })
})

describe('a leaking run', () => {
  test('is faultless when each mistake is found at its line, with its rate, and nothing else', () => {
    assert.deepEqual(judgeLeaking(run(), expected), [])
  })

  const leak = (one, job) => one.holdover.leaks.find((found) => found.job === job)
  const FAULTS = [
    [
      'a mistake that is not found',
      1,
      /^missed: interval of thumbnail/,
      (one) => one.holdover.leaks.splice(one.holdover.leaks.indexOf(leak(one, 'thumbnail')), 1)
    ],
    ['the next line', 2, /^missed: listener of send-email/, (one) => (leak(one, 'send-email').at += '0')],
    [
      "a library's line without the job's own",
      2,
      /^missed: socket of sync-account/,
      (one) => (leak(one, 'sync-account').calledFrom = null)
    ],
    ['another job', 2, /^missed: socket of webhook/, (one) => (leak(one, 'webhook').job = 'thumbnail')],
    ['another kind', 2, /^missed: socket of webhook/, (one) => (leak(one, 'webhook').kind = 'server')],
    [
      'a rate that is a fifth too high',
      1,
      /^interval of thumbnail: 0\.012 per job, really 0\.0094/,
      (one) => (leak(one, 'thumbnail').perJob = 0.012)
    ],
    [
      'something else',
      1,
      /^false alarm: likely timeout of webhook at a\.js:1$/,
      (one) =>
        one.holdover.leaks.push({
          ...leak(one, 'webhook'),
          kind: 'timeout',
          description: 'timeout',
          at: 'a.js:1'
        })
    ]
  ]
  for (const [name, count, says, change] of FAULTS) {
    test(`is not with ${name}`, () => {
      const faults = judgeLeaking(changed(change), expected)
      assert.equal(faults.length, count, faults.join('\n'))
      assert.match(faults[0], says)
    })
  }
})
