'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { patch, reusable } = require('../../js/hooks/patch')

/** A wrapper that adds one to what the original returns, so that a test sees whether it is in the chain. */
const addOne = (original) =>
  function wrapped() {
    return Reflect.apply(original, this, arguments) + 1
  }

test('one wrapper stands in every place, so aliases stay identical', () => {
  const f = function original(a, b) {
    return a + b
  }
  const owner = { on: f, addListener: f }
  const undo = patch(
    [
      { owner, name: 'on' },
      { owner, name: 'addListener' }
    ],
    addOne
  )
  assert.equal(owner.on, owner.addListener)
  assert.notEqual(owner.on, f)
  assert.equal(owner.on(1, 2), 4)
  assert.equal(undo(), true)
  assert.equal(owner.on, f)
  assert.equal(owner.addListener, f)
})

test('name, length, getters and symbols of the original are on the wrapper', () => {
  const key = Symbol('custom')
  const f = function original(a, b, c) {
    return a + b + c
  }
  Object.defineProperty(f, key, { enumerable: true, get: () => 'value' })
  const owner = { f }
  const undo = patch([{ owner, name: 'f' }], addOne)
  assert.equal(owner.f.name, 'original')
  assert.equal(owner.f.length, 3)
  assert.equal(owner.f[key], 'value')
  assert.deepEqual(Object.getOwnPropertyDescriptor(owner.f, key), Object.getOwnPropertyDescriptor(f, key))
  undo()
})

test('the property keeps its attributes', () => {
  const owner = Object.defineProperty({}, 'f', {
    value: () => 1,
    writable: true,
    enumerable: false,
    configurable: true
  })
  const undo = patch([{ owner, name: 'f' }], addOne)
  const { value, ...attributes } = Object.getOwnPropertyDescriptor(owner, 'f')
  assert.equal(value(), 2)
  assert.deepEqual(attributes, { writable: true, enumerable: false, configurable: true })
  undo()
})

test('undo leaves a later patch by another library in place', () => {
  const owner = { f: () => 1 }
  const undo = patch([{ owner, name: 'f' }], addOne)
  const ours = owner.f
  const theirs = () => ours() * 10
  owner.f = theirs
  assert.equal(undo(), false)
  assert.equal(owner.f, theirs)
  owner.f = ours
  assert.equal(undo(), true)
  assert.equal(owner.f(), 1)
})

test('undo is safe to call twice', () => {
  const owner = { f: () => 1 }
  const undo = patch([{ owner, name: 'f' }], addOne)
  assert.equal(undo(), true)
  assert.equal(undo(), true)
  assert.equal(owner.f(), 1)
})

test('a frozen object is left alone', () => {
  const owner = Object.freeze({ f: () => 1 })
  const undo = patch([{ owner, name: 'f' }], addOne)
  assert.equal(owner.f(), 1)
  assert.equal(undo(), true)
})

test('installing again under another library patch does not stack a second wrapper', () => {
  const owner = { f: () => 1 }
  const hook = reusable(() => [patch([{ owner, name: 'f' }], addOne)])
  hook.install()
  const ours = owner.f
  owner.f = () => ours() * 10
  hook.uninstall()
  hook.install()
  assert.equal(owner.f(), 20)
})

test('one more place that holds the original gets the same wrapper, and gives it back', () => {
  const original = () => 1
  const [owner, later, others] = [{ f: original }, { f: original }, { f: () => 5 }]
  const hook = reusable(() => [patch([{ owner, name: 'f' }], addOne)])
  assert.equal(hook.extend({ owner: later, name: 'f' }), false, 'nothing is wrapped yet')
  hook.install()
  assert.equal(hook.extend({ owner: later, name: 'f' }), true)
  assert.equal(hook.extend({ owner: others, name: 'f' }), false)
  assert.equal(later.f, owner.f)
  assert.equal(others.f(), 5)
  hook.uninstall()
  assert.equal(owner.f, original)
  assert.equal(later.f, original)
})
