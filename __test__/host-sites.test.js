'use strict'

const { test, afterEach } = require('node:test')
const assert = require('node:assert/strict')
const { askHost } = require('../js/host-sites')

const bare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
afterEach(() => {
  if (bare === undefined) delete Error.prepareStackTrace
  else Object.defineProperty(Error, 'prepareStackTrace', bare)
})

const FRAMES = [
  { file: '/app/job.ts', line: 3, column: 5, function: 'job' },
  { file: '/app/main.js', line: 9, column: 1, function: '' }
]

/** A compiler in memory: it says where a line comes from, by file. */
const runner = (places) => (_error, callSites) =>
  `Error${callSites.map((site) => `\n    at ${places[site.getFileName()] ?? site}`).join('')}`

test('the host is asked for the lines of what it has compiled', () => {
  Error.prepareStackTrace = runner({ '/app/job.ts': '/app/job.ts:17:7' })
  assert.deepEqual(askHost(FRAMES), [
    { file: '/app/job.ts', line: 17, column: 7, name: null, word: '' },
    null
  ])
  Error.prepareStackTrace = runner({ '/app/job.ts': 'send (file:///src/job.ts:2:1)' })
  assert.equal(askHost(FRAMES)[0].file, '/src/job.ts')
})

test('a host that says nothing new, or nonsense, or throws, changes nothing', () => {
  const hosts = [
    undefined,
    runner({}),
    () => undefined,
    () => ['a', 'b'],
    () => 'Error\n    at nowhere\n    at nothing',
    () => '',
    () => {
      throw new Error('no')
    }
  ]
  for (const host of hosts) {
    Error.prepareStackTrace = host
    assert.deepEqual(askHost(FRAMES), [null, null], String(host))
  }
})

test('a production run never calls a function of the host', async () => {
  const { start, runJob } = require('../js/index')
  let calls = 0
  Error.prepareStackTrace = (error) => {
    calls++
    return String(error)
  }
  const tracker = start({ graceMs: 0, report: { everyMs: 0 } })
  const timers = []
  for (let i = 0; i < 5; i++) runJob('mail', () => timers.push(setInterval(() => {}, 1_000)))
  await new Promise((resolve) => setTimeout(resolve, 20))
  tracker.report()
  tracker.stop()
  for (const timer of timers) clearInterval(timer)
  assert.equal(calls, 0)
})
