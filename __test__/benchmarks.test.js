'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { SCENARIOS } = require('../bench/overhead/scenarios')
const { VARIANTS } = require('../bench/overhead/variants')
const { benchmarksPage } = require('../bench/overhead/page')

const root = path.join(__dirname, '..')

test('docs/benchmarks.md is what bench/overhead.js recorded', () => {
  const results = JSON.parse(fs.readFileSync(path.join(root, 'bench', 'results', 'overhead.json'), 'utf8'))
  const page = fs.readFileSync(path.join(root, 'docs', 'benchmarks.md'), 'utf8')
  assert.equal(page, benchmarksPage(results))
  for (const scenario of Object.keys(SCENARIOS)) {
    const measured = results.nodes.filter(({ scenarios }) => scenarios[scenario] !== undefined)
    assert.ok(measured.length > 0, `${scenario} was measured on no Node`)
    for (const { node, scenarios } of measured)
      assert.deepEqual(Object.keys(scenarios[scenario]), Object.keys(VARIANTS), `${node}, ${scenario}`)
  }
})

test('a scenario runs with and without holdover and gives nanoseconds', () => {
  const child = path.join(root, 'bench', 'overhead', 'child.js')
  for (const scenario of ['timer', 'open-close', 'http']) {
    for (const variant of ['bare', 'sites']) {
      const text = execFileSync(process.execPath, [child, scenario, variant], { encoding: 'utf8' })
      assert.ok(Number(text) > 0, `${scenario}, ${variant}: ${text}`)
    }
  }
})
