'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { OpenJobs } = require('../js/open-jobs')

const scope = (id) => ({ id, older: null, newer: null })
const ids = (open) => [...open].map(({ id }) => id)

test('jobs are listed oldest first, whichever ends first', () => {
  const open = new OpenJobs()
  const [a, b, c, d] = [1, 2, 3, 4].map(scope)
  for (const one of [a, b, c, d]) open.add(one)
  assert.deepEqual(ids(open), [1, 2, 3, 4])
  open.delete(b)
  assert.deepEqual(ids(open), [1, 3, 4])
  open.delete(a)
  open.delete(d)
  assert.deepEqual(ids(open), [3])
  open.delete(c)
  assert.deepEqual(ids(open), [])
  assert.equal(open.size, 0)
})

test('a job that ended is linked to nothing', () => {
  const open = new OpenJobs()
  const [a, b, c] = [1, 2, 3].map(scope)
  for (const one of [a, b, c]) open.add(one)
  open.delete(b)
  assert.deepEqual([b.older, b.newer], [null, null])
  assert.equal(a.newer, c)
})

test('deleting a job that is not in view changes nothing', () => {
  const open = new OpenJobs()
  const one = scope(1)
  open.add(one)
  open.delete(scope(2))
  assert.deepEqual(ids(open), [1])
  assert.equal(open.size, 1)
})

test('any order of begins and ends leaves what a Set would hold', () => {
  const open = new OpenJobs()
  const oracle = new Set()
  let seed = 7
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  for (let id = 0; id < 5_000; id++) {
    if (random() < 0.55 || oracle.size === 0) {
      const one = scope(id)
      open.add(one)
      oracle.add(one)
    } else {
      const one = [...oracle][Math.floor(random() * oracle.size)]
      open.delete(one)
      oracle.delete(one)
    }
  }
  assert.deepEqual([...open], [...oracle])
})
