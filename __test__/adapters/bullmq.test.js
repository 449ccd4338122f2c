'use strict'

/** What `track` is without a queue around it. With one: bullmq-redis.test.js. */

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const holdover = require('../../js/index')
const { storage } = require('../../js/context')
const { track } = require('../../js/adapters/bullmq')
const { ROOT, runNode } = require('../helpers/child')

let tracker
before(() => {
  tracker = holdover.start({ report: { everyMs: 0 }, graceMs: 10 })
})
after(() => tracker.stop())

const job = { name: 'send-email', id: '7', queueName: 'mails', data: { to: 'a@example.test' } }

test('the job runs in a scope with its name and id', async () => {
  const scope = await track(async () => storage.getStore())(job)
  assert.deepEqual([scope.job.text, scope.userId], ['send-email', '7'])
})

test('the processor stays what BullMQ reads and calls: length, name, this, arguments, result', async () => {
  const seen = []
  const worker = {
    processFn: track(async function process(...args) {
      seen.push(this, ...args)
      return 'sent'
    })
  }
  assert.equal(worker.processFn.name, 'process')
  for (const processor of [async () => {}, async (_job) => {}, async (_job, _token, _signal) => {}])
    assert.equal(track(processor).length, processor.length)
  const { signal } = new AbortController()
  assert.equal(await worker.processFn(job, 'token', signal), 'sent')
  assert.deepEqual(seen, [worker, job, 'token', signal])
})

test('a rejection keeps its identity, a synchronous throw stays one', async () => {
  const error = new Error('no')
  const failing = track(() => {
    throw error
  })
  assert.throws(
    () => failing(job),
    (thrown) => thrown === error
  )
  await assert.rejects(track(() => Promise.reject(error))(job), (thrown) => thrown === error)
})

test('a job without a name is processed all the same', async () => {
  const processor = track(async (given) => given)
  for (const nameless of [{}, { name: '' }, undefined]) assert.equal(await processor(nameless), nameless)
})

test('the file of a sandboxed processor is refused, with what to do instead', () => {
  for (const file of ['./jobs/send-email.js', pathToFileURL('/app/jobs/send-email.mjs')]) {
    assert.throws(() => track(file), {
      name: 'HoldoverError',
      code: 'HOLDOVER_SANDBOXED',
      message: new RegExp(
        `^track: .*${path.basename(String(file))} is a file, .* wrap the function that the file exports`
      )
    })
  }
})

test('anything else that is no function is refused', () => {
  for (const wrong of [undefined, null, 5, {}]) assert.throws(() => track(wrong), { code: 'HOLDOVER_ARG' })
  assert.throws(() => track(null), { message: 'track: processor must be a function, got null' })
})

test('CommonJS and ES modules get the same function, and neither loads BullMQ', async () => {
  const code = `
    import { createRequire } from 'node:module'
    import { track } from 'holdover/bullmq'
    const require = createRequire(import.meta.url)
    const isLoaded = Object.keys(require.cache).some((file) => file.includes('node_modules'))
    console.log(track === require('holdover/bullmq').track, isLoaded)`
  const { stdout, stderr } = await runNode(['--input-type=module', '-e', code])
  assert.equal(stdout, 'true false\n', stderr)
})

test('with HOLDOVER=off the processor is called straight through', async () => {
  const code = `require('holdover/bullmq').track(async (job) => job.id)({ name: 'a', id: '1' }).then(console.log)`
  const { stdout, stderr } = await runNode(['-e', code], { env: { HOLDOVER: 'off' } })
  assert.equal(stdout, '1\n', stderr)
})

test('the types fit those of BullMQ, for CommonJS and ES modules', async () => {
  const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, stdout } = await runNode([compiler, '-p', '__test__/fixtures/bullmq/types'])
  assert.equal(stdout, '')
  assert.equal(code, 0)
})
