'use strict'

const { test, mock } = require('node:test')
const assert = require('node:assert/strict')
const { check, assertNoLeaks } = require('../js/index')
const { isFake } = require('../js/fake-timers')

const QUICK = { jobs: 40, graceMs: 20 }

test('a fake clock is told from real timers and from a spy on them', () => {
  assert.equal(isFake(setTimeout), false)
  assert.equal(isFake(undefined), false)
  const spy = mock.method(globalThis, 'setInterval')
  assert.equal(isFake(globalThis.setInterval), false)
  spy.mock.restore()
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    assert.equal(isFake(globalThis.setInterval), true)
  } finally {
    mock.timers.reset()
  }
})

test('what mock timers hide is not called clean, and a leak beside them is found', async () => {
  const interval = () => void setInterval(() => {}, 60_000)
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const hidden = await check(interval, QUICK)
    assert.equal(hidden.verdict, 'inconclusive')
    assert.ok(hidden.notes.includes('fake timers are on: timers made through them are not seen'))
    await assert.rejects(assertNoLeaks(interval, QUICK), {
      code: 'HOLDOVER_INCONCLUSIVE',
      message: /What would decide it:[\s\S]*real timers in this test/
    })
    const made = []
    const beside = await check(() => made.push(setTimeout(() => {}, 60_000)), QUICK)
    for (const timer of made) clearTimeout(timer)
    assert.equal(beside.verdict, 'leaks')
  } finally {
    mock.timers.reset()
  }
  assert.equal((await check(() => clearInterval(setInterval(() => {}, 60_000)), QUICK)).verdict, 'clean')
})
