'use strict'

/**
 * The jobs of examples/worker on BullMQ, eight at a time, with the Redis that REDIS_URL names. Jobs that fail are tried
 * again. Of the seven names four leak, and so does a handler in this file; every planted mistake is marked. The report
 * at the end names the five lines.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 node examples/bullmq-worker
 */

const holdover = require('holdover')

const GRACE_MS = 100
// Before BullMQ is loaded, so that it takes none of Node's functions away unseen.
const tracker = holdover.start({ name: 'bullmq-worker', graceMs: GRACE_MS, report: { everyMs: 1000 } })

const { setTimeout: sleep } = require('node:timers/promises')
const { Queue, Worker } = require('bullmq')
const { track } = require('holdover/bullmq')
const { makeJobs } = require('../worker/make-jobs')
const { openResources } = require('../worker/resources')

const QUEUE = `holdover-example-${process.pid}`
const RETRY = { attempts: 2, backoff: { type: 'fixed', delay: 100 } }
const CONCURRENCY = 8
// About 250 jobs a second, timers being what they are.
const DELIVERY_MS = 3

/** @param {string} url of a Redis */
async function main(url) {
  const connection = { url, maxRetriesPerRequest: null }
  const resources = await openResources()
  const queue = new Queue(QUEUE, { connection })
  // One word makes every attempt at a job a job scope: what it creates is put down to the job's name.
  const worker = new Worker(
    QUEUE,
    track((job, _token, signal) => runJob(job, signal, resources)),
    { connection, concurrency: CONCURRENCY }
  )
  worker.setMaxListeners(0)
  worker.on('completed', (job) => {
    // Planted mistake 5, between jobs: every completed job subscribes to the worker and none unsubscribes. Here the
    // job's scope is over, so no job is to blame.
    worker.on('closing', () => job.id)
  })

  await deliver(makeJobs(1_000), queue)

  // What jobs left behind is judged when the grace period is over.
  await sleep(GRACE_MS * 10)
  tracker.print()
  const { completed, failed } = await queue.getJobCounts()
  console.log(`${completed} jobs completed, ${failed} failed`)

  tracker.stop()
  await worker.close()
  await queue.obliterate()
  await queue.close()
  await resources.close()
}

/** @param {import('bullmq').Job} job @param {AbortSignal} signal BullMQ's own, for cancelling the job */
function runJob(job, signal, resources) {
  return require(`../worker/jobs/${job.name}`)({ ...job.data, deadline: signal }, resources)
}

/**
 * Adds the jobs one by one, as they come in, and waits until all are done.
 * @param {Iterable<{ name: string, data: object }>} jobs
 * @param {Queue} queue
 */
async function deliver(jobs, queue) {
  for (const { name, data } of jobs) {
    await queue.add(name, data, RETRY)
    await sleep(DELIVERY_MS)
  }
  for (let open = 1; open > 0; open = await queue.getJobCountByTypes('waiting', 'active', 'delayed'))
    await sleep(50)
}

const url = process.env.REDIS_URL
if (url === undefined) {
  console.error('REDIS_URL is not set: give the URL of a Redis, for example redis://127.0.0.1:6379')
  process.exit(2)
}
main(url).then(
  // Nobody can clear the intervals that 'thumbnail' has leaked, and they would keep the process alive.
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  }
)
