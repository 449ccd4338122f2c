'use strict'

const { test } = require('node:test')
const { RunnerProject } = require('../helpers/runners')
const { areAsNamed } = require('../helpers/matcher-runs')

const VITEST = [
  'node_modules/vitest/vitest.mjs',
  ...['run', '--config=matchers/vitest/config.mjs', '--reporter=json', '--outputFile=results.json']
]
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
/** Not typed.test.ts: it imports a timer function by name, which Vitest takes there before any setup file. */
const IN_CONTEXTS = ['evidence.test.mjs', 'plain.test.mjs']

/** @param {string} runner @param {string[]} names @param {string[]} args */
async function runs(runner, names, args) {
  const project = new RunnerProject(runner)
  try {
    const { stdout, stderr } = await project.run([...VITEST, ...args, ...names])
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
    runs(runner, IN_CONTEXTS, ['--pool=vmThreads', '--maxWorkers=1']))
}
