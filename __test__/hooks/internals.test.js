'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { probeInternals, describeFallbacks } = require('../../js/hooks/internals')

test('every private field that holdover reads is found on this Node', () => {
  const internals = probeInternals()
  assert.equal(typeof internals.timerStore, 'function')
  assert.equal(internals.timerLists, true)
  assert.equal(internals.timerState, true)
  assert.equal(internals.emitterEvents, true)
  assert.equal(typeof internals.targetEvents, 'symbol')
  assert.deepEqual(describeFallbacks(internals), [])
})

test('without private fields every fallback is on, and the report says which', () => {
  const notes = describeFallbacks(probeInternals(false))
  assert.equal(notes.length, 2)
  assert.match(notes[0], /^timers are recorded one by one/)
  assert.match(notes[1], /^listeners are looked up through the public API/)
})
