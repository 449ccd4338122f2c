'use strict'

/**
 * Runs the jobs of one module in a process that one tool watches, and asks the tool.
 *
 *     node process.js TOOL FILE '{ "concurrency": 1, "maxJobs": null, "jobs": [60] }'
 */

const path = require('node:path')
const events = require('node:events')
const { syncBuiltinESMExports } = require('node:module')
const { pathToFileURL } = require('node:url')
const { Jobs } = require('../jobs')

const PEERS = path.join(__dirname, '..', '..', 'peers', 'node_modules')
const [tool, file, settings] = process.argv.slice(2)
const { jobs, ...work } = JSON.parse(settings)

async function open() {
  const worker = new Jobs(await import(pathToFileURL(file).href), work)
  await worker.setup()
  return worker
}

/** All jobs, then the worker is shut down: what is open now has no right to be. */
async function runJobs() {
  const worker = await open()
  await worker.runAll(0, jobs[0])
  await worker.teardown()
}

/** Who asks for more listeners gets no more: a limit that is raised warns of nothing. */
function keepListenerLimits() {
  events.EventEmitter.prototype.setMaxListeners = function setMaxListeners() {
    return this
  }
  events.setMaxListeners = () => {}
  syncBuiltinESMExports()
}

async function collectedBytes() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

const TOOLS = {
  async 'why-is-node-running'() {
    // First, as its manual asks: it knows only what is made after it.
    const { default: whyIsNodeRunning } = await import(
      pathToFileURL(path.join(PEERS, 'why-is-node-running', 'index.js')).href
    )
    await runJobs()
    whyIsNodeRunning()
  },
  async wtfnode() {
    const wtf = require(path.join(PEERS, 'wtfnode'))
    await runJobs()
    wtf.dump({ fullStacks: true })
  },
  async 'leaked-handles'() {
    const leaked = require(path.join(PEERS, 'leaked-handles'))
    leaked.set({ fullStack: true, timeout: 1e9 })
    await runJobs()
    leaked.printHandles()
  },
  async MaxListenersExceededWarning() {
    keepListenerLimits()
    await runJobs()
  },
  async 'heap growth'() {
    const worker = await open()
    const [first, last] = jobs
    await worker.runAll(0, first)
    const before = await collectedBytes()
    await worker.runAll(first, last)
    const growth = (await collectedBytes()) - before
    process.stdout.write(`\nheap growth: ${(growth / (last - first)).toFixed(1)} bytes per job\n`)
  }
}

TOOLS[tool]().then(
  () => process.stdout.write('', () => process.stderr.write('', () => process.exit(0))),
  (error) => {
    console.error(error)
    process.exit(2)
  }
)
