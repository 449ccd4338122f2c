'use strict'

const { before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { heap } = require('../../js')
const { ROOT, runNode } = require('../helpers/child')

const FIXTURES = path.join(ROOT, '__test__', 'fixtures', 'heap')
const CLI = path.join(ROOT, 'js', 'cli', 'main.js')
const JOBS = [100, 550, 1_000]

/** Lets a worker run in a folder of its own; returns the snapshots that it wrote. @param {string} name @param {string[]} [args] */
async function snapshotsOf(name, args = []) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-growth-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const worker = path.join(FIXTURES, `${name}.js`)
  const { code, stderr } = await runNode([worker, ...args, folder, ...JOBS.map(String)])
  assert.equal(code, 0, stderr)
  return JOBS.map((jobs) => path.join(folder, `${jobs}.heapsnapshot`))
}

/** What a keeper is called, and what it keeps. @param {import('../../js').HeapKeeper} keeper */
function told({ path, suspectFrom, of, perJob, certainty, counts }) {
  const names = path.slice(suspectFrom).map((step) => step.edgeName)
  return { keeper: names.filter(Boolean).join('.'), of: of.name, perJob, certainty, counts }
}

describe('a worker that leaks in eight ways', () => {
  /** @type {string[]} */
  let files = []
  before(async () => {
    files = await snapshotsOf('planted')
  })

  test('the planted leaks are told with exact rates and by their variables, and nothing else', async () => {
    const { verdict, keepers, objects, snapshots } = await heap.growth(files, { jobs: JOBS })
    assert.equal(verdict, 'grows')
    assert.deepEqual(
      snapshots.map(({ file, jobs }) => [file, jobs]),
      files.map((file, at) => [file, JOBS[at]])
    )
    const leak = (/** @type {string} */ keeper, /** @type {string} */ of) => ({
      keeper,
      of,
      perJob: 1,
      certainty: 'sure',
      counts: JOBS
    })
    const rows = keepers.filter((row) => !row.own).map(told)
    assert.deepEqual(
      rows.sort((a, b) => (a.keeper < b.keeper ? -1 : 1)),
      [
        leak('audit', 'ArrayLeak'),
        leak('bus._events.end', ''),
        leak('cache', '{body}'),
        leak('seen', 'SetLeak'),
        leak('sessions.table', 'MapLeak'),
        leak('timerListMap._idleNext', 'Timeout'),
        leak('undos', ''),
        leak('waiting', 'Promise')
      ].map((row) => (row.keeper === 'seen' ? { ...row, keeper: 'seen.table' } : row))
    )
    assert.deepEqual(
      objects.filter((row) => !row.own),
      []
    )
  })

  test('functions are told by the line that makes them, and classes by their constructor', async () => {
    const { keepers } = await heap.growth(files, { jobs: JOBS })
    const lines = fs.readFileSync(path.join(FIXTURES, 'planted.js'), 'utf8').split('\n')
    const lineOf = (/** @type {string} */ text) => lines.findIndex((line) => line.includes(text)) + 1
    const placeOf = (/** @type {string} */ name) =>
      keepers.find((row) => told(row).keeper.startsWith(name))?.of.place
    assert.equal(placeOf('undos')?.line, lineOf('undos.push(() => before)'))
    assert.equal(placeOf('bus')?.line, lineOf("bus.on('end'"))
    assert.equal(placeOf('audit')?.file, path.join(FIXTURES, 'planted.js'))
  })

  test('what `open` gave can be taken, too', async () => {
    const opened = await Promise.all(files.map((file) => heap.open(file)))
    assert.deepEqual(await heap.growth(opened, { jobs: JOBS }), await heap.growth(files, { jobs: JOBS }))
  })

  test('the command line says so, and exits with 1', async () => {
    const points = files.map((file, at) => `${file}@${JOBS[at]}`)
    const { code, stdout, stderr } = await runNode([CLI, 'heap', 'growth', ...points])
    assert.deepEqual([code, stderr], [1, ''])
    assert.match(stdout, /^GROWS: 8 things grow with the jobs, over 1,000 of them\n/)
    assert.match(
      stdout,
      /\+1\.00 ArrayLeak per job {3}\(__test__\/fixtures\/heap\/planted\.js:\d+\) {3}sure\n {3}100 → 550 → 1,000, \+64 B per job\n {3}held by {3}variable audit Array → \[\*\] ArrayLeak/
    )
    assert.match(stdout, /variable cache Object → \[\*\] \{body\}/)
    assert.doesNotMatch(stdout, /Recent|Connection/)

    const json = await runNode([CLI, 'heap', 'growth', ...files, '--jobs', JOBS.join(), '--json'])
    assert.deepEqual(JSON.parse(json.stdout), await heap.growth(files, { jobs: JOBS }))
    assert.equal(json.code, 1)
    const one = await runNode([CLI, 'heap', 'growth', ...points, '--filter', 'setleak', '--sort', 'name'])
    assert.match(one.stdout, /variable seen Set/)
    assert.doesNotMatch(one.stdout, /variable audit/)
  })

  test('two snapshots decide nothing, and say what would', async () => {
    const points = [`${files[0]}@100`, `${files[2]}@1000`]
    const { code, stdout } = await runNode([CLI, 'heap', 'growth', ...points])
    assert.equal(code, 3)
    assert.match(stdout, /^INCONCLUSIVE: 8 things have grown, and may have stopped\n/)
    assert.match(
      stdout,
      /Two snapshots cannot tell growth from a cache that fills up\. Take one more .* 2,000 jobs/
    )
  })

  test('retainers of a class are told by the variable, each once', async () => {
    const found = await heap.retainers(files[2], { class: 'MapLeak' })
    assert.deepEqual([found.objects, found.held, found.ways], [1_000, 1_000, 1])
    const [{ path: steps, suspectFrom, objects }] = found.retainers
    assert.deepEqual([steps[suspectFrom].edgeName, objects], ['sessions', 1_000])

    const { code, stdout } = await runNode([CLI, 'heap', 'retainers', files[2], '--class', 'MapLeak'])
    assert.equal(code, 0)
    assert.match(stdout, /1,000 objects, 32\.0 kB, held in 1 way\n/)
    assert.match(stdout, /held by {3}variable sessions Map → \[\*\] MapLeak/)

    const { id } = steps[steps.length - 1]
    const one = await heap.retainers(files[2], { id })
    assert.deepEqual([one.objects, one.retainers[0].path[suspectFrom].edgeName], [1, 'sessions'])
  })

  test('snapshots of several processes are refused', async () => {
    const other = await snapshotsOf('clean')
    const [first] = files
    await assert.rejects(heap.growth([first, other[2]], { jobs: [100, 1_000] }), {
      code: 'HOLDOVER_SNAPSHOT_PROCESS',
      message: new RegExp(
        `^${RegExp.escape?.(first) ?? first.replaceAll('.', '\\.')} is of another process than `
      )
    })
  })

  test('progress is told up to the last byte, and a signal ends the work with its reason', async () => {
    const sizes = files.map((file) => fs.statSync(file).size)
    const totalBytes = sizes.reduce((sum, size) => sum + size)
    /** @type {{ doneBytes: number, totalBytes: number }[]} */
    const seen = []
    await heap.growth(files, { jobs: JOBS, onProgress: (progress) => seen.push(progress) })
    assert.deepEqual(seen[seen.length - 1], { doneBytes: totalBytes, totalBytes })
    assert.ok(seen.every(({ doneBytes }, at) => at === 0 || doneBytes >= seen[at - 1].doneBytes))

    const reason = new Error('enough')
    const abort = new AbortController()
    const work = heap.growth(files, { jobs: JOBS, signal: abort.signal })
    setImmediate(() => abort.abort(reason))
    await assert.rejects(work, (error) => error === reason)
    await assert.rejects(
      heap.open(files[0], { signal: AbortSignal.abort(reason) }),
      (error) => error === reason
    )
  })
})

test('a worker that keeps caches, a pool and counters is steady, and exits with 0', async () => {
  const files = await snapshotsOf('clean')
  const points = files.map((file, at) => `${file}@${JOBS[at]}`)
  const { code, stdout } = await runNode([CLI, 'heap', 'growth', ...points])
  assert.equal(code, 0, stdout)
  assert.match(stdout, /^STEADY: nothing grows with the jobs, over 1,000 of them\n/)
})

describe('the trigger loop that throws deferreds of Q away', () => {
  test('leads to the deferred that lives on', async () => {
    const files = await snapshotsOf('triggers', ['deferred'])
    const { verdict, keepers } = await heap.growth(files, { jobs: JOBS })
    assert.equal(verdict, 'grows')
    const rows = keepers.filter((row) => !row.own)
    assert.deepEqual(
      rows.map((row) => told(row)).map(({ keeper, perJob, certainty }) => ({ keeper, perJob, certainty })),
      [
        { keeper: 'progressListeners', perJob: 1, certainty: 'sure' },
        { keeper: 'messages', perJob: 2, certainty: 'sure' }
      ]
    )
    for (const { path: steps } of rows) {
      const mail = steps.findIndex((step) => step.edgeName === 'mail')
      assert.deepEqual([steps[mail - 1].to, steps[mail].to], ['Worker', 'defer'])
    }
    assert.ok(rows[0].bytesPerJob > 5_000)
  })

  test('is clean when it waits for events and cancels its wait', async () => {
    const files = await snapshotsOf('triggers', ['events'])
    const { verdict, keepers } = await heap.growth(files, { jobs: JOBS })
    assert.deepEqual([verdict, keepers.filter((row) => !row.own)], ['steady', []])
  })
})

test('arguments that make no series are told', async () => {
  const two = ['a', 'b']
  for (const [list, options, message] of /** @type {[any, any, RegExp][]} */ ([
    [['a'], { jobs: [1] }, /the list must be at least two snapshots, got 1$/],
    ['a', { jobs: [1] }, /the list must be at least two snapshots/],
    [two, undefined, /jobs must be as many numbers as there are snapshots, 2, got undefined$/],
    [two, { jobs: [1] }, /jobs must be as many numbers as there are snapshots, 2, got 1$/],
    [two, { jobs: [1, 1.5] }, /jobs\[1\] must be a whole number of finished jobs, got 1\.5$/],
    [two, { jobs: [5, 5] }, /jobs must be rising: .*, got \[5,5\]$/],
    [['a', 7], { jobs: [1, 2] }, /snapshot 2 must be the path of a snapshot, got 7$/]
  ])) {
    await assert.rejects(heap.growth(list, options), { code: 'HOLDOVER_ARG', message })
  }
  await assert.rejects(heap.retainers('a', {}), { code: 'HOLDOVER_ARG' })
  await assert.rejects(heap.retainers('a', { class: 'A', id: 1 }), { code: 'HOLDOVER_ARG' })
})

test('mistakes on the command line show the usage', async () => {
  for (const [args, problem] of /** @type {[string[], string][]} */ ([
    [['growth', 'a@1'], 'heap growth takes two files or more, got 1'],
    [['growth', 'a@1', 'b'], 'how many jobs had finished at b? Write b@100, or give --jobs'],
    [
      ['growth', 'a', 'b', '--jobs', '1'],
      "--jobs must be 2 counts like 100,550,1000, one for each file, got '1'"
    ],
    [['retainers', 'a'], 'heap retainers needs either --class NAME or --id N'],
    [['summary', 'a', '--class', 'A'], '--class belongs to retainers'],
    [
      ['summary', 'a', '--sort', 'size'],
      "--sort must be one of count, shallow, retained, distance, name, got 'size'"
    ]
  ])) {
    const { code, stderr } = await runNode([CLI, 'heap', ...args])
    assert.equal(code, 2)
    assert.ok(stderr.startsWith(`holdover: ${problem} [HOLDOVER_USAGE]\n\nUsage: holdover heap`), stderr)
  }
})
