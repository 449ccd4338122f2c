/**
 * A BullMQ worker as teams write them, on a real Redis, Postgres and HTTP server. Works until every job has ended and
 * prints one line of JSON: what it did, its memory on the way, and what holdover reported.
 *
 *     node --expose-gc bench/stack/worker.js '{ "redis": "redis://…", "http": "http://…", "postgres": { "port": … }, … }'
 */

const config = JSON.parse(process.argv[2])
const { Watching } = require('./watching')
// Before BullMQ, ioredis and pg are loaded, as the documentation asks for.
const watching = new Watching(config)

const { EventEmitter, setMaxListeners } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const zlib = require('node:zlib')
const { Writable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { setTimeout: sleep } = require('node:timers/promises')
const { Worker } = require('bullmq')
const { Redis } = require('ioredis')
const pg = require('pg')
const pino = require('pino')
const prometheus = require('prom-client')
const undici = require('undici')

const CALL_MS = 5_000
/** One in a hundred makes the mistake, and never one that fails. */
const PLANT_EVERY = 100
const PLANT_AT = 7
const SCRAPE_MS = 5_000
const PICTURE = path.join(__dirname, 'package-lock.json')

const log = pino({ level: 'info' }, pino.destination({ dest: '/dev/null', sync: false }))
const redis = new Redis(config.redis, { maxRetriesPerRequest: null }).setMaxListeners(0)
const pool = new pg.Pool({ ...config.postgres, max: 10 })
const agent = new undici.Agent({ connections: 16, keepAliveTimeout: 30_000 })
const progress = new EventEmitter().setMaxListeners(0)
const shutdown = new AbortController()
setMaxListeners(0, shutdown.signal)
const duration = new prometheus.Histogram({ name: 'job_seconds', help: 'of a job', labelNames: ['job'] })
prometheus.collectDefaultMetrics()

/** @type {Record<string, number>} what was really left behind, by job name */
const planted = {}

/** Whether this job is to make the mistake. @param {{ name: string, data: { n: number } }} job */
function isPlanted({ name, data }) {
  if (!config.isLeaking || data.n % PLANT_EVERY !== PLANT_AT) return false
  planted[name] = (planted[name] ?? 0) + 1
  return true
}

/** One in twenty fails the first time, in the middle of its work, and one in two hundred for good. @param {any} job */
function failSometimes({ data: { n }, attemptsMade }) {
  if ((attemptsMade === 0 && n % 20 === 3) || n % 200 === 99) throw new Error(`planned: job ${n} fails`)
}

/** @param {string} where @param {object} body @param {AbortSignal} signal */
async function call(where, body, signal) {
  const answer = await undici.request(`${config.http}/${where}`, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal
  })
  return answer.body.json()
}

const processors = {
  /** A lock in Redis, a row in Postgres, one request, and an ear for the connection's end. */
  async 'send-email'(job, { pTimeout }) {
    const { n } = job.data
    const onEnd = () => log.warn({ n }, 'redis is gone')
    redis.on('end', onEnd) // LEAK listener 0.01 job=send-email
    try {
      const seen = await redis.get(`mail:${n % 500}`)
      await redis.set(`mail:${n % 500}`, `${n}`, 'EX', 60)
      failSometimes(job)
      const { rows } = await pool.query('insert into mails (n, seen) values ($1, $2) returning id', [n, seen])
      await pTimeout(call('mail', { n, id: rows[0].id }, AbortSignal.timeout(CALL_MS)), {
        milliseconds: CALL_MS
      })
      return { id: rows[0].id }
    } finally {
      if (!isPlanted(job)) redis.off('end', onEnd)
    }
  },

  /** A transaction on a client of the pool, stopped by the worker's shutdown. */
  async 'sync-account'(job) {
    const { n } = job.data
    const signal = AbortSignal.any([shutdown.signal, AbortSignal.timeout(CALL_MS)])
    if (isPlanted(job)) {
      const own = new pg.Client(config.postgres)
      await own.connect() // LEAK socket 0.01 job=sync-account library=pg
      await own.query('select 1')
    }
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query('update accounts set synced = synced + 1 where id = $1', [n % 100])
      failSometimes(job)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
    return call('account', { n }, signal)
  },

  /** Reads, packs and measures a file while an interval tells how far it is. */
  async thumbnail(job) {
    const { n } = job.data
    const tick = setInterval(() => progress.emit('progress', n), 250) // LEAK interval 0.01 job=thumbnail
    try {
      if (n % 4 === 0) {
        let bytes = 0
        const count = new Writable({
          write(chunk, _encoding, done) {
            bytes += chunk.length
            done()
          }
        })
        await pipeline(fs.createReadStream(PICTURE, { end: 16_383 }), zlib.createGzip({ level: 1 }), count)
        return bytes
      }
      const file = await fs.promises.open(PICTURE)
      try {
        failSometimes(job)
        const { bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0)
        await redis.pipeline().incr('thumbnails').expire('thumbnails', 60).exec()
        return bytesRead
      } finally {
        await file.close()
      }
    } finally {
      if (!isPlanted(job)) clearInterval(tick)
    }
  },

  /** Races a request against a deadline that nobody clears, and hears of progress through an emitter of its own. */
  async webhook(job) {
    const { n } = job.data
    const delivery = new EventEmitter()
    const states = []
    delivery.on('state', (state) => states.push(state))
    const onProgress = () => states.push('progress')
    progress.on('progress', onProgress)
    try {
      if (isPlanted(job)) {
        const { hostname, port } = new URL(config.http)
        net.connect(Number(port), hostname) // LEAK socket 0.01 job=webhook
      }
      failSometimes(job)
      delivery.emit('state', 'sending')
      await Promise.race([
        call('hook', { n }, AbortSignal.timeout(CALL_MS)),
        sleep(CALL_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('too late')))
      ])
      delivery.emit('state', 'sent')
      return states
    } finally {
      progress.off('progress', onProgress)
    }
  }
}

/** @param {any} modules that are ES modules */
function processorWith(modules) {
  return async function processJob(job) {
    const child = log.child({ job: job.name, id: job.id })
    const end = duration.startTimer({ job: job.name })
    child.info('started')
    try {
      const result = await processors[job.name](job, modules)
      child.info({ result }, 'done')
      return result
    } catch (error) {
      child.error(error)
      throw error
    } finally {
      end()
    }
  }
}

/** @param {Map<string, number>} counts @param {string} key */
function count(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

async function prepare() {
  await pool.query('create table if not exists mails (id bigserial primary key, n int, seen text)')
  await pool.query('create table if not exists accounts (id int primary key, synced int)')
  await pool.query(
    'insert into accounts select id, 0 from generate_series(0, 99) id on conflict (id) do nothing'
  )
}

/** Until all jobs have ended for good, looking at the memory on the way. @param {Worker} worker */
async function work(worker) {
  /** @type {Record<string, number>} */
  const attempts = {}
  const errors = new Map()
  let ended = 0
  const marks = [0.1, 0.5].map((share) => Math.round(config.jobs * share))
  let sampling = Promise.resolve()
  const finished = new Promise((resolve) => {
    const note = (/** @type {any} */ job, /** @type {boolean} */ isEnd) => {
      attempts[job.name] = (attempts[job.name] ?? 0) + 1
      if (!isEnd) return
      ended++
      if (marks.includes(ended)) sampling = sampling.then(() => watching.sample(`${ended} jobs`))
      if (ended === config.jobs) resolve(undefined)
    }
    worker.on('completed', (job) => note(job, true))
    worker.on('failed', (job, error) => {
      if (!error.message.startsWith('planned: ')) count(errors, error.message)
      note(job, job !== undefined && job.attemptsMade >= (job.opts.attempts ?? 1))
    })
    worker.on('error', (error) => count(errors, error.message))
  })
  const running = worker.run()
  watching.begin()
  await finished
  watching.end()
  await sampling
  return { attempts, errors: Object.fromEntries(errors), running }
}

async function main() {
  const { default: pTimeout } = await import('p-timeout')
  await prepare()
  const worker = new Worker(config.queue, watching.track(processorWith({ pTimeout })), {
    connection: { url: config.redis, maxRetriesPerRequest: null },
    concurrency: config.concurrency,
    autorun: false
  })
  await worker.waitUntilReady()
  const scrape = setInterval(() => prometheus.register.metrics().catch(() => {}), SCRAPE_MS)
  const { running, ...done } = await work(worker)
  // A pool that is idle closes its clients: what leaks is judged while there is work.
  if (!config.isLeaking) await watching.settle(config.settleMs)
  await watching.sample('end')
  const result = { ...done, planted, ...watching.result() }
  clearInterval(scrape)
  await worker.close()
  await running
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
}

main().catch((error) => {
  console.error(error)
  process.exit(2)
})
