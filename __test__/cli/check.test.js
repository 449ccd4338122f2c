'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { fixture } = require('../helpers/fixtures')
const { ROOT, runNode } = require('../helpers/child')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')
const holdover = (...args) => runNode([CLI, ...args])
const exitFixture = (name) => fixture('exit', name).file
const LEAKING = fixture('leaking', 'listener-shared-emitter.js').file
const CLEAN = fixture('clean', 'on-off-in-finally.js').file

describe('holdover check', { concurrency: 2 }, () => {
  test('exit 1: the report names the leak, its place, rate and fix', async () => {
    const { code, stdout, stderr } = await holdover('check', LEAKING)
    assert.equal(code, 1)
    assert.equal(stderr, '')
    assert.match(
      stdout,
      /^holdover LEAKING check listener-shared-emitter: 1 leak; 'end' listener, listener-shared-emitter, .*listener-shared-emitter\.js:16\n/
    )
    assert.match(
      stdout,
      / 1 LEAK {2}sure · YOURS {3}\+1\.00 'end' listener per listener-shared-emitter {3}([\d,]+) of \1 jobs\n/
    )
    assert.match(
      stdout,
      / {3}__test__\/fixtures\/check\/leaking\/listener-shared-emitter\.js:16:\d+ {5}16 \| {3}connection\.on\('end', onEnd\)/
    )
    assert.match(stdout, / {3}on: one long-lived EventEmitter, now [\d,]+ listeners on 'end'\n/)
    assert.match(stdout, / {3}fix: connection\.off\('end', fn\) in a finally block {5}id L-[0-9a-f]{6}\n/)
  })

  test('exit 0 for a clean job', async () => {
    const { code, stdout } = await holdover('check', CLEAN)
    assert.equal(code, 0)
    // No number is promised: a second look at the heap on a busy machine runs some more.
    assert.match(stdout, /^holdover clean check on-off-in-finally: \d{3} jobs finished\n/)
  })

  test('--json puts the report alone on stdout', async () => {
    const { code, stdout } = await holdover('check', LEAKING, '--json')
    assert.equal(code, 1)
    const report = JSON.parse(stdout)
    assert.equal(report.schemaVersion, 1)
    assert.equal(report.mode, 'check')
    assert.equal(report.leaks[0].site.file, LEAKING)
  })

  test('with --json what the job prints goes to stderr', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'noisy.js')
    fs.writeFileSync(file, "exports.job = (ctx, i) => console.log('job', i)\n")
    const { stdout, stderr } = await holdover('check', file, '--json')
    assert.equal(JSON.parse(stdout).verdict, 'clean')
    assert.match(stderr, /^job 0\njob 1\n/)
  })

  for (const [name, code, message] of [
    ['no-job.js', 'HOLDOVER_NO_JOB', /does not export a function `job\(ctx, i\)`; it exports: run/],
    ['job-not-a-function.mjs', 'HOLDOVER_NO_JOB', /it exports: job/],
    ['syntax-error.cjs', 'HOLDOVER_LOAD', /could not be loaded: .*syntax-error\.cjs:\d+/],
    ['throws-at-import.js', 'HOLDOVER_LOAD', /REDIS_URL is not set/],
    ['throws-in-setup.mjs', 'HOLDOVER_SETUP', /setup\(\) failed: Error: cannot reach the database/],
    ['process-exit.js', 'HOLDOVER_EARLY_EXIT', /called process\.exit\(0\) before there was a verdict/]
  ]) {
    test(`exit 2 with ${code} for ${name}`, async () => {
      const { code: exitCode, stdout, stderr } = await holdover('check', exitFixture(name))
      assert.equal(exitCode, 2)
      assert.equal(stdout, '')
      assert.match(stderr, message)
      assert.ok(stderr.includes(`[${code}]`), stderr)
    })
  }

  for (const [args, code, message] of [
    [['check', 'missing.js'], 'HOLDOVER_FILE', /cannot find missing\.js/],
    [['check', ROOT], 'HOLDOVER_FILE', /cannot find/],
    [['check'], 'HOLDOVER_USAGE', /which file\?/],
    [['check', CLEAN, LEAKING], 'HOLDOVER_USAGE', /one file at a time/],
    [['check', CLEAN, '--junit', 'out.xml'], 'HOLDOVER_USAGE', /follows =, like --junit=FILE/],
    [['check', CLEAN, '--junit='], 'HOLDOVER_USAGE', /an output needs a file after =/],
    [
      ['check', CLEAN, '--json', '--sarif'],
      'HOLDOVER_USAGE',
      /only one of --json and --sarif can be on stdout/
    ],
    [['check', CLEAN, '--update-baseline'], 'HOLDOVER_USAGE', /--update-baseline needs --baseline FILE/],
    [['check', CLEAN, '--baseline', 'missing.json'], 'HOLDOVER_BASELINE', /there is no such file/],
    [['check', CLEAN, '--junit=/dev/null/x.xml'], 'HOLDOVER_OUTPUT', /cannot write .*x\.xml: /],
    [['check', CLEAN, '--nonsense'], 'HOLDOVER_USAGE', /Unknown option '--nonsense'/],
    [['check', CLEAN, '--jobs', 'x'], 'HOLDOVER_OPTION', /'jobs' must be a whole number from 1/],
    [['check', CLEAN, '--jobs', '0'], 'HOLDOVER_OPTION', /'jobs' must be a whole number from 1/],
    [['check', CLEAN, '--timeout', '5 hours'], 'HOLDOVER_OPTION', /'timeoutMs' must be/],
    [['chekc', CLEAN], 'HOLDOVER_USAGE', /unknown command 'chekc'/],
    [[], null, /^$/]
  ]) {
    test(`exit 2 for holdover ${args.map((arg) => path.basename(arg)).join(' ')}`, async () => {
      const { code: exitCode, stderr } = await holdover(...args)
      assert.equal(exitCode, 2)
      assert.match(stderr, message)
      if (code !== null) assert.ok(stderr.includes(`[${code}]`), stderr)
    })
  }

  test('exit 2 where HOLDOVER=off, and the binary is not loaded', async () => {
    const { code, stderr } = await runNode([CLI, 'check', CLEAN], { env: { HOLDOVER: 'off' } })
    assert.equal(code, 2)
    assert.match(stderr, /\[HOLDOVER_OFF\]/)
  })

  test('exit 2 for an error that escapes the jobs', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'escape.js')
    fs.writeFileSync(
      file,
      "exports.job = (ctx, i) => { if (i === 7) setTimeout(() => { throw new Error('late') }, 1) }\n"
    )
    const { code, stderr } = await holdover('check', file)
    assert.equal(code, 2)
    assert.match(stderr, /an error escaped outside any job.*late[\s\S]*\[HOLDOVER_OUTSIDE_ERROR\]/)
  })

  for (const [name, args, note] of [
    ['always-throws.js', [], /no job completed, so only the failing path was seen/],
    [
      'too-slow.js',
      ['--timeout', '3s'],
      /only \d finished jobs? (was|were) looked at: at least 20 are needed/
    ]
  ]) {
    test(`exit 3 where the evidence does not suffice: ${name}`, async () => {
      const { code, stdout } = await holdover('check', exitFixture(name), ...args)
      assert.equal(code, 3)
      assert.match(stdout, note)
    })
  }

  test('exit 3 for two jobs, whatever they leave; --allow-inconclusive makes it 0', async () => {
    assert.equal((await holdover('check', LEAKING, '--jobs', '2')).code, 3)
    assert.equal((await holdover('check', CLEAN, '--jobs', '2')).code, 3)
    assert.equal((await holdover('check', CLEAN, '--jobs', '2', '--allow-inconclusive')).code, 0)
  })

  test('--strict fails on what one job retained', async () => {
    const lazy = fixture('clean', 'lazy-singleton.js').file
    assert.equal((await holdover('check', lazy, '--warmup', '0')).code, 0)
    const { code, stdout } = await holdover('check', lazy, '--warmup', '0', '--strict')
    assert.equal(code, 1)
    assert.match(stdout, /likely/)
  })

  test('a job that hangs is stuck: with what it holds and the last site', async () => {
    const { code, stdout } = await holdover('check', exitFixture('stuck.js'), '--json')
    assert.equal(code, 3)
    const [first] = JSON.parse(stdout).openJobs
    assert.equal(first.stuck, true)
    assert.equal(first.jobId, '#6')
    assert.equal(first.lastSite.file, exitFixture('stuck.js'))
    const kinds = first.holds.map((held) => held.description)
    assert.ok(kinds.includes('interval') && kinds.includes("'answer-#' listener"), kinds.join())
  })

  test('eight jobs interleaved under two names, every fourth leaking: the right name, rate 0.25', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'interleaved.js')
    fs.writeFileSync(
      file,
      `
const { runJob } = require(${JSON.stringify(ROOT)})
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
exports.job = (ctx, i) => runJob(i % 2 === 0 ? 'thumb' : 'mail', async () => {
  await sleep(i % 5)
  if (i % 8 === 0) setInterval(() => {}, 60_000)
  await sleep(i % 3)
})
`
    )
    const { code, stdout } = await holdover('check', file, '--concurrency', '8', '--json')
    assert.equal(code, 1)
    const { leaks } = JSON.parse(stdout)
    assert.deepEqual(
      leaks.map(({ job, perJob, kind }) => ({ job, perJob, kind })),
      [{ job: 'thumb', perJob: 0.25, kind: 'interval' }]
    )
    assert.equal(leaks[0].site.line, 6)
  })

  test('--help and --version', async () => {
    for (const args of [['--help'], ['check', '--help'], ['run', '--help']]) {
      const { code, stdout } = await holdover(...args)
      assert.equal(code, 0)
      assert.match(stdout, /^Usage: holdover/)
    }
    assert.equal((await holdover('--version')).stdout, `${require('../../package.json').version}\n`)
  })
})
