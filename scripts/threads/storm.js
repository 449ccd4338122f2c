'use strict'

/**
 * Runs in a process of its own: threads that load holdover and end in every way, a few at a time. Prints one JSON line.
 *
 *     node storm.js '{ "count": 40, "seed": 1, "mainStarts": false }'
 */

const fs = require('node:fs')
const path = require('node:path')
const { Worker } = require('node:worker_threads')

const { count, seed, mainStarts } = JSON.parse(process.argv[2])

const AT_A_TIME = 8
const HANG_MS = 60_000
/** Passes come at every 50 ms at most, so that they are under way while threads end. */
const PASS_EVERY_MS = 100
const holdoverFile = path.join(__dirname, '..', '..', 'js', 'index.js')
const nativeFile = path.join(__dirname, '..', '..', 'js', 'native.js')
const workerFile = path.join(__dirname, 'worker.js')
const workerText = fs.readFileSync(workerFile, 'utf8')

/** How threads end: by share, and for those that are terminated, how long after what at most. */
const ENDINGS = [
  { name: 'return', share: 4 },
  { name: 'exit', share: 3 },
  { name: 'exit in a job', share: 2 },
  { name: 'throw', share: 3 },
  { name: 'reject', share: 1 },
  { name: 'out of memory', share: 1, limits: { maxOldGenerationSizeMb: 12, maxYoungGenerationSizeMb: 2 } },
  { name: 'terminate while starting', share: 2, withinMs: 400, atOnce: true },
  { name: 'terminate while loading', share: 4, withinMs: 80 },
  { name: 'terminate in a job', share: 2, withinMs: 10 },
  { name: 'terminate in a pass', share: 2, withinMs: 10 },
  { name: 'terminate between passes', share: 2, withinMs: 150 }
]
const CYCLE = ENDINGS.flatMap((ending) => Array.from({ length: ending.share }, () => ending))

const counts = new Int32Array(new SharedArrayBuffer(4))
const random = randomFrom(seed)

/** Small and seeded, so that a run can be had again (mulberry32). @param {number} state */
function randomFrom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Every ending by its share, shuffled. @returns {Array<typeof ENDINGS[number]>} */
function mixed() {
  const endings = Array.from({ length: count }, (_, i) => CYCLE[i % CYCLE.length])
  for (let i = endings.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[endings[i], endings[other]] = [endings[other], endings[i]]
  }
  return endings
}

/** @param {typeof ENDINGS[number]} ending @param {number} number @returns {Promise<string>} how it ended */
function thread(ending, number) {
  const isEval = number % 2 === 1
  const workerData = { ending: ending.name, holdoverFile, counts, passEveryMs: PASS_EVERY_MS }
  const worker = new Worker(isEval ? workerText : workerFile, {
    eval: isEval,
    workerData,
    resourceLimits: ending.limits,
    // What a thread of the storm prints about its own end is expected.
    stderr: true
  })
  const terminateSoon = () => setTimeout(() => worker.terminate(), random() * (ending.withinMs ?? 0))
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('hung'), HANG_MS)
    let how = 'exit'
    if (ending.atOnce) terminateSoon()
    else worker.once('message', terminateSoon)
    worker.on('error', (/** @type {any} */ error) => {
      how = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out of memory' : error.message
    })
    worker.on('exit', (code) => {
      clearTimeout(timer)
      resolve(`${how} ${code}`)
    })
  })
}

/** @returns {Promise<any>} what the ledger holds, read by a thread that comes and goes: main may not have loaded it */
function stats() {
  const text = `const { native } = require(${JSON.stringify(nativeFile)})
    require('node:worker_threads').parentPort.postMessage(native().ledgerStats())`
  return new Promise((resolve, reject) => {
    let said = ''
    const worker = new Worker(text, { eval: true })
    worker.on('message', (message) => {
      said = message
    })
    worker.on('error', reject)
    worker.on('exit', () => resolve(JSON.parse(said)))
  })
}

/** @param {Array<typeof ENDINGS[number]>} endings @returns {Promise<Record<string, number>>} how many ended how */
async function storm(endings) {
  /** @type {Record<string, number>} */
  const outcomes = {}
  let next = 0
  const lane = async () => {
    while (next < endings.length) {
      const number = next++
      const outcome = `${endings[number].name}: ${await thread(endings[number], number)}`
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  return outcomes
}

/** Jobs that the report of the process knows, and those that the storm counted itself. @param {any} tracker */
function jobsOf(tracker) {
  const mail = tracker.report().jobs.find((/** @type {any} */ job) => job.name === 'mail')
  return { reported: mail === undefined ? 0 : mail.completed, counted: counts[0] }
}

async function main() {
  const logger = { info() {}, warn() {}, error() {} }
  const options = { graceMs: PASS_EVERY_MS, report: { everyMs: 100, logger } }
  const tracker = mainStarts ? require(holdoverFile).start(options) : null
  // The first of each leave the texts that all others share.
  await storm(ENDINGS)
  const before = { ...(await stats()), rssBytes: process.memoryUsage().rss }
  const startedAt = Date.now()
  const outcomes = await storm(mixed())
  const seconds = (Date.now() - startedAt) / 1_000
  const after = { ...(await stats()), rssBytes: process.memoryUsage().rss }
  const mainLoaded = Object.keys(require.cache).some((file) => path.basename(file) === 'binding.js')
  const jobs = tracker === null ? null : jobsOf(tracker)
  const result = { node: process.version, outcomes, seconds, before, after, mainLoaded, jobs }
  tracker?.stop()
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

main()
