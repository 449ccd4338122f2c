'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { START, CHECK, resolve, isOff } = require('../js/config')

test('a call beats the environment, which beats the default', () => {
  assert.equal(resolve(START, {}, {}).graceMs, 30_000)
  assert.equal(resolve(START, {}, { HOLDOVER_GRACE_MS: '5' }).graceMs, 5)
  assert.equal(resolve(START, { graceMs: 7 }, { HOLDOVER_GRACE_MS: '5' }).graceMs, 7)
})

test('an unknown option names the known ones', () => {
  assert.throws(() => resolve(START, { grace: 5 }, {}), {
    code: 'HOLDOVER_OPTION',
    message: /'grace' is not known; known are name, level, budget, graceMs/
  })
})

test('nested options are checked too', () => {
  assert.throws(() => resolve(START, { report: { every: 5 } }, {}), {
    code: 'HOLDOVER_OPTION',
    message: /'report.every'/
  })
  assert.throws(() => resolve(START, { report: 5 }, {}), {
    code: 'HOLDOVER_OPTION',
    message: /'report' must be an object/
  })
})

test('a bad value says what it must be and what it was', () => {
  assert.throws(() => resolve(CHECK, { jobs: 1.5 }, {}), {
    message: /'jobs' must be a whole number from 1 to 1,000,000, got 1.5/
  })
  assert.throws(() => resolve(CHECK, {}, { HOLDOVER_CHECK_STRICT: 'maybe' }), {
    code: 'HOLDOVER_ENV',
    message: /HOLDOVER_CHECK_STRICT/
  })
})

test('HOLDOVER=off is recognised', () => {
  for (const value of ['off', 'OFF', '0', 'false']) assert.equal(isOff({ HOLDOVER: value }), true)
  assert.equal(isOff({}), false)
  assert.equal(isOff({ HOLDOVER: 'on' }), false)
})

test('every option has an environment variable of its own, or none', () => {
  const names = [...Object.values(START), ...Object.values(CHECK)]
    .map((option) => option.env)
    .filter((env) => env !== '')
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^HOLDOVER_[A-Z_]+$/)
})
