'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { RunnerProject } = require('../helpers/runners')
const { FASTER, writeSuite, namesEveryMark } = require('../helpers/guard-runs')
const { ROOT } = require('../helpers/child')

// By its path, since the mocha of this project is a link, and looks for packages where it really is.
const MOCHA = [
  'node_modules/mocha/bin/mocha.js',
  '--timeout=60000',
  '--require',
  './node_modules/holdover/js/mocha/guard.js'
]
const TSX = pathToFileURL(path.join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

/** @param {string} suite @param {'.test.cjs' | '.test.mjs' | '.test.ts'} ending @param {string[]} nodeArgs @param {string[]} args */
async function run(suite, ending, nodeArgs, args) {
  const project = new RunnerProject('mocha')
  try {
    const file = writeSuite(project, 'mocha', suite, ending)
    const result = await project.run([...nodeArgs, ...MOCHA, ...args, file], FASTER)
    const text = result.stdout + result.stderr
    if (suite === 'leaky') {
      assert.equal(result.code, 1, text)
      assert.match(text, /"after all" hook: holdover/)
      namesEveryMark(path.join(project.folder, file), text)
    } else assert.deepEqual([result.code, /holdover/.test(text)], [0, false], text)
  } finally {
    project.remove()
  }
}

for (const [ending, nodeArgs, args] of /** @type {const} */ ([
  ['.test.cjs', [], []],
  ['.test.cjs', [], ['--parallel']],
  ['.test.mjs', [], []],
  ['.test.ts', ['--import', TSX], []]
])) {
  test(`mocha${args.join()}, ${ending}: the guard names test, resource and line, and a clean suite stays silent`, async () => {
    await run('leaky', ending, [...nodeArgs], [...args])
    await run('clean', ending, [...nodeArgs], [...args])
  })
}
