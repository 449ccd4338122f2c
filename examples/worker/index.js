'use strict'

/**
 * A worker on a real queue: a thousand jobs of seven names against a local HTTP server, temporary files and JSON.
 * Three of the names are clean. Four leak, each in its own way, and so does the loop in this file; every planted
 * mistake is marked. The report at the end names the five lines.
 *
 *     npm start       (examples/bullmq-worker runs the same jobs on BullMQ and Redis)
 */

const { EventEmitter } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const fastq = require('fastq')
const holdover = require('../..')
const { makeJobs } = require('./make-jobs')
const { openResources } = require('./resources')

const GRACE_MS = 100
const CONCURRENCY = 8
// About 250 jobs a second, timers being what they are.
const DELIVERY_MS = 3

const processors = {
  'render-invoice': require('./jobs/render-invoice'),
  'resize-image': require('./jobs/resize-image'),
  'fetch-feed': require('./jobs/fetch-feed'),
  'send-email': require('./jobs/send-email'),
  thumbnail: require('./jobs/thumbnail'),
  'sync-account': require('./jobs/sync-account'),
  'poll-status': require('./jobs/poll-status')
}

async function main() {
  const tracker = holdover.start({ name: 'example-worker', graceMs: GRACE_MS, report: { everyMs: 1000 } })
  const resources = await openResources()

  // One line makes every job a job scope: what it creates is put down to its name.
  const processJob = holdover.wrapJob(
    (job) => ({ name: job.name, id: job.id }),
    (job) => processors[job.name](job.data, resources)
  )
  const outcome = await consume(makeJobs(1_000), fastq.promise(processJob, CONCURRENCY))

  // What jobs left behind is judged when the grace period is over.
  await sleep(GRACE_MS * 10)
  tracker.print()
  console.log(`${outcome.completed} jobs completed, ${outcome.failed} failed`)

  await tracker.stop()
  await resources.close()
}

/** Stands for the connection to a broker: it lives as long as the worker. */
const broker = new EventEmitter()
broker.setMaxListeners(0)

/**
 * The loop that takes the next job from the broker when one is delivered and the queue has room for it.
 *
 * @param {Iterable<{ id: string, name: string, data: object }>} jobs
 * @param {import('fastq').queueAsPromised} queue
 */
async function consume(jobs, queue) {
  const outcome = { completed: 0, failed: 0 }
  for (const job of jobs) {
    do await sleep(DELIVERY_MS)
    while (queue.length() >= CONCURRENCY)

    // Planted mistake 5, between jobs: every message subscribes to the connection and none unsubscribes. This runs
    // before the job's scope begins, so no job is to blame.
    const giveBack = () => broker.emit('nack', job.id)
    broker.on('close', giveBack)

    queue.push(job).then(
      () => outcome.completed++,
      () => outcome.failed++
    )
  }
  await queue.drained()
  return outcome
}

main().then(
  // Nobody can clear the intervals that 'thumbnail' has leaked, and they would keep the process alive.
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  }
)
