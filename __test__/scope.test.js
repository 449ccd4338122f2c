'use strict'

const { test, before, after } = require('node:test')
const assert = require('node:assert/strict')
const holdover = require('../js/index')
const { storage } = require('../js/context')
const { runBody } = require('./helpers/child')

const { runJob, wrapJob, outside } = holdover
let tracker
before(() => {
  tracker = holdover.start({ report: { everyMs: 0 }, graceMs: 10 })
})
after(() => tracker.stop())

const jobNamed = (name) => tracker.report().jobs.find((job) => job.name === name)
const settled = () => new Promise((resolve) => setTimeout(resolve, 30))

test('returns what the function returns: a value', () => {
  assert.equal(
    runJob('sync', () => 5),
    5
  )
})

test('returns what the function returns: a promise with the same value', async () => {
  assert.equal(await runJob('async', async () => 5), 5)
})

test('a synchronous throw stays synchronous and keeps its identity', () => {
  const error = new RangeError('no')
  assert.throws(
    () =>
      runJob('throwing', () => {
        throw error
      }),
    (thrown) => thrown === error
  )
})

test('a rejection stays a rejection and keeps its identity', async () => {
  const error = new RangeError('no')
  await assert.rejects(
    runJob('rejecting', async () => {
      throw error
    }),
    (thrown) => thrown === error
  )
})

test('a rejection nobody handles is still unhandled, once', async () => {
  const { stdout } = await runBody(() => {
    holdover.start({ report: { everyMs: 0 } })
    process.on('unhandledRejection', (reason) => console.log(reason.message))
    holdover.runJob('unhandled', async () => {
      throw new Error('lost')
    })
  })
  assert.equal(stdout, 'lost\n')
})

test('a lazy thenable is started once', async () => {
  let starts = 0
  const query = {
    then(resolve) {
      starts++
      resolve('rows')
    }
  }
  assert.equal(await runJob('lazy', () => query), 'rows')
  assert.equal(starts, 1)
})

test('wrapJob keeps length and name, which queues read', () => {
  const processor = wrapJob('wrapped', async function processor(job, token, signal) {
    return [job, token, signal]
  })
  assert.equal(processor.length, 3)
  assert.equal(processor.name, 'processor')
})

test('wrapJob passes this and arguments', () => {
  const worker = {
    factor: 3,
    run: wrapJob('method', function (n) {
      return n * this.factor
    })
  }
  assert.equal(worker.run(4), 12)
})

test('wrapJob names jobs by a function of the arguments', async () => {
  const processor = wrapJob(
    (job) => ({ name: `by-${job.kind}`, id: job.id }),
    async (job) => job.id
  )
  assert.equal(await processor({ kind: 'mail', id: 7 }), 7)
  await settled()
  assert.equal(jobNamed('by-mail').completed, 1)
})

test('a name function that throws does not fail the job', async () => {
  const processor = wrapJob(
    (job) => job.missing.name,
    async () => 'done'
  )
  assert.equal(await processor({}), 'done')
})

test('how jobs ended is counted', async () => {
  const timeout = Object.assign(new Error('too slow'), { name: 'TimeoutError' })
  await runJob('ends', async () => {})
  await runJob('ends', async () => {
    throw new Error('no')
  }).catch(() => {})
  await runJob('ends', async () => {
    throw timeout
  }).catch(() => {})
  await settled()
  tracker.report()
  const { completed, failed, timedOut, open } = jobNamed('ends')
  assert.deepEqual({ completed, failed, timedOut, open }, { completed: 1, failed: 1, timedOut: 1, open: 0 })
})

test('an error whose fields throw does not disturb the host', async () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('trap')
      }
    }
  )
  const failure = runJob('hostile', () => Promise.reject(hostile))
  const thrown = await failure.then(
    () => null,
    (error) => [error]
  )
  assert.ok(thrown?.[0] === hostile)
})

test('a nested job has its own scope, and the outer one comes back', () => {
  runJob('outer', () => {
    const outer = storage.getStore()
    runJob('inner', () => assert.notEqual(storage.getStore(), outer))
    assert.equal(storage.getStore(), outer)
  })
})

test('no scope holds another: a chain of jobs does not grow', async () => {
  const scopes = []
  const chain = (depth) =>
    runJob('chain', () => {
      scopes.push(storage.getStore())
      return depth === 0 ? undefined : chain(depth - 1)
    })
  chain(50)
  for (const scope of scopes) {
    for (const value of Object.values(scope)) assert.equal(scopes.includes(value), false)
  }
})

test('outside() leaves the job and returns its value', () => {
  runJob('lazy-pool', () => {
    const inside = storage.getStore()
    assert.equal(
      outside(() => {
        assert.notEqual(storage.getStore(), inside)
        return 'pool'
      }),
      'pool'
    )
    assert.equal(storage.getStore(), inside)
  })
})

test('bad arguments are refused with a code', () => {
  assert.throws(() => runJob('', () => {}), { code: 'HOLDOVER_ARG' })
  assert.throws(() => runJob('x', 5), {
    code: 'HOLDOVER_ARG',
    message: 'runJob: fn must be a function, got 5'
  })
  assert.throws(() => wrapJob({}, () => {}), { code: 'HOLDOVER_ARG' })
  assert.throws(() => outside(), { code: 'HOLDOVER_ARG' })
})

test('names that look like ids are folded, with a warning', async () => {
  for (let id = 1000; id < 1010; id++) runJob(`mail:${id}`, () => {})
  await settled()
  const report = tracker.report()
  assert.equal(report.jobs.find((job) => job.name === 'mail:#').completed, 10)
  assert.ok(report.notes.some((note) => note.includes('look like ids')))
})
