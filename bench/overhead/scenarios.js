'use strict'

/**
 * What is measured. Each scenario is one unit of work, done again and again by `run`, which puts it into the
 * variant's job scope.
 *
 * @typedef {(work: () => any) => any} Run
 * @typedef {object} Scenario
 * @property {string} unit what one figure is the cost of
 * @property {number} count units in one measurement
 * @property {number} [opsPerJob] several units share one job
 * @property {boolean} [needsServer] of TCP and HTTP, in a process of its own: only the client's CPU time counts
 * @property {(state: any) => any} work
 */

const { EventEmitter } = require('node:events')
const { startServers } = require('./servers')
const { fileOpenClose, fileRead, fileStream, httpRequest, newSocket } = require('./resources')

const noop = () => {}
/** Jobs between two turns of the loop: a busy worker, not one that starves its timers. */
const JOBS_PER_TURN = 16

const order = {
  id: 4711,
  customer: 'customer-40',
  lines: Array.from({ length: 72 }, (_, at) => ({ sku: `SKU-${at}`, quantity: at % 3, cents: 199 + at }))
}

/** @param {Scenario} scenario */
async function newState({ needsServer }) {
  const bus = new EventEmitter()
  bus.setMaxListeners(0)
  return { bus, ...(needsServer ? await startServers() : null) }
}

/** 3 timers, 4 listeners, 5 awaits; two listeners on an emitter of its own and two on one that all jobs share. */
async function job({ bus }) {
  const first = setTimeout(noop, 1_000)
  const second = setTimeout(noop, 2_000)
  const third = setInterval(noop, 5_000)
  const own = new EventEmitter()
  const onData = () => 1
  const onEnd = () => 2
  own.on('data', onData)
  own.on('end', onEnd)
  bus.on('data', onData)
  bus.on('end', onEnd)
  for (let i = 0; i < 5; i++) await null
  own.off('data', onData)
  own.off('end', onEnd)
  bus.off('data', onData)
  bus.off('end', onEnd)
  clearTimeout(first)
  clearTimeout(second)
  clearInterval(third)
}

/** The same with about 40 µs of JSON. */
async function jobWithWork(state) {
  const done = job(state)
  JSON.parse(JSON.stringify(order))
  await done
}

function timer() {
  clearTimeout(setTimeout(noop, 1_000))
}

function listener({ bus }) {
  const onEnd = () => 1
  bus.on('end', onEnd)
  bus.off('end', onEnd)
}

/** @type {Record<string, Scenario>} */
const SCENARIOS = {
  job: { unit: 'job with 3 timers, 4 listeners, 5 awaits', count: 60_000, work: job },
  'job-work': { unit: 'the same job with about 40 µs of JSON', count: 20_000, work: jobWithWork },
  timer: { unit: 'setTimeout + clearTimeout', count: 1_000_000, opsPerJob: 200, work: timer },
  listener: { unit: 'on + off', count: 1_000_000, opsPerJob: 200, work: listener },
  http: {
    unit: 'job with an HTTP request over keep-alive, loopback',
    count: 4_000,
    needsServer: true,
    work: httpRequest
  },
  socket: {
    unit: 'job with a socket of its own: connect, write, read, end',
    count: 4_000,
    needsServer: true,
    work: newSocket
  },
  'open-close': { unit: 'job with fs.open + fs.close', count: 12_000, work: fileOpenClose },
  'read-file': { unit: 'job with fs.promises.readFile, 4 kB', count: 6_000, work: fileRead },
  'read-stream': { unit: 'job with fs.createReadStream, 4 kB', count: 4_000, work: fileStream }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** @param {Scenario} scenario @param {Run} run @param {any} state @param {number} units */
async function repeat({ work, opsPerJob }, run, state, units) {
  const jobs = Math.floor(units / (opsPerJob ?? 1))
  const body =
    opsPerJob === undefined
      ? () => work(state)
      : async () => {
          for (let i = 0; i < opsPerJob; i++) work(state)
        }
  for (let i = 1; i <= jobs; i++) {
    await run(body)
    if (i % JOBS_PER_TURN === 0) await turn()
  }
}

/**
 * CPU time of one unit in nanoseconds, all threads of the process, after a warm-up.
 * @param {Scenario} scenario @param {Run} run @param {number} share of the scenario's units, for slow variants
 */
async function measure(scenario, run, share) {
  const state = await newState(scenario)
  const units = scenario.count * share
  await repeat(scenario, run, state, units / 4)
  const before = process.cpuUsage()
  await repeat(scenario, run, state, units)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / units
}

module.exports = { SCENARIOS, measure }
