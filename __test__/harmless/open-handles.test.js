'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { runBody } = require('../helpers/child')
const { showsNothingOfHoldover } = require('../helpers/open-handles')

const TOOLS = [
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

for (const tool of TOOLS) showsNothingOfHoldover(tool)

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
