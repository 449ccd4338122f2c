'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runNode } = require('../helpers/child')

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
