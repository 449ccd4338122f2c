'use strict'

/** mocha has no matcher of ours: `assertNoLeaks` throws, with the same text. */

const { test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { RunnerProject } = require('../helpers/runners')
const { areAsMarked } = require('../helpers/matcher-runs')
const { ROOT } = require('../helpers/child')

const MOCHA = 'node_modules/mocha/bin/mocha.js'
const TSX = pathToFileURL(path.join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

/** @param {any} one of mocha's JSON reporter @returns {import('../helpers/matcher-runs').Result} */
function toResult({ title, fullTitle, err }) {
  const isFailed = err.message !== undefined
  return { group: fullTitle.split(' ')[0], name: title, passed: !isFailed, message: err.message ?? '' }
}

for (const [name, args] of [
  ['plain.test.cjs', []],
  ['plain.test.mjs', []],
  ['typed.test.ts', ['--import', TSX]]
]) {
  test(`mocha, ${name}: leaks are found with their line, clean jobs pass, too little evidence fails`, async () => {
    const project = new RunnerProject('mocha')
    try {
      const file = `matchers/mocha/${name}`
      const { stdout, stderr } = await project.run([
        ...args,
        MOCHA,
        '--reporter=json',
        '--timeout=30000',
        file
      ])
      assert.match(stdout, /^\{/, stderr)
      const { tests } = JSON.parse(stdout)
      assert.equal(tests.length, 7, stdout)
      areAsMarked(path.join(project.folder, file), tests.map(toResult))
    } finally {
      project.remove()
    }
  })
}
