'use strict'

const { test } = require('node:test')
const { RunnerProject } = require('../helpers/runners')
const { areAsNamed } = require('../helpers/matcher-runs')

const VITEST = ['node_modules/vitest/vitest.mjs', ...['run', '--reporter=json', '--outputFile=results.json']]
const CONFIG = '--config=matchers/vitest/config.mjs'
/** As a Vitest that nobody has seen yet. */
const HIDING = '--config=matchers/vitest/unseen.config.mjs'
const ALL = [
  'typed.test.ts',
  'plain.test.mjs',
  'evidence.test.mjs',
  'heap.test.mjs',
  'fake-timers.test.mjs',
  'memory.test.ts',
  'memory.test.mjs'
]
const SOME = ['typed.test.ts', 'plain.test.mjs']
/** With a global object per file Vitest imports node:timers itself, before any setup file: typed.test.ts imports from it. */
const CONTEXTS = ['evidence.test.mjs', 'plain.test.mjs', 'typed.test.ts']

/** @param {string} runner @param {string[]} names @param {string[]} args @param {string} [config] */
async function runs(runner, names, args, config = CONFIG) {
  const project = new RunnerProject(runner)
  try {
    const { stdout, stderr } = await project.run([...VITEST, config, ...args, ...names])
    areAsNamed(project, names, stdout + stderr)
  } finally {
    project.remove()
  }
}

for (const runner of ['vitest-4', 'vitest-5']) {
  test(`${runner}: leaks are found with their line, clean jobs pass, too little evidence fails`, () =>
    runs(runner, ALL, ['--pool=forks']))
  test(`${runner}: the same in threads`, () => runs(runner, SOME, ['--pool=threads']))
  test(`${runner}: the same in one process for all files`, () =>
    runs(runner, SOME, ['--pool=forks', '--no-isolate', '--maxWorkers=1']))
  test(`${runner}: the same in threads with a global object per file`, () =>
    runs(runner, CONTEXTS, ['--pool=vmThreads', '--maxWorkers=1']))
  test(`${runner}: the same in processes with a global object per file`, () =>
    runs(runner, SOME, ['--pool=vmForks']))
  test(`${runner}: no pass where a timer function is imported that nobody could wrap`, () =>
    runs(runner, ['unseen.test.mjs'], ['--pool=vmThreads'], HIDING))
}
