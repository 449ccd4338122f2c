'use strict'

const { describe, test, beforeEach, afterEach } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runNode } = require('../helpers/child')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')

/** @type {string} */
let folder
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-run-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A worker whose jobs run two at a time, and keep what `body` says. @param {string} body @param {string} extension */
function worker(body, extension = '.js', end = '') {
  const file = path.join(folder, `worker${extension}`)
  const load =
    extension === '.mjs'
      ? `import { runJob } from ${JSON.stringify(path.join(ROOT, 'js', 'index.mjs'))}`
      : `const { runJob } = require(${JSON.stringify(ROOT)})`
  fs.writeFileSync(
    file,
    `${load}
class AuditEntry {}
const audit = []
let next = 0
async function loop() {
  while (next < 400) {
    const i = next++
    await runJob('mail', async () => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      ${body}
    })
  }
  ${end}
}
loop()
loop()
`
  )
  return file
}

/** @param {string} file @param {...string} args */
const run = (file, ...args) =>
  runNode([CLI, 'run', '--grace', '20', '--snapshot-dir', path.join(folder, 'heap'), ...args, file])

/** The counts of jobs in the names of the snapshots. */
const snapshots = () =>
  fs
    .readdirSync(path.join(folder, 'heap'))
    .map((name) => Number(/^worker-(\d+)\.heapsnapshot$/.exec(name)?.[1]))
    .sort((a, b) => a - b)

describe('holdover run --snapshot-at', () => {
  for (const extension of ['.js', '.mjs']) {
    test(`what grew between two counts of jobs is told when the worker is ended (${extension})`, async () => {
      const file = worker('audit.push(new AuditEntry())', extension)
      const { code, stderr } = await run(file, '--snapshot-at', '50,150', '--exit-after', '150')
      assert.equal(code, 0, stderr)
      assert.match(
        stderr,
        /^holdover: snapshot after 5[01] jobs.*: .*heap\/worker-5[01]\.heapsnapshot, [\d.]+ MB; the worker stood still for /m
      )
      // Two jobs at a time may end in one turn.
      const [first, second] = snapshots()
      assert.ok([50, 51].includes(first) && [150, 151].includes(second), `${first} and ${second}`)
      const [, delta] = /\+(\d+) .* AuditEntry /.exec(stderr) ?? []
      assert.ok(Math.abs(Number(delta) - (second - first)) <= 1, stderr)
      assert.match(stderr, / × AuditEntry\n {3}held by {3}variable audit Array → \[\*\] AuditEntry/)
      assert.match(stderr, /holdover clean worker-\d+: \d+ jobs finished/)
    })
  }

  test('what a job no longer keeps has not grown', async () => {
    const { code, stderr } = await run(
      worker('audit.push(new AuditEntry()); audit.length = 0'),
      ...['--snapshot-at', '50,150', '--exit-after', '150']
    )
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^holdover: between the snapshots$/m)
    assert.doesNotMatch(stderr, / AuditEntry {2}/)
  })

  test('a worker that ends by itself is told of too, one that exits with the command that tells', async () => {
    const leak = 'audit.push(new AuditEntry())'
    const byItself = await run(worker(leak), '--snapshot-at', '50,300')
    assert.equal(byItself.code, 0, byItself.stderr)
    assert.match(byItself.stderr, / \+2\d\d .* AuditEntry /)
    const exits = await run(worker(leak, '.js', 'process.exit()'), '--snapshot-at', '50,300')
    assert.equal(exits.code, 0, exits.stderr)
    assert.match(
      exits.stderr,
      /^holdover: what grew: holdover heap compare .*worker-5[01]\.heapsnapshot .*worker-30[01]\.heapsnapshot$/m
    )
  })

  test('jobs that all end in one turn are told with their real number', async () => {
    const file = path.join(folder, 'worker.js')
    fs.writeFileSync(
      file,
      `const { runJob } = require(${JSON.stringify(ROOT)})
      for (let i = 0; i < 120; i++) runJob('mail', () => {})
      setTimeout(() => { for (let i = 0; i < 90; i++) runJob('mail', () => {}) }, 300)`
    )
    const { code, stderr } = await run(file, '--snapshot-at', '50,100,200')
    assert.deepEqual(snapshots(), [120, 210])
    assert.match(stderr, /snapshot after 120 jobs, wanted after 50: that many ended in one turn: /)
    assert.match(stderr, /2 of 3 snapshots were taken before the worker ended/)
    // Something that was asked for is not there.
    assert.equal(code, 2, stderr)
  })

  test('a worker that starts another tracker is counted by that one', async () => {
    const file = path.join(folder, 'worker.js')
    fs.writeFileSync(
      file,
      `const { start, runJob } = require(${JSON.stringify(ROOT)})
      for (let i = 0; i < 30; i++) runJob('mail', () => {})
      start().stop()
      start({ graceMs: 20 })
      setTimeout(() => { for (let i = 0; i < 60; i++) runJob('mail', () => {}) }, 100)
      setTimeout(() => {}, 300)`
    )
    const { code, stderr } = await run(file, '--snapshot-at', '50')
    assert.equal(code, 0, stderr)
    assert.deepEqual(snapshots(), [60])
  })

  test('a snapshot that fails is told, and the worker goes on', async () => {
    const file = worker("if (i === 10) require('node:fs').rmSync(process.argv[2], { recursive: true })")
    const heapFolder = path.join(folder, 'heap')
    const args = ['--snapshot-at', '50,100', '--exit-after', '100', file, '--', heapFolder]
    const { code, stderr } = await runNode([
      CLI,
      'run',
      '--grace',
      '20',
      '--snapshot-dir',
      heapFolder,
      ...args
    ])
    assert.equal(code, 2, stderr)
    assert.match(
      stderr,
      /^holdover: no snapshot after 5[01] jobs: .* cannot be written: .*\[HOLDOVER_SNAPSHOT_FILE\]$/m
    )
    assert.match(stderr, /holdover clean worker-\d+: /)
  })

  test('mistakes on the command line', async () => {
    const file = worker('')
    for (const [args, problem] of [
      [['--snapshot-at', '5,x'], "--snapshot-at must be a whole number above 0, got 'x'"],
      [['--snapshot-at', '100,50'], "--snapshot-at must rise, got '100,50'"],
      [['--snapshot-at', '100', '--exit-after', '50'], '--snapshot-at 100 comes after --exit-after 50']
    ]) {
      const { code, stderr } = await run(file, ...args)
      assert.equal(code, 2)
      assert.ok(stderr.startsWith(`holdover: ${problem} [HOLDOVER_USAGE]`), stderr)
    }
  })
})
