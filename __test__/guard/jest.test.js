'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { RunnerProject } = require('../helpers/runners')
const { FASTER, writeSuite, namesEveryMark } = require('../helpers/guard-runs')

const CONFIG = `module.exports = {
  setupFilesAfterEnv: ['holdover/jest/guard'],
  transform: { '\\\\.ts$': '<rootDir>/matchers/esbuild.js' }
}`
const JEST = ['node_modules/jest/bin/jest.js', '--ci', '--watchman=false', '--cacheDirectory=.cache']

/** @param {string} runner @param {string[]} args @param {Array<'.test.js' | '.test.mjs' | '.test.ts'>} endings */
async function runs(runner, args, endings) {
  const project = new RunnerProject(runner)
  try {
    fs.writeFileSync(path.join(project.folder, 'jest.config.js'), CONFIG)
    for (const ending of endings)
      for (const suite of ['leaky', 'clean']) writeSuite(project, 'jest', suite, ending)
    const { code, stdout, stderr } = await project.run(
      [...JEST, ...args, '--testMatch=**/guard/*.test.*', '--json', '--outputFile=results.json'],
      { ...FASTER, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' }
    )
    assert.equal(code, 1, stdout + stderr)
    assert.doesNotMatch(stderr, /did not exit|failed to exit|holdover clean/)
    const { testResults } = JSON.parse(fs.readFileSync(path.join(project.folder, 'results.json'), 'utf8'))
    assert.equal(testResults.length, 2 * endings.length)
    for (const { name, status, message } of testResults) {
      if (path.basename(name).startsWith('leaky')) namesEveryMark(name, message)
      else assert.equal(status, 'passed', message)
    }
  } finally {
    project.remove()
  }
}

for (const runner of ['jest-30', 'jest-29']) {
  test(`${runner}: the guard names test, resource and line, in every module system, and clean suites stay silent`, () =>
    runs(runner, ['--runInBand'], ['.test.js', '.test.mjs', '.test.ts']))
  test(`${runner}: the same in worker processes`, () => runs(runner, ['--maxWorkers=2'], ['.test.js']))
}
test('jest-30: the same in worker threads', () =>
  runs('jest-30', ['--maxWorkers=2', '--workerThreads'], ['.test.js']))
