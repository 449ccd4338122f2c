'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { RunnerProject } = require('../helpers/runners')
const { FASTER, writeSuite, namesEveryMark } = require('../helpers/guard-runs')
const { ROOT } = require('../helpers/child')

const GUARD = ['--import', 'holdover/node-test/guard']
const TSX = pathToFileURL(path.join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

/** @param {string} suite @param {'.test.cjs' | '.test.mjs' | '.test.ts'} ending @param {string[]} args */
async function run(suite, ending, args) {
  // Any project with holdover in it: the runner is Node's own.
  const project = new RunnerProject('jest-30')
  try {
    const file = writeSuite(project, 'node-test', suite, ending)
    const result = await project.run([...GUARD, ...args, file], FASTER)
    const text = (result.stdout + result.stderr).replace(/^# /gm, '')
    if (suite === 'leaky') {
      assert.equal(result.code, 1, text)
      namesEveryMark(path.join(project.folder, file), text, { seesHooks: false })
    } else assert.deepEqual([result.code, /holdover \S+/.exec(text)?.[0]], [0, undefined], text)
  } finally {
    project.remove()
  }
}

for (const [ending, args] of /** @type {const} */ ([
  ['.test.cjs', ['--test']],
  ['.test.cjs', []],
  ['.test.mjs', ['--test', '--test-force-exit']],
  ['.test.ts', ['--import', TSX, '--test']]
])) {
  test(`node:test ${args.join(' ').replace(/file:\S+/, 'tsx')}, ${ending}: the guard names test, resource and line, and a clean suite stays silent`, async () => {
    await run('leaky', ending, [...args])
    await run('clean', ending, [...args])
  })
}

test('node:test: of tests that run at once, all are named', async () => {
  const project = new RunnerProject('jest-30')
  try {
    const file = 'guard/evidence/concurrent-node.mjs'
    const { code, stdout, stderr } = await project.run([...GUARD, '--test', file], FASTER)
    assert.equal(code, 1)
    namesEveryMark(path.join(project.folder, file), stdout + stderr)
  } finally {
    project.remove()
  }
})
