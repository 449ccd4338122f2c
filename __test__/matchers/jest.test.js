'use strict'

const { test } = require('node:test')
const { RunnerProject } = require('../helpers/runners')
const { areAsNamed } = require('../helpers/matcher-runs')

const JEST = [
  'node_modules/jest/bin/jest.js',
  ...['--ci', '--watchman=false', '--cacheDirectory=.cache', '--config=matchers/jest.config.js'],
  ...['--json', '--outputFile=results.json']
]
/** Each list in one process, so that each file finds what the one before it has left. */
const MATCHER = [
  'required.test.js',
  'evidence.test.js',
  'heap.test.js',
  'fake-timers.test.js',
  'reset-modules.test.js'
]
const MODULES = [
  'native.test.mjs',
  'typed.test.ts',
  'memory.test.js',
  'memory.test.mjs',
  'memory-typed.test.ts'
]
const WORKERS = ['reset-modules.test.js', 'typed.test.ts']
const PLACES = {
  process: ['--runInBand'],
  child: ['--maxWorkers=2'],
  thread: ['--maxWorkers=2', '--workerThreads']
}
const WITH_MODULES = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' }

/**
 * @param {string} runner
 * @param {string[]} names test files
 * @param {'process' | 'child' | 'thread'} place
 */
async function runs(runner, names, place) {
  const project = new RunnerProject(runner)
  try {
    const match = names.map((name) => `--testMatch=**/matchers/${name}`)
    const env = { ...WITH_MODULES, RUNS_IN: place }
    const { stdout, stderr } = await project.run([...JEST, ...PLACES[place], ...match], env)
    areAsNamed(project, names, stdout + stderr)
  } finally {
    project.remove()
  }
}

for (const runner of ['jest-30', 'jest-29']) {
  test(`${runner}: leaks are found with their line, clean jobs pass, too little evidence fails`, () =>
    runs(runner, MATCHER, 'process'))
  test(`${runner}: the same in ES modules and in TypeScript, and memory`, () =>
    runs(runner, MODULES, 'process'))
  test(`${runner}: the same in worker processes`, () => runs(runner, WORKERS, 'child'))
  test(`${runner}: the same in worker threads`, () => runs(runner, WORKERS, 'thread'))
}
