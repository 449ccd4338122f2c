'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { headline, renderText } = require('../../js/reporters/text')
const { leak, libraryLeak, report } = require('../helpers/report')

test('the whole report, as a person reads it', () => {
  const memory = { ...report({}).memory, secondsToLimit: 3_600 }
  const big = leak({
    count: 40_000,
    jobsFinished: 40_000,
    jobsLeaving: { completed: 39_100, failed: 900, timedOut: 0 },
    holder: { class: 'Redis', event: 'end', owners: 1, listenersNow: 40_000 }
  })
  const text = renderText(report({ worker: 'emails-7f9c', memory, leaks: [big, libraryLeak] }))
  assert.equal(
    text,
    `holdover LEAKING emails-7f9c: out of memory in ~60 min (rss 1.42 GB of 2.00 GB, +9.6 MB/min); 2 leaks; biggest: 'end' listener, send-email, /app/jobs/send-email.js:31

 1 LEAK  sure · YOURS   +1.00 'end' listener per send-email   40,000 of 40,000 jobs (39,100 completed, 900 failed)
   /app/jobs/send-email.js:31:9     31 |   redis.on('end', () => retry(job))
   on: one long-lived Redis, now 40,000 listeners on 'end'
   fix: redis.off('end', fn) in a finally block     id L-5f31c2

 2 LEAK  sure · LIBRARY ioredis@5.8.1   +1.00 interval of 10 s per thumb   8,210 of 8,210 jobs
   created  ioredis/built/Redis.js:210:5     called by YOU  /app/jobs/thumb.js:12:17
   12 |   const redis = new Redis(url)
   fix: clearInterval(timer) in a finally block     id L-a90e11

 jobs: send-email 40
 memory: heap 8.0 MB (+1.0 kB/job) · after GC 7.0 MB (+900 B/job) · external 2.0 MB (+0 B/job) · array buffers 100.0 kB (+0 B/job) · rss 1.42 GB (+2.0 kB/job)
 kept 0 (not leaks) · 0 stuck jobs · dropped 0 · holdover used 0.40 % CPU, 3.1 MB`
  )
})

test('the package that the application called is named where another one made it', () => {
  const stackOf = (...packages) => [
    ...packages.map((name) => `f (/app/node_modules/${name}:7:1)`),
    'job (/app/jobs/thumb.js:12:17)'
  ]
  const textOf = (stack) => renderText(report({ leaks: [{ ...libraryLeak, stack }] }))
  const made = 'ioredis/built/Redis.js'
  const called = textOf(stackOf(made, 'bull/lib/queue.js', '@acme/jobs/index.js'))
  assert.match(
    called,
    /created {2}ioredis\/built\/Redis\.js:210:5 through @acme\/jobs {5}called by YOU {2}\/app\/jobs\/thumb\.js:12:17\n/
  )
  assert.doesNotMatch(textOf(stackOf(made, 'ioredis/index.js')), / through /)
  assert.doesNotMatch(textOf([]), / through /)
})

test('a leak that stays only when the job fails says why', () => {
  const text = renderText(
    report({
      leaks: [
        leak({ onlyWhenFailing: true, count: 10, jobsLeaving: { completed: 0, failed: 10, timedOut: 0 } })
      ]
    })
  )
  assert.match(text, /10 of 40 jobs, only when it fails\n/)
  assert.match(text, /it stays only when the job fails: the cleanup is not in a finally block\n/)
})

test('a client that jobs never close is named with what each of them holds, and where it is made', () => {
  const text = (changes) =>
    renderText(report({ leaks: [{ ...libraryLeak, companions: ['1 timeout'], ...changes }] }))
  const made = { class: 'Pool', site: libraryLeak.calledFrom, count: 8_215 }
  assert.match(
    text({ client: made }),
    /\n {3}one Pool per job, never closed; each holds 1 interval, 1 timeout \(counted here, not again\)\n/
  )
  const elsewhere = { ...libraryLeak.calledFrom, line: 9 }
  assert.match(
    text({ client: { ...made, site: elsewhere, count: 2_052 } }),
    /\n {3}2,052 Pools, made at \/app\/jobs\/thumb\.js:9:17, never closed; each holds 4 interval/
  )
})

test('a leak that its package has mended says in which version', () => {
  const known = { fixedIn: '5.9.0', evidence: 'ioredis#1: it leaks' }
  const text = renderText(report({ leaks: [{ ...libraryLeak, known }] }))
  assert.match(text, /\n {3}known leak: fixed in 5\.9\.0 \(ioredis#1: it leaks\)\n/)
})

test('what is made between jobs is counted by all jobs', () => {
  const text = renderText(report({ leaks: [leak({ job: '(between jobs)' })] }))
  assert.match(text, /\+1\.00 'end' listener per job, made between jobs {3}40 jobs finished\n/)
})

test('a job that hangs is named with its id, its place and what it holds', () => {
  const openJobs = [
    {
      job: 'mail',
      jobId: '4711',
      thread: 0,
      openForMs: 5_400_000,
      stuck: true,
      lastSite: { file: '/app/jobs/mail.js', line: 3, column: 1, function: '' },
      holds: [{ kind: 'interval', description: 'interval', count: 2 }]
    }
  ]
  const text = renderText(report({ verdict: 'inconclusive', openJobs }))
  assert.match(
    text,
    / STUCK {2}mail 4711 {3}open for 90 min, far longer than its peers\n {3}last seen at \/app\/jobs\/mail\.js:3:1 {3}holds: 2 × interval\n/
  )
  assert.match(text, /1 stuck job · /)
})

test('of several threads it says which, where not all of them leak', () => {
  const one = report({}).threads[0]
  const threads = Array.from({ length: 8 }, (_, thread) => ({ ...one, thread }))
  const text = renderText(report({ threads, leaks: [leak({ perJob: 0.125 }), leak({ threads: 8 })] }))
  assert.equal(text.match(/, in 1 of 8 threads\n/g)?.length, 1)
  assert.equal(text.match(/ of 8 threads/g)?.length, 1)
  assert.match(text, /^ memory \(8 threads\): heap /m)
  const hanging = {
    job: 'mail',
    jobId: null,
    thread: 3,
    openForMs: 9e6,
    stuck: true,
    lastSite: null,
    holds: []
  }
  assert.match(
    renderText(report({ threads, openJobs: [hanging] })),
    / STUCK {2}mail in thread 3 {3}open for /
  )
})

test('the same report gives the same text', () => {
  const one = report({ leaks: [leak({}), libraryLeak] })
  assert.equal(renderText(one), renderText(structuredClone(one)))
})

test('colour is only escape codes around the same text', () => {
  const one = report({ leaks: [leak({})] })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  assert.equal(renderText(one, { color: true }).replace(/\u001b\[\d+m/g, ''), renderText(one))
})

test('the headline of a clean worker counts its jobs', () => {
  assert.equal(headline(report({ verdict: 'clean' })), 'holdover clean worker: 40 jobs finished')
})
