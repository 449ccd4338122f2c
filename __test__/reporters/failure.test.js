'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { assertNoLeaks } = require('../../js/index')

/** @param {any} job @param {any} options */
const failureOf = async (job, options) =>
  assertNoLeaks(job, { graceMs: 10, ...options }).then(
    () => assert.fail('it passed'),
    (error) => error.message.split('What would decide it:\n')[1]
  )

test('what is missing is said with what would decide it, and nothing else', async () => {
  const allow = '   allowInconclusive: true lets it pass as it is'
  assert.equal(
    await failureOf(() => {}, { jobs: 3 }),
    `   jobs: leave it out (20 to 5,000 by evidence), or give more than 3\n${allow}`
  )
  const failing = () => {
    throw new TypeError('no database')
  }
  assert.equal(
    await failureOf(failing, { jobs: 30 }),
    `   let the job succeed; it failed 35 times with TypeError: no database\n${allow}`
  )
  assert.equal(
    await failureOf(() => new Promise(() => {}), { timeoutMs: 150 }),
    [
      '   let every job end: await or stub what it waits for',
      '   timeoutMs: the check had 150 ms; give more, and the test itself more than that',
      allow
    ].join('\n')
  )
})
