'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { foldEvent, foldIds, hashText, listenerShape, timerShape } = require('../js/shape')

test('ids inside job names are folded, what an author writes is not', () => {
  assert.equal(foldIds('reply:4711'), 'reply:#')
  assert.equal(foldIds('job-3f2504e0-4f89-11d3-9a0c-0305e82c3301-done'), 'job-#-done')
  assert.equal(foldIds('5f1e0c7a9b'), '#')
  for (const name of ['h2-stream', 'send-email', 'step-1', 'import-2024'.slice(0, 9), 'defaced', 'lru-150']) {
    assert.equal(foldIds(name), name)
  }
})

test('event names fold any number that stands by itself', () => {
  assert.equal(foldEvent('reply:7'), 'reply:#')
  assert.equal(foldEvent('answer-12'), 'answer-#')
  assert.equal(foldEvent('7'), '#')
  for (const name of [
    'utf8',
    'h2',
    'data',
    'sha256sum',
    'connectionEstablished',
    'send-email-to-customer',
    'base64-encoded'
  ])
    assert.equal(foldEvent(name), name)
})

test('an owner with many event names has them folded behind the first separator', () => {
  const shape = (type) => listenerShape(new EventEmitter(), type, () => {}, false, true).event
  assert.equal(shape('reply:k3x9f2m1q8'), 'reply:#')
  assert.equal(shape('reply:V1StGXR8_Z5j-dHi'), 'reply:#')
  assert.equal(shape('k3x9f2m1q8'), '#')
})

test('the hash is FNV-1a: known values', () => {
  assert.equal(hashText(''), '811c9dc5')
  assert.equal(hashText('a'), 'e40c292c')
  assert.equal(hashText('foobar'), 'bf9cf968')
})

test('a once listener has the shape of what the host passed', () => {
  const emitter = new EventEmitter()
  function onEnd() {}
  emitter.once('end', onEnd)
  const [wrapped] = emitter.rawListeners('end')
  assert.deepEqual(listenerShape(emitter, 'end', wrapped, false), listenerShape(emitter, 'end', onEnd, false))
})

test('a delay belongs to the shape only where the callback says nothing', () => {
  assert.equal('delayMs' in timerShape(() => {}, 5), false)
  assert.equal(timerShape(Math.max, 5).delayMs, 5)
})
