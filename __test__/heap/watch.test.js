'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { heap } = require('../../js')
const { ROOT, runNode } = require('../helpers/child')

const WATCHED = path.join(ROOT, '__test__', 'fixtures', 'heap', 'watched.js')
const INDEX = path.join(ROOT, 'js')

/**
 * @param {string} mode @param {number} wanted snapshots or refusals after which it ends
 * @param {object} [options] @param {string[]} [flags]
 */
async function watched(mode, wanted, options = {}, flags = []) {
  const { code, stdout, stderr } = await runNode([
    ...flags,
    WATCHED,
    mode,
    String(wanted),
    JSON.stringify(options)
  ])
  assert.deepEqual([code, stderr], [0, ''])
  /** @type {Record<string, any[]>} */
  const told = { snapshots: [], growth: [], refused: [], printed: [] }
  for (const line of stdout.trim().split('\n')) {
    const [event, value] = JSON.parse(line)
    told[event].push(value)
  }
  // What came while it waited for its end is left out.
  return {
    ...told,
    growth: told.growth.slice(0, Math.max(0, wanted - 1)),
    snapshots: told.snapshots.slice(0, wanted)
  }
}

/** Runs a script that has `heap`, `start` and `runJob`. @param {string} script @param {any} [env] */
async function run(script, env) {
  const text = `const { heap, start, runJob } = require(${JSON.stringify(INDEX)}); ${script}`
  return runNode(['-e', text], { env })
}

describe('heap.watch', { concurrency: 2 }, () => {
  test('names what grows with the jobs of a worker, by its variable, and prints it once', async () => {
    const { snapshots, growth, printed, refused } = await watched('leaking', 4)
    assert.deepEqual(refused, [])
    assert.equal(growth.length, 3, 'one for each snapshot but the first')
    assert.equal(growth[0].verdict, 'inconclusive', 'two snapshots decide nothing')
    for (const { verdict, keepers } of growth.slice(1)) {
      assert.equal(verdict, 'grows')
      const isTold = (/** @type {any} */ keeper) => !keeper.own && keeper.status === 'grows'
      const [row, ...others] = keepers.filter(isTold)
      const names = row.path.slice(row.suspectFrom).map((/** @type {any} */ step) => step.edgeName)
      assert.deepEqual([names[0], row.of.name, others], ['sessions', 'Session', []])
      assert.ok(Math.abs(row.perJob - 1) < 0.05, `${row.perJob} per job`)
    }
    assert.deepEqual(
      growth.at(-1).snapshots.map((/** @type {any} */ row) => row.jobs),
      snapshots.map((/** @type {any} */ row) => row.jobs)
    )
    assert.ok(snapshots.every((/** @type {any} */ row) => row.pauseMs > 0 && row.nodes > 10_000))
    assert.ok(snapshots[0].keptBytes > 2 * snapshots[0].nodes)
    assert.ok(snapshots[0].keptBytes < 10 * snapshots[0].nodes, 'in a small heap names weigh much')
    assert.equal(printed.length, 1, printed.join('\n'))
    assert.match(printed[0], /^holdover GROWS: 1 thing grows with the jobs, over \d+ of them\n/)
    assert.match(printed[0], /held by {3}variable sessions Map → \[\*\] Session/)
  })

  test('finds nothing in the same worker when it lets go, and prints nothing', async () => {
    const { growth, printed, refused } = await watched('clean', 4)
    assert.deepEqual([growth.length, printed, refused], [3, [], []])
    for (const { verdict, keepers } of growth.slice(1)) {
      assert.deepEqual([verdict, keepers.filter((/** @type {any} */ keeper) => !keeper.own)], ['steady', []])
    }
  })

  test('takes no snapshot that would stop the thread for too long, and says so once', async () => {
    const { snapshots, refused, printed } = await watched('leaking', 3, { maxPauseMs: 1 })
    assert.deepEqual(snapshots, [])
    assert.equal(refused.length, 3)
    const [{ code, message, predicted }] = refused
    assert.equal(code, 'HOLDOVER_SNAPSHOT_TOO_COSTLY')
    assert.match(message, /stop the thread for about [\d,]+ ms, and maxPauseMs is 1\. heap\.watch asks again/)
    assert.ok(predicted.pauseMs > 1)
    assert.equal(printed.length, 1)
  })

  test('takes none where memory would not suffice', async () => {
    const short = path.join(ROOT, '__test__', 'fixtures', 'heap', 'short-of-memory.js')
    const { snapshots, refused } = await watched('leaking', 1, {}, ['--require', short])
    assert.deepEqual(snapshots, [])
    assert.equal(refused[0].code, 'HOLDOVER_SNAPSHOT_TOO_COSTLY')
    assert.match(refused[0].message, /of memory while V8 takes it, and 1\.0 MB are available/)
  })

  test('begins anew where a profiler made V8 forget which object is which', async () => {
    const { snapshots, refused, growth, printed } = await watched('profiled', 4)
    assert.deepEqual(
      refused.map((/** @type {any} */ error) => error.code),
      ['HOLDOVER_HEAP_ANEW']
    )
    assert.equal(printed.length, 1, printed.join('\n'))
    const jobs = snapshots.map((/** @type {any} */ row) => row.jobs)
    const [last] = growth.slice(-1)
    assert.ok(last.snapshots[0].jobs > jobs[0], 'the first one is not of the new series')
    assert.equal(last.snapshots.at(-1).jobs, jobs.at(-1))
  })

  test('a listener that throws hurts nobody', async () => {
    const { snapshots, printed } = await watched('throwing', 3)
    assert.equal(snapshots.length, 3)
    assert.match(printed[0], /a listener on 'snapshot' threw: a listener of the host$/)
  })

  test('stands still for a share of the time alone', async () => {
    const { stdout } = await run(`
      start({ 'report.everyMs': 0 })
      let count = 0
      let until = Infinity
      const watch = heap.watch({ everyJobs: 1, logger: null }).on('snapshot', () => {
        count++
        until = Date.now() + 2_000
      })
      const next = () => Date.now() > until ? console.log(count) : runJob('a', async () => {}).then(() => setTimeout(next, 10))
      next()`)
    assert.equal(stdout.trim(), '1')
  })

  for (const [how, options, end] of [
    ['stop()', '{}', 'watch.stop()'],
    ['its signal', '{ signal: abort.signal }', 'abort.abort()']
  ]) {
    test(`takes no more after ${how}`, async () => {
      const { stdout, stderr } = await run(`
        start({ 'report.everyMs': 0 })
        const abort = new AbortController()
        let count = 0
        let ended = null
        const watch = heap.watch({ everyJobs: 1, budget: 1, logger: null, ...${options} })
        watch.on('snapshot', () => {
          if (++count === 2) { ${end}; ended = Date.now() }
        })
        const next = () => ended && Date.now() > ended + 1_500 ? console.log(count) : runJob('a', async () => {}).then(() => setTimeout(next, 10))
        next()`)
      assert.deepEqual([stdout.trim(), stderr], ['2', ''])
    })
  }

  test('says what is missing where nobody counts jobs', async () => {
    const { stdout, stderr } = await run(`
      heap.watch({ everyMs: 100 }).on('refused', ({ code }) => console.log(code))
      setTimeout(() => {}, 1_000)`)
    assert.match(stdout, /^(HOLDOVER_HEAP_JOBS\n){2,}$/)
    assert.match(
      stderr,
      /^holdover heap\.watch: heap\.watch counts finished jobs.* \[HOLDOVER_HEAP_JOBS\]\n$/
    )
  })

  test('does nothing with HOLDOVER=off, and does not keep the process', async () => {
    const script = `
      heap.watch({ everyMs: 1 }).on('refused', (error) => console.log(error.code)).stop()
      heap.watch({ everyMs: 1 }).on('refused', (error) => console.log(error.code))
      setTimeout(() => {}, 600)`
    const off = await run(script, { HOLDOVER: 'off' })
    assert.deepEqual([off.code, off.stdout, off.stderr], [0, '', ''])
    const on = await run(script)
    assert.match(on.stdout, /^(HOLDOVER_HEAP_JOBS\n)+$/)
  })

  test('arguments that make no sense are told at once', () => {
    for (const [options, message] of /** @type {[any, RegExp][]} */ ([
      [null, /heap\.watch: options must be an object, got null$/],
      [{ everyJobs: 1.5 }, /everyJobs must be a number of jobs from 1, got 1\.5$/],
      [{ everyMs: 0 }, /everyMs must be milliseconds above 0, got 0$/],
      [{ maxPauseMs: '1' }, /maxPauseMs must be milliseconds above 0, got '1'$/],
      [{ budget: 2 }, /budget must be a share of the time above 0 and up to 1, got 2$/],
      [{ logger: {} }, /logger must be an object with info, warn and error, or null/],
      [{ signal: {} }, /signal must be an AbortSignal/]
    ])) {
      assert.throws(() => heap.watch(options), { code: 'HOLDOVER_ARG', message })
    }
  })
})
