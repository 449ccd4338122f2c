'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { checkMemory } = require('../js/memory-check')
const { memoryText } = require('../js/reporters/memory-table')
const { MEMORY, resolve } = require('../js/config')
const { assertStaysWithin } = require('../js/matchers/stay-within')

const options = (given) => resolve(MEMORY, { heapMb: 4, ...given }, {})
const garbage = () => void new Array(20_000).fill(0)

test('growth is seen with its figures, and a job that only makes garbage stays within', async () => {
  const kept = []
  const grow = () => kept.push(new Array(20_000).fill(0))
  const beyond = await checkMemory(grow, options({}))
  assert.equal(beyond.verdict, 'beyond')
  assert.deepEqual(
    beyond.points.map((point) => point.jobs),
    [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
  )
  const grown = beyond.points[10].heapUsedBytes - beyond.points[0].heapUsedBytes
  assert.ok(grown > 15e6 && grown < 18e6, `100 arrays of 160 kB, ${grown}`)
  assert.match(memoryText('grow', beyond, options({})), /^holdover BEYOND its memory: grow, 100 jobs/)
  assert.equal((await checkMemory(garbage, options({}))).verdict, 'within')
})

test('a cache that stops growing stays within a limit above its size, and not below it', async () => {
  const kept = []
  const cache = (i) => {
    kept[i % 20] = new Array(20_000).fill(0)
  }
  const { verdict } = await checkMemory(cache, options({ heapMb: 6, warmupJobs: 0 }))
  assert.equal(verdict, 'within')
  kept.length = 0
  assert.equal((await checkMemory(cache, options({ heapMb: 1, warmupJobs: 0 }))).verdict, 'beyond')
})

test('too few jobs, no completed job and a job that hangs are no pass', async () => {
  assert.equal((await checkMemory(garbage, options({ jobs: 19 }))).verdict, 'inconclusive')
  const failing = await checkMemory(() => Promise.reject(new Error('no database')), options({}))
  assert.equal(failing.verdict, 'inconclusive')
  assert.match(memoryText('job', failing, options({})), /100 jobs failed\n.*105 × Error: no database/)
  const hanging = await checkMemory(() => new Promise(() => {}), options({ timeoutMs: 150 }))
  assert.deepEqual([hanging.verdict, hanging.completed], ['inconclusive', 0])
  const slow = () => new Promise((resolve) => setTimeout(resolve, 20))
  const cut = await checkMemory(slow, options({ timeoutMs: 1_000, warmupJobs: 0 }))
  assert.match(cut.missing.join(), /the time was up after \d+ of 100 jobs|only \d+ jobs finished/)
  assert.equal(cut.verdict, 'inconclusive')
})

test('a limit that is missing or no number is refused', async () => {
  await assert.rejects(assertStaysWithin(garbage, {}), { code: 'HOLDOVER_ARG' })
  await assert.rejects(assertStaysWithin(garbage, undefined), { code: 'HOLDOVER_ARG' })
  await assert.rejects(assertStaysWithin(garbage, { heapMb: -1 }), { code: 'HOLDOVER_OPTION' })
  await assert.rejects(assertStaysWithin(garbage, { heapMB: 1 }), { code: 'HOLDOVER_OPTION' })
  await assert.rejects(assertStaysWithin(5, { heapMb: 1 }), { code: 'HOLDOVER_ARG' })
})

test('a resident set that cannot be read is no pass, and the heap can still be judged', async (t) => {
  const fail = () => {
    throw new Error('ENOENT: no such file or directory, uv_resident_set_memory')
  }
  t.mock.method(process, 'memoryUsage', fail)
  const both = await checkMemory(garbage, options({ rssMb: 100 }))
  assert.equal(both.verdict, 'inconclusive')
  assert.match(both.missing.join(), /resident set cannot be read/)
  assert.equal((await checkMemory(garbage, options({}))).verdict, 'within')
})
