'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { RunnerProject } = require('./runners')

/**
 * @typedef {object} Tool one of the host's own tools that list open handles
 * @property {string} runner folder in __test__/runners
 * @property {string} tool its name
 * @property {string[]} args runs `fixtures/runners/worker.js` below it
 * @property {string[]} control more arguments for a run that has an open handle
 * @property {RegExp} handles where its list begins
 * @property {RegExp} passed what it prints where nothing is open
 */

/** The handles that a tool lists, as it prints them, without what differs from run to run. @param {string} text */
function listed(text, handles) {
  const from = text.search(handles)
  assert.notEqual(from, -1, text)
  return text
    .slice(from)
    .replace(/^.*(Start at|Duration|Time:).*$/gm, '')
    .trim()
}

/**
 * What a tool says while holdover is started, reports and has run jobs: what it says without it, and nothing more.
 * @param {Tool} tool
 */
function showsNothingOfHoldover({ runner, tool, args, control, handles, passed }) {
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

module.exports = { showsNothingOfHoldover }
