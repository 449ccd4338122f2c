'use strict'

/** The example worker on BullMQ, with a real Redis, and what docs/bullmq.md shows of it. */

const { describe, test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { ROOT, runNode } = require('../helpers/child')
const { findings, lastReport, pasted } = require('../helpers/pasted')
const { startRedis, whyNoRedis } = require('../helpers/redis')

/** The example waits one second for its last pass, which on a loaded machine may be late. */
const ATTEMPTS = 4
const RATE = /\+(\d+\.\d\d) /

describe('the example worker on BullMQ', { skip: whyNoRedis() }, () => {
  let redis
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis?.stop())

  test('the example prints the findings that docs/bullmq.md shows', async () => {
    const page = fs.readFileSync(path.join(ROOT, 'docs', 'bullmq.md'), 'utf8')
    const expected = findings(pasted(page, 'bullmq-worker'))
    const withoutRates = (blocks) => blocks.map((block) => block.replace(RATE, ''))
    const rates = (blocks) => blocks.map((block) => Number(RATE.exec(block)?.[1]))
    let report = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { code, stderr } = await runNode(['examples/bullmq-worker'], { env: { REDIS_URL: redis.url } })
      assert.equal(code, 0, stderr)
      report = lastReport(stderr)
      if (withoutRates(findings(report)).join() === withoutRates(expected).join()) break
    }
    assert.deepEqual(
      withoutRates(findings(report)),
      withoutRates(expected),
      `paste into docs/bullmq.md:\n${report}`
    )
    // Slopes: how the retries fall among the other jobs differs a little from run to run.
    const differences = rates(findings(report)).map((rate, at) => Math.abs(rate - rates(expected)[at]))
    assert.ok(Math.max(...differences) <= 0.05, report)
  })

  test('without a Redis the example says what is missing', async () => {
    const { code, stderr } = await runNode(['examples/bullmq-worker'], { env: { REDIS_URL: undefined } })
    assert.equal(code, 2)
    assert.match(stderr, /^REDIS_URL is not set: /)
  })
})
