'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { RunnerProject } = require('../helpers/runners')
const { showsNothingOfHoldover } = require('../helpers/open-handles')

const RUNNERS = ['jest-29', 'jest-30']

const JEST_RUN = ['node_modules/jest/bin/jest.js', '--ci', '--watchman=false', '--cacheDirectory=.cache']

const JEST = {
  args: [...JEST_RUN, '--testMatch=**/jest/*.test.js', '--detectOpenHandles'],
  // A run that has found an open handle does not end: that is the tool's way.
  control: ['--forceExit'],
  handles: /detected the following (\d+) open handle/,
  passed: /Tests: {7}1 passed, 1 total/
}

/** Test files by name: Jest goes by what it remembers of their length. */
const ORDER = `
  const Sequencer = require(require.resolve('@jest/test-sequencer', { paths: [require.resolve('jest')] })).default
  module.exports = class extends Sequencer {
    sort(tests) {
      return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1))
    }
  }`

for (const runner of RUNNERS) showsNothingOfHoldover({ runner, tool: 'jest --detectOpenHandles', ...JEST })

for (const runner of RUNNERS) {
  test(`${runner}: a report that comes after its test file fails nothing`, async () => {
    const project = new RunnerProject(runner)
    try {
      fs.writeFileSync(path.join(project.folder, 'order.js'), ORDER)
      const order = ['--runInBand', '--testSequencer=./order.js', '--testMatch=**/jest-files/*.test.js']
      const { code, stdout, stderr } = await project.run([...JEST_RUN, ...order])
      assert.match(stderr, /holdover LEAKING .*'end' listener/, 'it was printed')
      assert.doesNotMatch(stdout + stderr, /Cannot log after tests are done/)
      assert.equal(code, 0, stdout + stderr)
    } finally {
      project.remove()
    }
  })
}
