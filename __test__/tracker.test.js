'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { runBody, runNode, ROOT } = require('./helpers/child')

const output = async (body, options) => {
  const { code, stdout, stderr } = await runBody(body, options)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

test('start is idempotent, and stop puts the very functions back', async () => {
  const result = await output(() => {
    const { EventEmitter } = require('node:events')
    const bare = [setTimeout, EventEmitter.prototype.on, EventTarget.prototype.addEventListener]
    const first = holdover.start()
    const second = holdover.start()
    const patched = [setTimeout, EventEmitter.prototype.on, EventTarget.prototype.addEventListener]
    first.stop()
    first.stop()
    const after = [setTimeout, EventEmitter.prototype.on, EventTarget.prototype.addEventListener]
    console.log(
      JSON.stringify({
        same: first === second,
        patched: patched.map((fn, i) => fn !== bare[i]),
        restored: after.map((fn, i) => fn === bare[i])
      })
    )
  })
  assert.deepEqual(result, { same: true, patched: [true, true, true], restored: [true, true, true] })
})

test('a stopped tracker answers from its last report, and never throws', async () => {
  const result = await output(async () => {
    const lines = []
    const log = (text) => lines.push(text)
    const logger = { info: log, warn: log, error: log }
    const tracker = holdover.start({ graceMs: 20, report: { everyMs: 0, logger } })
    for (let i = 0; i < 30; i++) holdover.runJob('mail', () => {})
    await new Promise((resolve) => setTimeout(resolve, 60))
    tracker.stop()
    holdover.runJob('mail', () => {})
    const report = tracker.report()
    tracker.print()
    tracker.setLevel('off')
    console.log(
      JSON.stringify({
        jobs: report.jobs.map(({ name, completed }) => [name, completed]),
        verdict: report.verdict,
        same: tracker.ask() === report,
        recycle: tracker.shouldRecycle(),
        printed: lines[0].split('\n')[0]
      })
    )
  })
  const { printed, ...rest } = result
  assert.deepEqual(rest, { jobs: [['mail', 30]], verdict: 'clean', same: true, recycle: false })
  assert.match(printed, /^holdover clean .*: 30 jobs finished$/)
})

test('a job that is open at the stop counts for no name of the next run', async () => {
  const result = await output(async () => {
    const options = { graceMs: 20, report: { everyMs: 0 } }
    const jobs = (tracker) => tracker.report().jobs.map((job) => [job.name, job.completed])
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    let end
    const first = holdover.start(options)
    const slow = holdover.runJob('slow', () => new Promise((resolve) => (end = resolve)))
    first.stop()
    const second = holdover.start(options)
    for (let i = 0; i < 3; i++) holdover.runJob('fast', () => {})
    await sleep(60)
    const before = jobs(second)
    end()
    await slow
    await sleep(60)
    console.log(JSON.stringify({ before, after: jobs(second) }))
  })
  assert.deepEqual(result, { before: [['fast', 3]], after: [['fast', 3]] })
})

test('HOLDOVER=off: no hook, no binary, everything passes through', async () => {
  const result = await output(
    () => {
      const bare = setTimeout
      const tracker = holdover.start()
      const value = holdover.runJob('mail', () => 5)
      const wrapped = holdover.wrapJob('mail', (a) => a + 1)
      const loaded = Object.keys(require.cache).filter((file) => /\.node$|binding\.js$/.test(file))
      const maps = process.report.getReport().sharedObjects.filter((file) => file.includes('holdover'))
      const { verdict, notes } = tracker.report()
      tracker.stop()
      console.log(
        JSON.stringify({
          untouched: bare === setTimeout,
          value,
          sum: wrapped(2),
          loaded,
          maps,
          verdict,
          notes
        })
      )
    },
    { env: { HOLDOVER: 'off' } }
  )
  assert.deepEqual(result, {
    untouched: true,
    value: 5,
    sum: 3,
    loaded: [],
    maps: [],
    verdict: 'inconclusive',
    notes: ['no verdict: HOLDOVER=off']
  })
})

test('where no binary loads start passes through and says so, and check fails with a code', async () => {
  const result = await output(async () => {
    require('node:module')._extensions['.node'] = () => {
      throw new Error('invalid ELF header')
    }
    const tracker = holdover.start()
    const value = holdover.runJob('mail', () => 5)
    const { verdict, notes } = tracker.report()
    const error = await holdover.check(() => {}).catch((thrown) => thrown)
    console.log(JSON.stringify({ value, verdict, notes, code: error.code }))
  })
  assert.equal(result.value, 5)
  assert.equal(result.verdict, 'inconclusive')
  assert.match(result.notes[0], /^no verdict: the native binary of holdover could not be loaded/)
  assert.equal(result.code, 'HOLDOVER_BINARY')
})

test('level off takes the hooks off, and on again', async () => {
  const result = await output(() => {
    const bare = setTimeout
    const tracker = holdover.start()
    const on = setTimeout !== bare
    tracker.setLevel('off')
    const off = setTimeout === bare
    const value = holdover.runJob('mail', () => 1)
    tracker.setLevel('counts')
    console.log(JSON.stringify({ on, off, value, again: setTimeout !== bare, level: tracker.level }))
  })
  assert.deepEqual(result, { on: true, off: true, value: 1, again: true, level: 'counts' })
})

test('while the level is off a report is not clean, and says since when', async () => {
  const result = await output(async () => {
    const tracker = holdover.start({ graceMs: 20, report: { everyMs: 0 } })
    const say = () => {
      const { verdict, notes } = tracker.report()
      return [verdict, notes.filter((note) => note.startsWith('level'))]
    }
    for (let i = 0; i < 30; i++) holdover.runJob('mail', () => {})
    await new Promise((resolve) => setTimeout(resolve, 60))
    const before = say()
    tracker.setLevel('off')
    const off = say()
    tracker.setLevel('sites')
    console.log(JSON.stringify({ before, off, after: say() }))
  })
  assert.deepEqual(result, {
    before: ['clean', []],
    off: ['inconclusive', ['level is off: as of the last look']],
    after: ['clean', []]
  })
})

test('shouldRecycle after each job reads no limit again', async () => {
  const result = await output(() => {
    let reads = 0
    for (const [owner, name] of [
      [process, 'constrainedMemory'],
      [require('node:os'), 'totalmem']
    ]) {
      const original = owner[name]
      owner[name] = () => {
        reads++
        return original.call(owner)
      }
    }
    const tracker = holdover.start({ report: { everyMs: 0 } })
    const atStart = reads
    for (let i = 0; i < 5; i++) tracker.shouldRecycle()
    console.log(JSON.stringify({ atStart, after: reads, limit: tracker.report().memory.limitBytes > 0 }))
  })
  assert.deepEqual(result, { atStart: 2, after: 2, limit: true })
})

test('a leak is announced once, and withdrawn when it returns', async () => {
  const events = await output(async () => {
    const bus = new (require('node:events').EventEmitter)().setMaxListeners(0)
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const seen = []
    const logger = { info() {}, warn() {}, error() {} }
    // Seventy grace periods of jobs: a leak of fewer than 500 jobs is called one after thirty.
    const tracker = holdover.start({ graceMs: 20, report: { everyMs: 100, logger } })
    tracker.on('leak', (leak) => seen.push(`leak ${leak.description} ${leak.job}`))
    tracker.on('returned', (gone) => seen.push(`returned ${gone.description}`))
    for (let i = 0; i < 300; i++) {
      holdover.runJob('mail', () => bus.on('end', () => i))
      await sleep(5)
    }
    await sleep(300)
    bus.removeAllListeners('end')
    await sleep(500)
    tracker.stop()
    console.log(JSON.stringify(seen))
  })
  assert.deepEqual(events, ["leak 'end' listener mail", "returned 'end' listener"])
})

test('production: a job that hangs is printed once, with its id, what it holds and the last site', async () => {
  const printed = await output(async () => {
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const lines = []
    const log = (text) => lines.push(text)
    const tracker = holdover.start({
      graceMs: 100,
      report: { everyMs: 100, logger: { info: log, warn: log, error: log } }
    })
    for (let i = 0; i < 20; i++) await holdover.runJob('mail', () => sleep(2))
    holdover.runJob({ name: 'mail', id: 4711 }, async () => {
      setInterval(() => {}, 60_000).unref()
      await new Promise(() => {})
    })
    await sleep(1_500)
    tracker.stop()
    console.log(JSON.stringify(lines))
  })
  const stuck = printed.filter((text) => text.includes('STUCK'))
  assert.equal(stuck.length, 1)
  assert.match(stuck[0], / STUCK {2}mail 4711 {3}open for .*, far longer than its peers\n/)
  assert.match(stuck[0], /holds: 1 × interval/)
})

test('register starts from the environment, by --require and by --import', async () => {
  const script = "console.log(typeof require('node:timers').setTimeout, process.env.HOLDOVER_GRACE_MS)"
  for (const flag of ['--require', '--import']) {
    const { code, stdout } = await runNode([flag, `${ROOT}/js/register.js`, '-e', script], {
      env: { HOLDOVER_GRACE_MS: '50' }
    })
    assert.equal(code, 0)
    assert.equal(stdout, 'function 50\n')
  }
  const { code, stderr } = await runNode(['--require', `${ROOT}/js/register.js`, '-e', ''], {
    env: { HOLDOVER_GRACE_MS: 'soon' }
  })
  assert.equal(code, 1)
  assert.match(stderr, /HOLDOVER_GRACE_MS: option 'graceMs' must be milliseconds/)
})

test('the ESM face has the same exports', async () => {
  const esm = await import('../js/index.mjs')
  const cjs = require('../js/index')
  assert.deepEqual(
    Object.keys(esm)
      .filter((name) => name !== 'default')
      .sort(),
    Object.keys(cjs).sort()
  )
  assert.equal(esm.default, cjs)
  assert.equal(esm.start, cjs.start)
})
