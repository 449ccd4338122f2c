'use strict'

/**
 * What the host's own tools say about open handles while holdover is started, reports and has run jobs: nothing that
 * they would not say without it. See `fixtures/runners/worker.js`.
 */

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { RunnerProject } = require('../helpers/runners')
const { runBody } = require('../helpers/child')

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

const VITEST = {
  args: ['node_modules/vitest/vitest.mjs', 'run', '--detectAsyncLeaks', 'vitest/worker'],
  control: [],
  handles: /Async Leaks (\d+)/,
  passed: /Tests {2}1 passed/
}

const TOOLS = [
  { runner: 'jest-29', tool: 'jest --detectOpenHandles', ...JEST },
  { runner: 'jest-30', tool: 'jest --detectOpenHandles', ...JEST },
  { runner: 'vitest-4', tool: 'vitest --detectAsyncLeaks', ...VITEST },
  { runner: 'vitest-5', tool: 'vitest --detectAsyncLeaks', ...VITEST },
  {
    runner: 'open-handles',
    tool: 'why-is-node-running',
    args: ['open-handles/why-is-node-running.mjs'],
    control: [],
    handles: /There are ([1-9]\d*) handle\(s\)/,
    passed: /There are 0 handle\(s\)/
  },
  {
    runner: 'open-handles',
    tool: 'wtfnode',
    args: ['open-handles/wtfnode.cjs'],
    control: [],
    handles: /^- (?!File descriptors)\w.*:$/m,
    // Where stdio is a pipe it is listed as what always exists.
    passed: /open handles:\n(- File descriptors: .*\n( {2}- fd \d \(stdio\)\n)+)?$/
  }
]

/** The handles that a tool lists, as it prints them, without what differs from run to run. @param {string} text */
function listed(text, handles) {
  const from = text.search(handles)
  assert.notEqual(from, -1, text)
  return text
    .slice(from)
    .replace(/^.*(Start at|Duration|Time:).*$/gm, '')
    .trim()
}

for (const { runner, tool, args, control, handles, passed } of TOOLS) {
  test(`${tool} (${runner}) shows a handle of the host, and none of holdover`, async () => {
    const project = new RunnerProject(runner)
    try {
      const run = async (more, env) => {
        const { code, signal, stdout, stderr } = await project.run([...args, ...more], env)
        return { code, signal, text: stdout + stderr }
      }
      const without = await run(control, { LEAK: 'interval', WITHOUT: 'holdover' })
      assert.match(listed(without.text, handles), /worker\.js:1\d/, 'the host leaks an interval there')

      const withIt = await run(control, { LEAK: 'interval' })
      assert.equal(listed(withIt.text, handles), listed(without.text, handles))

      const quiet = await run([])
      assert.deepEqual([quiet.code, quiet.signal], [0, null], quiet.text)
      assert.match(quiet.text, passed)
      assert.doesNotMatch(quiet.text, handles)
      assert.doesNotMatch(quiet.text, /node_modules.holdover/)
    } finally {
      project.remove()
    }
  })
}

for (const runner of ['jest-29', 'jest-30']) {
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

test('a list of open handles shows none of holdover at any moment, not even in the turn of a pass', async () => {
  const { code, stdout, stderr } = await runBody(() => {
    const { createHook } = require('node:async_hooks')
    const { EventEmitter } = require('node:events')
    const live = new Map()
    // As Jest, Vitest and why-is-node-running decide. Ticks are over in their turn, promises are left out by most.
    const list = () =>
      [...live.values()]
        .filter(({ type }) => type !== 'TickObject' && type !== 'PROMISE')
        .filter(({ resource }) => !('hasRef' in resource) || resource.hasRef())
        .map(({ type }) => type)
    let tracker
    // Made before the list is kept, so that it is not on it.
    setTimeout(() => {
      const before = list()
      tracker.report()
      const inTheTurnOfAPass = list()
      clearTimeout(setTimeout(() => {}, 60_000))
      console.log(JSON.stringify({ before, inTheTurnOfAPass, clearedByTheHost: list() }))
    }, 100)
    createHook({
      init: (id, type, _trigger, resource) => live.set(id, { type, resource }),
      destroy: (id) => live.delete(id)
    }).enable()
    const bus = new EventEmitter().setMaxListeners(0)
    tracker = holdover.start({ graceMs: 0 })
    for (let i = 0; i < 50; i++)
      holdover.runJob('mail', () => {
        bus.on('end', () => {})
        setTimeout(() => {}, 60_000).unref()
      })
  })
  assert.equal(code, 0, stderr)
  const expected = { before: [], inTheTurnOfAPass: [], clearedByTheHost: ['Timeout'] }
  assert.deepEqual(JSON.parse(stdout), expected)
})
