'use strict'

const { before, describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { heap } = require('../../js')
const { ROOT, runNode } = require('../helpers/child')
const { stableRows } = require('../helpers/heap-rows')

const WORKER = path.join(ROOT, 'bench', 'heap', 'worker.js')
const CLI = path.join(ROOT, 'js', 'cli', 'main.js')
const EXPECTED = require('../fixtures/heap/devtools-rows.json')

describe('heap snapshots of a leaking worker', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-heap-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const [early, late] = ['early', 'late'].map((name) => path.join(folder, `${name}.heapsnapshot`))

  before(async () => {
    const { code, stderr } = await runNode([WORKER, 'small', early, late])
    assert.equal(code, 0, stderr)
  })

  test('what each job left is counted as Chrome DevTools counts it', async () => {
    const { classes } = await heap.compare(early, late)
    const major = process.versions.node.split('.')[0]
    // Recorded from its own worker by `node bench/heap/verify.js --record`, which compares all rows.
    assert.ok(EXPECTED[major], `no rows recorded for Node ${major}`)
    assert.deepEqual(stableRows(classes), EXPECTED[major])
  })

  test('a class is told with the file and line of its constructor', async () => {
    const { classes } = await heap.compare(early, late)
    const line = fs.readFileSync(WORKER, 'utf8').split('\n').indexOf('class AuditEntry {')
    const { place } = classes.find((row) => row.name === 'AuditEntry')
    assert.equal(place.file, WORKER)
    // V8 gives the constructor, or the class where it has none.
    assert.ok(place.line === line + 1 || place.line === line + 2, `line ${place.line}`)
  })

  test('a summary has sizes, distances and what a class retains', async () => {
    const summary = await heap.open(late)
    assert.equal(summary.file, late)
    const audit = summary.classes.find((row) => row.name === 'AuditEntry')
    assert.equal(audit.count, 2_000)
    assert.ok(audit.retainedBytes > 2 * audit.shallowBytes && audit.distance > 0)
    const retained = summary.classes.map((row) => row.retainedBytes)
    assert.deepEqual(
      retained,
      [...retained].sort((a, b) => b - a)
    )
  })

  test('what `open` gave can be compared', async () => {
    const [first, second] = [await heap.open(early), await heap.open(late)]
    assert.deepEqual(await heap.compare(first, second), await heap.compare(early, late))
  })

  test('a snapshot compared with itself has not changed', async () => {
    assert.deepEqual((await heap.compare(late, late)).classes, [])
  })

  test('the command line shows the table, the most grown class first, without what Node makes anew', async () => {
    const { code, stdout, stderr } = await runNode([CLI, 'heap', 'compare', early, late, '--top', '30'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(
      stdout,
      / 1,800 +0 +\+1,800 +[\d.]+ kB +0 B +\+[\d.]+ kB {3}AuditEntry {2}bench\/heap\/worker\.js:\d+\n/
    )
    assert.doesNotMatch(stdout, /Node \//)
    assert.match(stdout, /classes of Node's own that every snapshot makes anew: see them with --all\n/)
    const all = await runNode([CLI, 'heap', 'compare', early, late, '--all'])
    assert.match(all.stdout, /Node \//)
  })

  test('what holds the new objects is told by the variable, all of what jobs left and nothing they replaced', async () => {
    const { holdings } = await heap.compare(early, late, { paths: true })
    const held = (variable, headClass) =>
      holdings.find((row) => row.headClass === headClass && row.path[row.suspectFrom].edgeName === variable)
    assert.equal(held('audit', 'AuditEntry').heads, 1_800)
    assert.equal(held('cache', '{payload, pattern, big, extra0}').heads, 900)
    assert.equal(held('sessions', 'Session').heads, 900)
    assert.equal(held('pending', 'Promise').heads, 900)
    assert.equal(held('pool', 'Connection').heads, 90)
    assert.equal(held('bus', 'Function').heads, 900)
    const timers = held('timers', 'Timeout').heads
    assert.ok(timers > 890 && timers <= 900, `${timers} timers`)
    assert.equal(held('audit', 'AuditEntry').path[held('audit', 'AuditEntry').suspectFrom].edge, 'context')

    const { stdout } = await runNode([CLI, 'heap', 'compare', early, late])
    assert.match(
      stdout,
      / {3}1,800 × AuditEntry, with 16,200 objects that hang on them\n {3}held by {3}variable audit Array → \[\*\] AuditEntry/
    )
    assert.match(
      stdout,
      /held by {3}variable bus EventEmitter → \._events Object → \.end Array → \[\*\] \(anonymous\) bench\/heap\/worker\.js:\d+/
    )
    assert.doesNotMatch(stdout, /× RecentJob/)
    const table = await runNode([CLI, 'heap', 'compare', early, late, '--no-paths'])
    assert.doesNotMatch(table.stdout, /held by/)
  })

  test('--json is what the promise gives', async () => {
    const { stdout } = await runNode([CLI, 'heap', 'compare', early, late, '--json'])
    assert.deepEqual(JSON.parse(stdout), await heap.compare(early, late, { paths: true }))
    const summary = await runNode([CLI, 'heap', 'summary', late, '--json'])
    assert.deepEqual(JSON.parse(summary.stdout), await heap.open(late))
  })
})

test('mistakes on the command line exit 2 and show the usage', async () => {
  for (const [args, problem] of [
    [[], 'heap needs a command'],
    [['sum'], "unknown command 'sum'"],
    [['summary'], 'heap summary takes one file, got 0'],
    [['compare', 'a'], 'heap compare takes two files, got 1'],
    [['summary', 'a', '--top', 'x'], "--top must be a count, got 'x'"]
  ]) {
    const { code, stderr } = await runNode([CLI, 'heap', ...args])
    assert.equal(code, 2)
    assert.ok(stderr.startsWith(`holdover: ${problem} [HOLDOVER_USAGE]\n\nUsage: holdover heap`), stderr)
  }
})

test('a file that is not there, and arguments that are no file, are told', async () => {
  await assert.rejects(heap.open('nowhere.heapsnapshot'), { code: 'HOLDOVER_SNAPSHOT_FILE' })
  await assert.rejects(heap.open(/** @type {any} */ (7)), {
    code: 'HOLDOVER_ARG',
    message: 'heap.open: snapshot must be the path of a snapshot, or a snapshot, got 7'
  })
  await assert.rejects(heap.compare('a', /** @type {any} */ ({})), { code: 'HOLDOVER_ARG' })
})

test('HOLDOVER=off reads nothing', async () => {
  const script = `require(${JSON.stringify(ROOT)}).heap.open('a').catch((error) => console.log(error.code))`
  const { stdout } = await runNode(['-e', script], { env: { HOLDOVER: 'off' } })
  assert.equal(stdout, 'HOLDOVER_OFF\n')
})
