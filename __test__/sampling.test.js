'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { fastProduction } = require('./helpers/fast-production')
const { expectationsIn } = require('./helpers/fixtures')
const { Sampling } = require('../js/sampling')

const POOL_AND_LEAK = path.join(__dirname, 'fixtures', 'sampling', 'pool-and-leak.js')

test('a socket that one job in a hundred forgets is placed at its line, though a pool keeps some of its kind', async () => {
  const pace = { jobs: 6_000, jobsPerSecond: 100, graceMs: 1_000 }
  const { leaks } = await fastProduction({ file: POOL_AND_LEAK, habit: 'mail' }, pace)
  const [expected] = expectationsIn(POOL_AND_LEAK)
  assert.deepEqual(
    leaks.map(({ kind, place }) => [kind, path.basename(place.file), place.line]),
    [['socket', 'pool-and-leak.js', expected.line]]
  )
})

test('however many handles there are, so many of their stacks are taken and no more; at level counts none', () => {
  const sampling = new Sampling(false)
  const taken = () => Array.from({ length: 1_000 }, () => sampling.takeHandleToken()).filter(Boolean).length
  assert.equal(taken(), 100)
  sampling.refill(1_000)
  assert.equal(taken(), 32)
  sampling.refill(3_600_000)
  assert.equal(taken(), 100)
  sampling.refill(7_200_000)
  sampling.enabled = false
  assert.equal(taken(), 0)
})
