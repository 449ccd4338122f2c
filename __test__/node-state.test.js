'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const { stateOf, withoutBeside } = require('../js/node-state')

/** A keeper as `heap.growth` tells it, whose entries hang on these variables and properties. */
const keeper = (...names) => {
  const steps = names.map((edgeName, at) => ({ edge: at === 0 ? 'context' : 'property', edgeName }))
  const path = [...steps, { edge: 'element', edgeName: null }]
  return { status: 'grows', path, suspectFrom: 0, countsEntries: true }
}
const withState = (row) => ({ ...row, state: stateOf(row) })
const things = (rows) => rows.map((row) => row.state?.thing)

describe('what Node keeps for the program', () => {
  test('is known by where it piles up, with the call that takes it away', () => {
    const cases = [
      [['queries', 'start', '_subscribers'], /subscriber of a diagnostics channel/, /unsubscribe/],
      [['active_hooks', 'array'], /async hook/, /disable/],
      [['storageList'], /AsyncLocalStorage/, /disable/],
      [['markEntryBuffer'], /mark/, /clearMarks/],
      [['measureEntryBuffer'], /measure/, /clearMeasures/],
      [['kObservers'], /PerformanceObserver/, /disconnect/],
      [['$Module', '_cache', '/app/worker.js', 'children'], /required again/, /children/],
      [['$Module', '_cache'], /require\.cache/, /module\.children/],
      [['loader', 'loadCache'], /ES module/, /one URL/],
      [['environmentData'], /environment data/, /undefined/],
      [['log', '_writableState', 'buffered'], /waits to be written/, /drain/],
      [['log', '_readableState', 'buffer'], /nobody reads/, /resume/]
    ]
    for (const [names, thing, fix] of cases) {
      const state = stateOf(keeper(...names))
      assert.match(state.thing, thing)
      assert.match(state.fix, fix)
    }
  })

  test('is nothing that a variable of another name holds', () => {
    for (const names of [['cache'], ['queue', 'buffer'], ['markEntries'], ['_cache', 'list']])
      assert.equal(stateOf(keeper(...names)), null)
  })

  test('is one finding: what grows beside it is left out, and alone it is not', () => {
    const [modules, paths] = [keeper('$Module', '_cache'), keeper('$Module', '_pathCache')].map(withState)
    const told = withoutBeside({ keepers: [modules, paths], objects: [keeper('realpathCache')] })
    assert.deepEqual(things(told.keepers), ['module in require.cache'])
    assert.deepEqual(told.objects, [])
    assert.equal(withoutBeside({ keepers: [paths], objects: [] }).keepers.length, 1)
  })
})
