'use strict'

const { describe, test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const { heap } = require('../../js')
const { Allocations } = require('../../js/signals/allocations')
const { HeapGrowth } = require('../../js/heap-growth')

class Holed extends Array {}
class Numbers extends Map {
  get size() {
    return 0
  }
}
class Table {
  [Symbol('one')] = 1
  two = 2
}
class Weak extends WeakMap {}

const kept = [new Holed(1_000), new Numbers(), new Table(), new Weak([[{}, 1]])]

describe('how many entries an object of a snapshot has', () => {
  const growth = Object.assign(Object.create(HeapGrowth.prototype), { allocations: new Allocations() })
  /** @type {any} */
  let snapshot
  before(async () => {
    growth.allocations.start()
    kept[0][7] = 7
    for (let i = 0; i < 300; i++) kept[1].set(i, i)
    snapshot = await heap.takeSnapshot()
  })
  after(() => {
    growth.allocations.close()
    snapshot.close()
  })

  /** @param {string} name of a class of which there is one */
  async function lastStepTo(name) {
    const { retainers } = await heap.retainers(snapshot, { class: name, paths: 1 })
    return retainers[0].path.at(-1)
  }

  /** @type {Array<[string, number | null]>} */
  const counts = [
    ['Holed', 2],
    ['Numbers', 300],
    ['Table', 2],
    ['Weak', null]
  ]
  for (const [name, count] of counts) {
    test(`${count} of one of class ${name}`, async () => {
      const { id, to } = await lastStepTo(name)
      assert.equal(to, name)
      assert.equal(growth.allocations.entriesOf(id), count)
    })
  }

  test('is not known of an id that no object has', () => {
    assert.equal(growth.allocations.entriesOf(2 ** 31 - 1), null)
  })

  test('tells storage that is mostly empty from a collection that has become large', async () => {
    const isMostlyEmpty = async (name) =>
      growth.isMostlyEmpty({ path: [await lastStepTo(name)], bytes: [4_000, 8_000] })
    assert.equal(await isMostlyEmpty('Holed'), true)
    assert.equal(await isMostlyEmpty('Numbers'), false)
    assert.equal(await isMostlyEmpty('Weak'), false, 'not known')
  })
})
