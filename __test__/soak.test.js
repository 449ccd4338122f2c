'use strict'

/**
 * A short run of the scenarios of bench/soak.js, as tests of bounds: what is kept, and what is counted where a bound is
 * passed. Bytes and counters only; how long it takes is the benchmark's business.
 */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { runNode } = require('./helpers/child')
const { scenarios } = require('../bench/soak/scenarios')
const { judge } = require('../bench/soak/judge')
const { soakPage, PAGE } = require('../bench/soak/page')

/** Part of the full size, for each that is short enough. What has a bound passes it at any size. */
const SHORT = {
  'empty-jobs': 0.01,
  'listener-and-timer': 0.03,
  'chain-before-end': 0.05,
  'chain-after-end': 0.05,
  'late-immediates': 0.05,
  'emitters-one-turn': 0.05,
  'emitters-over-turns': 0.05,
  'one-emitter': 0.05,
  'same-function': 1,
  'job-names': 0.1,
  'event-names': 1,
  durations: 1,
  'open-jobs': 0.1,
  'hanging-jobs': 1
}

/** @param {string} name @param {string} variant */
async function measure(name, variant) {
  const args = ['--expose-gc', 'bench/soak/child.js', name, variant, String(SHORT[name])]
  const { code, stdout, stderr } = await runNode(args)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

describe('whatever the host does, holdover stays within its bounds', { concurrency: 2 }, () => {
  for (const name of Object.keys(SHORT)) {
    test(scenarios[name].title, async () => {
      const [bare, watched] = [await measure(name, 'bare'), await measure(name, 'sites')]
      const goals = judge(scenarios[name], bare, watched)
      assert.ok(goals.length >= 2)
      assert.deepEqual(
        goals.filter((goal) => !goal.isMet),
        []
      )
    })
  }
})

test('docs/soak.md shows the results that are recorded', () => {
  assert.equal(fs.readFileSync(PAGE, 'utf8'), soakPage(), 'write it again: node bench/soak.js --page')
})
