'use strict'

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')

/** Two tests in the manner of Node's, and a preload that patches as one should not. */
const FILES = {
  'parallel/test-plain.js': `
    const { EventEmitter } = require('node:events')
    const emitter = new EventEmitter()
    for (let i = 0; i < 3; i++) emitter.on('x', () => {})
    setTimeout(() => process.exit(emitter.listenerCount('x') === 3 ? 0 : 1), 1)`,
  'parallel/test-alias.mjs': `
    // Flags: --no-warnings
    import assert from 'node:assert'
    import { EventEmitter } from 'node:events'
    assert.ok(process.execArgv.includes('--no-warnings'))
    await null
    new EventEmitter().on('x', () => {})
    assert.strictEqual(EventEmitter.prototype.on, EventEmitter.prototype.addListener)`,
  'parallel/test-skipped.js': `console.log('1..0 # Skipped: not here')`,
  'parallel/helper.js': `process.exit(1)`,
  'preload.js': `
    const { EventEmitter } = require('node:events')
    const { on } = EventEmitter.prototype
    EventEmitter.prototype.on = function (...args) { return on.apply(this, args) }`,
  'exceptions.json': JSON.stringify({ 'parallel/test-alias.mjs': 'a known difference' })
}

let suite = ''

before(() => {
  suite = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-suite-'))
  fs.mkdirSync(path.join(suite, 'parallel'))
  for (const [name, text] of Object.entries(FILES)) {
    const lines = text.split('\n').map((line) => line.trim())
    fs.writeFileSync(path.join(suite, name), lines.join('\n'))
  }
})

after(() => fs.rmSync(suite, { recursive: true, force: true }))

/** @param {string[]} args */
function conformance(...args) {
  const all = ['scripts/conformance.js', '--suite', suite, '--filter', 'test-*', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** The cells of a row of the table. @param {string} stdout @param {string} label */
function row(stdout, label) {
  const line = stdout.split('\n').find((candidate) => candidate.startsWith(label)) ?? ''
  return line.slice(label.length).trim().split(/\s+/).map(Number)
}

test('holdover passes, and what it recorded in each place is counted', () => {
  const { status, stdout, stderr } = conformance('--level', 'sites')
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /3 test files, 5 ways each/)
  assert.deepEqual(row(stdout, 'bare'), [2, 0, 1])
  const [pass, fail, skip, regressions, recorded] = row(stdout, 'preloaded, sites')
  assert.deepEqual([pass, fail, skip, regressions, recorded], [2, 0, 1, 0, 0])
  for (const place of ['inside one job, sites', 'inside, with passes, sites', 'after its job, sites']) {
    const cells = row(stdout, place)
    assert.deepEqual(cells.slice(0, 4), [2, 0, 1, 0], place)
    assert.ok(cells[4] >= 5, `${place}: 4 listeners and a timer at least, got ${cells[4]}`)
    assert.equal(cells.at(-1), 0, `${place}: no file without a record`)
  }
  assert.match(stdout, /\nNo regression\.\n$/)
})

test('places can be chosen, and what each test recorded is written to a file', () => {
  const file = path.join(suite, 'recorded.json')
  const { status, stdout, stderr } = conformance('--level', 'full', '--place', 'inside', '--per-file', file)
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /3 test files, 2 ways each/)
  const { node, files } = JSON.parse(fs.readFileSync(file, 'utf8'))
  assert.equal(node, process.version)
  const names = ['parallel/test-alias.mjs', 'parallel/test-plain.js', 'parallel/test-skipped.js']
  assert.deepEqual(Object.keys(files), names)
  const { bare, 'inside one job, full': inside } = files['parallel/test-plain.js']
  assert.deepEqual(bare, { result: 'pass' })
  assert.equal(inside.result, 'pass')
  assert.ok(inside.recorded >= 4, `3 listeners and a timer, got ${inside.recorded}`)
  assert.ok(inside.seen >= inside.recorded)
})

test('a preload that changes the host is a regression with a name', () => {
  const { status, stdout } = conformance('--preload', path.join(suite, 'preload.js'))
  assert.equal(status, 1)
  assert.deepEqual(row(stdout, 'preload.js'), [1, 1, 1, 1])
  assert.match(stdout, /REGRESSION parallel\/test-alias\.mjs, preload\.js: exit code 1\n/)
  assert.match(stdout, /AssertionError/)
  assert.doesNotMatch(stdout, /REGRESSION parallel\/test-plain/)
})

test('a regression with a reason does not fail the run and is printed with it', () => {
  const exceptions = path.join(suite, 'exceptions.json')
  const { status, stdout } = conformance(
    '--preload',
    path.join(suite, 'preload.js'),
    '--exceptions',
    exceptions
  )
  assert.equal(status, 0)
  assert.match(stdout, /parallel\/test-alias\.mjs \(preload\.js\): a known difference/)
  assert.doesNotMatch(stdout, /REGRESSION/)
})

test('a mistake in the arguments is told from a regression', () => {
  const nothing = conformance('--filter', 'test-none*', '--level', 'silly')
  assert.equal(nothing.status, 2)
  assert.match(nothing.stderr, /--level takes counts, sites, full/)
  assert.match(conformance('--place', 'nowhere').stderr, /--place takes outside, inside, busy, after/)
  const noTest = spawnSync(
    process.execPath,
    ['scripts/conformance.js', '--suite', suite, '--filter', 'x-*'],
    {
      cwd: root,
      encoding: 'utf8'
    }
  )
  assert.equal(noTest.status, 2)
  assert.match(noTest.stderr, /no test in .* matches x-\*/)
})
