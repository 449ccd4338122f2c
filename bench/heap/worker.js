'use strict'

/**
 * A worker that leaks in every usual way and writes two heap snapshots, after 100 jobs and after 1,000, or three.
 *
 *     node bench/heap/worker.js SIZE FILE-BEFORE [FILE-BETWEEN] FILE-AFTER      SIZE: small, mid, big or even
 *
 * small gives about 6 and 10 MB, mid 60 and 110 MB, big 450 and 860 MB, even three of about 100 MB each.
 */

const { EventEmitter } = require('node:events')
const v8 = require('node:v8')

/** Records that are there from the start, and how much each job leaves behind. */
const SIZES = {
  small: { records: 100, perJob: 1 },
  mid: { records: 52_000, perJob: 36 },
  big: { records: 420_000, perJob: 300 },
  even: { records: 85_000, perJob: 8 }
}

class AuditEntry {
  constructor(job, step) {
    this.job = job
    this.step = step
    this.message = `job ${job} step ${step} done`
    this.details = { step, state: `state-${job % 7}`, tags: [`t${step}`, `j${job}`] }
  }
}

class Session {
  constructor(user) {
    this.user = {
      name: `user-${user}`,
      email: `user-${user}@example.com`,
      roles: ['reader', `group-${user % 5}`]
    }
    this.openedAt = new Date(1_700_000_000_000 + user)
    this.token = Buffer.from(`token-${user}`).toString('base64')
  }
}

class Connection extends EventEmitter {
  constructor(id) {
    super()
    this.id = `connection-${id}`
    this.buffers = [Buffer.alloc(64), new Uint8Array(128)]
  }
}

class RecentJob {
  constructor(job) {
    this.key = `recent-${job}`
    this.result = { ok: true, body: 'x'.repeat(20) + job }
  }
}

const records = []
const audit = []
const cache = new Map()
const pending = []
const timers = []
const sessions = new Set()
const pool = []
const recent = new Map()
const bus = new EventEmitter()
bus.setMaxListeners(0)
const owners = new WeakMap()

function addRecord(n) {
  const record = {
    id: `r${n}`,
    title: `record number ${n}`,
    owner: { name: `owner-${n % 97}`, address: { city: `city-${n % 31}`, 'post,code': `p${n % 1000}` } },
    values: [n * 1.5, `v${n}`, { nested: [`n${n}`] }]
  }
  if (n % 10 === 0) owners.set(record, { note: `note ${n}` })
  records.push(record)
}

/** @param {number} job @param {number} amount */
function runJob(job, amount) {
  for (let step = 0; step < 2 * amount; step++) audit.push(new AuditEntry(job, step))
  const payload = { job: `job-${job}`, parts: Array.from({ length: amount }, (_, n) => `part ${job}.${n}`) }
  cache.set(`job:${job}`, { payload, pattern: new RegExp(`^job-${job}$`), big: BigInt(job) ** 20n })
  bus.on('end', () => payload.parts.length)
  pending.push(new Promise((resolve) => pending.unshift.bind(pending, resolve)))
  timers.push(setTimeout(() => payload, 86_400_000))
  sessions.add(new Session(job))
  if (job % 10 === 0) {
    const connection = new Connection(job)
    connection.on('close', () => connection.id)
    pool.push(connection)
  }
  recent.set(job, new RecentJob(job))
  if (recent.size > 50) recent.delete(recent.keys().next().value)
  for (let n = 0; n < amount; n++)
    cache.get(`job:${job}`)[`extra${n % 3}`] = { n: `${job}`, symbol: Symbol(`s${n}`) }
}

/** Jobs finished at each snapshot, by how many there are. @type {Record<number, number[]>} */
const COUNTS = { 2: [100, 1_000], 3: [100, 550, 1_000] }

/** @param {string} size @param {string[]} files */
function main(size, files) {
  const { records: count, perJob } = SIZES[size]
  for (let n = 0; n < count; n++) addRecord(n)
  for (let job = 1; job <= 1_000; job++) {
    runJob(job - 1, perJob)
    const at = COUNTS[files.length].indexOf(job)
    if (at !== -1) v8.writeHeapSnapshot(files[at])
  }
  // The timers are part of the heap, and would keep the process for a day.
  process.exit(0)
}

/** The heap that it has after its last job. @param {string} size */
function fill(size) {
  const { records: count, perJob } = SIZES[size]
  for (let n = 0; n < count; n++) addRecord(n)
  for (let job = 0; job < 1_000; job++) runJob(job, perJob)
}

if (require.main === module) main(process.argv[2], process.argv.slice(3))

module.exports = { fill }
