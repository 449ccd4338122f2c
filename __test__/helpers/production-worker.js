'use strict'

/**
 * Runs job modules as one production worker would: started, each at a steady rate, without any forced collection.
 * Prints one JSON object: what the console reporter printed, and the last report.
 *
 *     node production-worker.js '{ "files": [...], "durationMs": 6000, "jobsPerSecond": 50, "graceMs": 200 }'
 */
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { setTimeout: sleep } = require('node:timers/promises')
const holdover = require('../../js/index')

const { files, durationMs, jobsPerSecond, graceMs } = JSON.parse(process.argv[2])

const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

const printed = []
const log = (text) => printed.push(text)

async function open(file) {
  const namespace = await import(pathToFileURL(path.resolve(file)).href)
  const pick = (name) => namespace[name] ?? namespace.default?.[name]
  const ctx = await pick('setup')?.()
  return holdover.wrapJob(path.basename(file).replace(/\.[^.]+$/, ''), (i) => pick('job')(ctx, i))
}

async function runAtRate(job, until) {
  for (let i = 0; Date.now() < until; i++) {
    const due = sleep(1_000 / jobsPerSecond)
    try {
      await job(i)
    } catch {
      // A job that fails is part of the corpus.
    }
    await due
  }
}

async function main() {
  const logger = { info: log, warn: log, error: log }
  const tracker = holdover.start({ name: 'worker', graceMs, report: { everyMs: 100, logger } })
  const jobs = await Promise.all(files.map(open))
  const until = Date.now() + durationMs
  await Promise.all(jobs.map((job) => runAtRate(job, until)))
  await sleep(2 * graceMs)
  write(`${JSON.stringify({ printed, report: tracker.report() })}\n`, () => process.exit(0))
}

main().catch((error) => {
  console.error(error)
  process.exit(2)
})
