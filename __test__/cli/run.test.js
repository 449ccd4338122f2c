'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runNode } = require('../helpers/child')
const { assertValidJunit } = require('../helpers/schemas')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')

/** A worker that takes `count` jobs and ends by itself. */
function worker(body, count = 200) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'worker.js')
  fs.writeFileSync(
    file,
    `
const { runJob } = require(${JSON.stringify(ROOT)})
const { EventEmitter } = require('node:events')
const redis = new EventEmitter().setMaxListeners(0)
async function main() {
  for (let i = 0; i < ${count}; i++) {
    await runJob('mail', async () => { ${body} })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
}
main()
`
  )
  return file
}

const run = (...args) => runNode([CLI, 'run', '--grace', '20', ...args])

describe('holdover run', { concurrency: 2 }, () => {
  test('exit 1 and one report at the end for a leaking worker', async () => {
    const { code, stdout } = await run(worker("redis.on('end', () => i)"), '--json')
    assert.equal(code, 1)
    const report = JSON.parse(stdout)
    assert.deepEqual(
      report.leaks.map(({ kind, job, perJob }) => ({ kind, job, perJob })),
      [{ kind: 'listener', job: 'mail', perJob: 1 }]
    )
  })

  test('exit 0 for a clean one', async () => {
    const { code, stderr } = await run(worker("const f = () => i; redis.on('end', f); redis.off('end', f)"))
    assert.equal(code, 0)
    assert.match(stderr, /holdover clean worker-\d+: 200 jobs finished/)
  })

  test('a worker that stops the tracker itself ends with the report at the stop', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'worker.js')
    fs.writeFileSync(
      file,
      `const { start, runJob } = require(${JSON.stringify(ROOT)})
      const tracker = start()
      for (let i = 0; i < 30; i++) runJob('mail', () => {})
      setTimeout(() => tracker.stop(), 60)`
    )
    const { code, stderr } = await run(file)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /holdover clean worker-\d+: 30 jobs finished/)
  })

  test('a worker that stops the tracker and starts another one ends with the report of that one', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'worker.js')
    fs.writeFileSync(
      file,
      `const { start, runJob } = require(${JSON.stringify(ROOT)})
      start().stop()
      start({ name: 'second', graceMs: 20 })
      for (let i = 0; i < 30; i++) runJob('mail', () => {})
      setTimeout(() => {}, 60)`
    )
    const { code, stderr } = await run(file)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /holdover clean second: 30 jobs finished/)
  })

  test('the last report in other formats, and judged by a baseline', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-'))
    const [xml, baseline] = ['r.xml', 'baseline.json'].map((name) => path.join(folder, name))
    const file = worker("redis.on('end', () => i)")
    const first = await run(file, '--baseline', baseline, '--update-baseline')
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stderr, /baseline\.json: 1 accepted, 1 of them new; 0 gone\n$/)
    const second = await run(file, '--baseline', baseline, `--junit=${xml}`, '--markdown')
    assert.equal(second.code, 0, second.stderr)
    assert.match(second.stdout, /Accepted by the baseline: 1\n/)
    await assertValidJunit(fs.readFileSync(xml, 'utf8'))
  })

  test('a report that cannot be written is exit 2, and the worker has run', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'worker.js')
    const out = path.join(path.dirname(file), 'out', 'r.xml')
    const spoil = `fs.rmdirSync(${JSON.stringify(path.dirname(out))})`
    fs.writeFileSync(file, `const fs = require('node:fs'); ${spoil}; console.log('worked')`)
    const { code, stdout, stderr } = await run(file, `--junit=${out}`)
    assert.deepEqual([code, stdout], [2, 'worked\n'])
    assert.match(stderr, /cannot write .*r\.xml: ENOENT.*\[HOLDOVER_OUTPUT\]\n$/)
  })

  test('exit 3 for a worker with two jobs', async () => {
    assert.equal((await run(worker('', 2))).code, 3)
  })

  test("the worker's own failure is the exit code", async () => {
    assert.equal((await run(worker('process.exit(7)'))).code, 7)
  })

  test('--exit-after ends a worker that never ends by itself', async () => {
    const { code } = await run(worker('setInterval(() => {}, 60_000)', 1e9), '--exit-after', '300')
    assert.equal(code, 1)
  })

  test("arguments after -- are the worker's", async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-')), 'worker.js')
    fs.writeFileSync(file, 'console.log(JSON.stringify(process.argv.slice(1)))')
    const { stdout } = await run(file, '--', '--queue', 'mail')
    assert.deepEqual(JSON.parse(stdout.split('\n')[0]), [file, '--queue', 'mail'])
  })

  test('a missing file and bad options are exit 2', async () => {
    assert.equal((await run('missing.js')).code, 2)
    assert.equal((await run(worker(''), '--exit-after', 'soon')).code, 2)
    assert.equal((await run(worker(''), '--report-every', '1')).code, 2)
  })
})
