'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { Writable } = require('node:stream')
const { Constructions } = require('../js/constructions')
const { describeStack } = require('../js/site')

/** What is told of one that a job makes at a line which calls a function of that name. */
function factsOf(emitter, calls, isHandle = false) {
  const site = describeStack([
    { file: '/app/node_modules/client/lib/base.js', line: 3, column: 1, function: 'init' },
    { file: '/app/node_modules/client/index.js', line: 9, column: 1, function: calls },
    { file: '/app/jobs/mail.js', line: 12, column: 3, function: 'job' }
  ])
  const constructions = new Constructions(
    () => JSON.stringify(site),
    () => isHandle
  )
  constructions.note(emitter, 'mail', 1)
  const [{ class: named, isDirect, alive }] = constructions.facts
  return [named, isDirect, alive]
}

/** Has the methods of an emitter, its constructor among them, but does not extend it. */
class Mixed {}
Object.defineProperties(Mixed.prototype, Object.getOwnPropertyDescriptors(EventEmitter.prototype))

test('a client is called by its class', () => {
  class Pool extends EventEmitter {}
  assert.deepEqual(factsOf(new Pool(), 'new Pool'), ['Pool', true, 1])
  assert.deepEqual(factsOf(new Pool(), 'createPool'), ['Pool', false, 1])
})

test('or by the constructor that the job calls, where its class says nothing', () => {
  assert.deepEqual(factsOf(new Mixed(), 'Redis'), ['Redis', true, 1])
  assert.deepEqual(factsOf(new Writable(), 'Redis'), ['Redis', true, 1])
})

test('or a client, where that is a function', () => {
  assert.deepEqual(factsOf(new Writable(), 'connectAsync'), ['client', false, 1])
})

test('what a job leaves open is no client that has it open', () => {
  assert.deepEqual(factsOf(new EventEmitter(), 'connect', true), ['client', false, 0])
})
