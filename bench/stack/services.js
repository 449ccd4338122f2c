/** What the worker of bench/stack.js works with: Redis, Postgres, an HTTP server, and a process that makes jobs. */

const { spawn } = require('node:child_process')
const http = require('node:http')
const path = require('node:path')
const { once } = require('node:events')
const { createRequire } = require('node:module')
const { text } = require('node:stream/consumers')
const { setTimeout: sleep } = require('node:timers/promises')
const { startRedis } = require('../../__test__/helpers/redis')
const { startPostgres } = require('../suite/postgres')

const WORKER = path.join(__dirname, 'worker.js')
const NAMES = ['send-email', 'sync-account', 'thumbnail', 'webhook']
/** Jobs that wait, at most: the worker is never idle, and Redis never full. */
const BACKLOG = 2_000
const BATCH = 250

async function startServices() {
  const redis = await startRedis()
  const postgres = await startPostgres(path.join(__dirname, 'node_modules'), { max_connections: '400' })
  const server = http.createServer(async (request, response) => {
    const body = await text(request)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ received: body.length }))
  })
  // A connection that a leaking job forgot stays until the worker has ended.
  server.headersTimeout = server.requestTimeout = server.keepAliveTimeout = 0
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    redis: redis.url,
    http: `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`,
    postgres: { host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres' },
    async stop() {
      server.closeAllConnections()
      server.close()
      await postgres.stop()
      await redis.stop()
    }
  }
}

let runs = 0

/**
 * One worker, from its first to its last job: what it printed.
 * @param {any} services
 * @param {{ jobs: number, level: string, isLeaking: boolean, concurrency: number, reportEveryMs: number, settleMs: number, graceMs?: number, budget?: number, flags?: string[] }} run
 */
async function runWorker({ redis, http, postgres }, { jobs, level, isLeaking, flags = [], ...terms }) {
  const queue = `stack-${++runs}`
  const config = { redis, http, postgres, queue, jobs, level, isLeaking, ...terms }
  const args = ['--expose-gc', ...flags, WORKER, JSON.stringify(config)]
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(worker, 'exit')
  const printed = text(worker.stdout)
  try {
    await Promise.race([deliver(redis, queue, jobs), exited])
    const [code] = await exited
    if (code !== 0) throw new Error(`the worker ended with ${code}`)
    return { jobs, level, isLeaking, ...JSON.parse(await printed) }
  } finally {
    worker.kill('SIGKILL')
  }
}

/** Puts jobs into the queue, never far ahead of the worker. @param {string} redis @param {string} name @param {number} jobs */
async function deliver(redis, name, jobs) {
  const { Queue } = createRequire(path.join(__dirname, 'package.json'))('bullmq')
  const queue = new Queue(name, { connection: { url: redis } })
  for (let at = 0; at < jobs; at += BATCH) {
    while ((await queue.getWaitingCount()) > BACKLOG) await sleep(50)
    const size = Math.min(BATCH, jobs - at)
    await queue.addBulk(Array.from({ length: size }, (_, i) => newJob(at + i)))
  }
  await queue.close()
}

/** @param {number} at */
function newJob(at) {
  const n = Math.floor(at / NAMES.length)
  return {
    name: NAMES[at % NAMES.length],
    data: { n },
    opts: {
      attempts: 2,
      backoff: { type: 'fixed', delay: 200 },
      // One in twenty is for later.
      delay: at % 21 === 6 ? 50 + (n % 10) * 50 : 0,
      removeOnComplete: { count: 1_000 },
      removeOnFail: { count: 1_000 }
    }
  }
}

module.exports = { startServices, runWorker, WORKER }
