'use strict'

const { test, after } = require('node:test')
const assert = require('node:assert/strict')
const vm = require('node:vm')
const timers = require('node:timers')
const { nodesError, isSandboxed } = require('../js/realm')
const holdover = require('../js/index')

// What Node's own global object still holds where only a sandbox was wrapped.
const unwrapped = timers.setInterval

/** A test file's own global object, as Jest makes one: Node's timers are copied into it. */
function sandbox() {
  const { setTimeout, setInterval, setImmediate, clearInterval } = timers
  return vm.createContext({ setTimeout, setInterval, setImmediate, clearInterval })
}

after(() => holdover.enterRealm(globalThis))

test('outside a sandbox the process has one Error', () => {
  assert.equal(nodesError(), Error)
  assert.equal(isSandboxed(), false)
})

test('a job in another global object is seen, and its timer functions are put back', async () => {
  const context = sandbox()
  const bare = context.setInterval
  holdover.enterRealm(context)
  const leaky = vm.runInContext('(made) => { made.push(setInterval(() => {}, 60000)) }', context)
  const made = []
  const report = await holdover.check(() => leaky(made), { jobs: 40, graceMs: 20 })
  for (const timer of made) clearInterval(timer)
  assert.equal(report.verdict, 'leaks')
  assert.equal(report.leaks[0].kind, 'interval')
  assert.equal(context.setInterval, bare)

  const clean = vm.runInContext('() => clearInterval(setInterval(() => {}, 60000))', context)
  assert.equal((await holdover.check(() => clean(), { jobs: 40, graceMs: 20 })).verdict, 'clean')
})

test('once prepared, a function taken between two checks is seen, and one taken from a later global object', async () => {
  holdover.enterRealm(globalThis)
  holdover.prepare()
  const taken = [setInterval]
  const context = sandbox()
  context.setInterval = unwrapped
  holdover.enterRealm(context)
  taken.push(context.setInterval)
  for (const setIntervalOf of taken) {
    const made = []
    const job = () => made.push(setIntervalOf(() => {}, 60_000))
    const report = await holdover.check(job, { jobs: 40, graceMs: 20 })
    for (const timer of made) clearInterval(timer)
    assert.equal(report.verdict, 'leaks')
  }
})

test('in a DOM environment nothing is called clean, since its timers are its own', async () => {
  const context = sandbox()
  context.setInterval = () => 7
  context.window = vm.runInContext('globalThis', context)
  context.document = {}
  holdover.enterRealm(context.window)
  try {
    const report = await holdover.check(() => void context.setInterval(() => {}, 1_000), {
      jobs: 40,
      graceMs: 10
    })
    assert.equal(report.verdict, 'inconclusive')
    assert.match(report.notes.join(), /a DOM environment/)
  } finally {
    holdover.enterRealm(globalThis)
  }
})
