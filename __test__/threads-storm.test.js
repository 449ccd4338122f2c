'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { runNode } = require('./helpers/child')

/** Slices of `npm run threads`: every ending at least twice. */
for (const [main, words] of [
  ['never', 'where main never loads holdover'],
  ['starts', 'where main has started it too']
]) {
  test(`threads that end in every way crash nothing, hang nothing and leave nothing behind, ${words}`, async () => {
    const args = ['scripts/threads.js', '--count', '30', '--main', main]
    const { code, stdout, stderr } = await runNode(args, { timeoutMs: 170_000 })
    assert.equal(code, 0, `${stdout}${stderr}`)
    assert.match(stdout, / 30 threads in /)
    for (const how of ['return: exit 0', 'out of memory: out of memory 1', 'terminate in a pass: exit 1'])
      assert.ok(stdout.includes(` × ${how}\n`), stdout)
  })
}
