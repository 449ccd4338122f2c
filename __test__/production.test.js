'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { HEAP_KINDS } = require('../js/kinds')
const { fixtures } = require('./helpers/fixtures')
const { runNode } = require('./helpers/child')
const { assertValidReport } = require('./helpers/schemas')

const WORKER = path.join(__dirname, 'helpers', 'production-worker.js')
/** Job modules that share one worker process. */
const TOGETHER = 10

/** Not judged while this short a worker runs, each for its reason. */
const NOT_IN_PRODUCTION = new Map([
  ['only-when-failing-sync.js', 'a one-shot timer of 10 min is judged once it is due'],
  ['promises-timeout-import.mjs', 'a one-shot timer of 30 min is judged once it is due'],
  ['timeout-race-not-cleared.js', 'a one-shot timer of a minute is judged once it is due'],
  [
    'lru-150.js',
    'a cache that fills for longer than thirty grace periods looks like a leak: see silence.test.js'
  ],
  [
    'timeout-rearmed-elsewhere.js',
    'named at the line that arms it again: the first arming is seldom sampled'
  ],
  [
    'readline-on-shared-stream.js',
    'two of its three listeners: the third is one function for all interfaces'
  ],
  ['file-handle-dropped.js', "Node's collector closes what nobody keeps, whenever it comes by"],
  ['weak-ref-never-unsubscribed.js', 'waits for two major collections, which eight seconds may not have']
])

/** What is made between jobs is measured against the jobs of all names, so these need a worker of their own. */
const isBetweenJobs = ({ expected }) => expected.some((one) => one.job !== undefined)

/** What piles up in the heap takes snapshots, which production never takes by itself. */
const isOfHeap = ({ expected }) => expected.some(({ kind }) => HEAP_KINDS.includes(kind))

const inProduction = (folder) =>
  fixtures(folder).filter((one) => !NOT_IN_PRODUCTION.has(one.name) && !isBetweenJobs(one) && !isOfHeap(one))

/** Hundreds of threads keep a worker so busy that its passes, which wait for the budget, come after its end. */
const ALONE = ['worker-thread-never-ended.js']

/** Neighbours in the alphabet are alike, and a dozen that start processes would slow each other down. */
const chunks = (list) => {
  const isAlone = ({ name }) => ALONE.includes(name)
  const others = list.filter((one) => !isAlone(one))
  const groups = Math.ceil(others.length / TOGETHER)
  const spread = Array.from({ length: groups }, (_, i) => others.filter((_one, at) => at % groups === i))
  return [...spread, ...list.filter(isAlone).map((one) => [one])]
}

/** More than fifty grace periods: a leak of fewer than 500 jobs is called one after thirty. @param {string[]} files */
async function work(files, { jobsPerSecond = 25, durationMs = 8_000, graceMs = 150 } = {}) {
  const { code, stdout, stderr } = await runNode([
    WORKER,
    JSON.stringify({ files, durationMs, jobsPerSecond, graceMs })
  ])
  assert.equal(code, 0, stderr)
  const result = JSON.parse(stdout)
  assertValidReport(result.report)
  return result
}

const place = (kind, file, line) => `${kind} ${path.basename(file)}:${line}`
const placeIn = (one) => place(one.kind, one.file, one.usedAt ?? one.line)
const placeOf = (leak) => {
  const site = leak.calledFrom ?? leak.site
  return place(leak.kind, site?.file ?? '(unknown)', site?.line)
}

describe('production: the same leaks without any forced collection', { concurrency: 2 }, () => {
  for (const [index, group] of chunks(inProduction('leaking')).entries()) {
    test(`leaking workers, group ${index + 1}`, async () => {
      const { printed, report } = await work(group.map(({ file }) => file))
      const expected = group.flatMap(({ expected: marked }) => marked)
      const wanted = expected.map(placeIn).sort()
      assert.deepEqual(report.leaks.map(placeOf).sort(), wanted)
      for (const one of expected) {
        const leak = report.leaks.find((candidate) => placeOf(candidate) === placeIn(one))
        // 200 jobs a name, of which a shared owner may miss the first.
        assert.ok(
          Math.abs(leak.perJob - one.perJob) <= 0.05 * one.perJob + 0.01,
          `${placeOf(leak)}: ${leak.perJob}`
        )
        assert.equal(leak.onlyWhenFailing, one.onlyWhenFailing, placeOf(leak))
        const inFull = printed.filter((text) => text.includes(`id ${leak.fingerprint}\n`))
        assert.equal(inFull.length, 1, `${placeOf(leak)} is printed in full once`)
      }
    })
  }

  for (const [index, group] of chunks(inProduction('clean')).entries()) {
    test(`clean workers, group ${index + 1}`, async () => {
      const { printed, report } = await work(group.map(({ file }) => file))
      assert.deepEqual(report.leaks.map(placeOf), [])
      assert.deepEqual(
        printed.filter((text) => / LEAK {2}/.test(text)),
        []
      )
    })
  }

  for (const loop of fixtures('leaking').filter(isBetweenJobs)) {
    test(`between jobs: ${loop.name}`, async () => {
      const { report } = await work([loop.file], { jobsPerSecond: 100 })
      const [leak, ...others] = report.leaks
      assert.deepEqual(others, [])
      assert.equal(placeOf(leak), place(loop.expected[0].kind, loop.file, loop.expected[0].line))
      assert.equal(leak.job, '(between jobs)')
    })
  }
})
