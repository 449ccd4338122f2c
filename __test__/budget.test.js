'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { Worker } = require('node:worker_threads')
const { Budget } = require('../js/budget')

test('what other threads do meanwhile is not metered as ours', async () => {
  const busy = new Worker("require('node:worker_threads').parentPort.postMessage('up'); for (;;) {}", {
    eval: true
  })
  try {
    await new Promise((resolve) => busy.once('message', resolve))
    const budget = new Budget(0.01, Date.now())
    const from = performance.now()
    budget.meter(() => {
      while (performance.now() - from < 200) {}
    })
    const wallMs = performance.now() - from
    assert.ok(budget.spentMs > 0 && budget.spentMs <= wallMs + 1, `${budget.spentMs} of ${wallMs} ms`)
  } finally {
    await busy.terminate()
  }
})

test('what a piece of work throws comes out, and its time is metered', () => {
  const budget = new Budget(0.01, Date.now())
  const work = () => {
    const from = performance.now()
    while (performance.now() - from < 5) {}
    throw new Error('expected')
  }
  assert.throws(() => budget.meter(work), /expected/)
  assert.ok(budget.spentMs > 0)
})
