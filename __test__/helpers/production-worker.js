'use strict'

/**
 * Runs a job module as a production worker would: started, at a steady rate, without any forced
 * collection. Prints one JSON object: what the console reporter printed, and the last report.
 *
 * node production-worker.js FILE [DURATION_MS] [JOBS_PER_SECOND] [CONCURRENCY]
 */
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { setTimeout: sleep } = require('node:timers/promises')
const holdover = require('../../js/index')

const [file, duration = '6000', rate = '100', concurrency = '1'] = process.argv.slice(2)
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = process.stderr.write.bind(process.stderr)

const printed = []
const logger = {
  info: (text) => printed.push(text),
  warn: (text) => printed.push(text),
  error: (text) => printed.push(text)
}

async function main() {
  const tracker = holdover.start({ name: 'worker', graceMs: 500, report: { everyMs: 100, logger } })
  const namespace = await import(pathToFileURL(path.resolve(file)).href)
  const pick = (name) => namespace[name] ?? namespace.default?.[name]
  const ctx = await pick('setup')?.()
  const name = path.basename(file).replace(/\.[^.]+$/, '')
  const job = holdover.wrapJob(name, (i) => pick('job')(ctx, i))
  const until = Date.now() + Number(duration)
  const everyMs = (1_000 * Number(concurrency)) / Number(rate)
  let next = 0
  const lane = async () => {
    while (Date.now() < until) {
      const due = sleep(everyMs)
      try {
        await job(next++)
      } catch {}
      await due
    }
  }
  await Promise.all(Array.from({ length: Number(concurrency) }, lane))
  await sleep(800)
  const report = tracker.report()
  write(`${JSON.stringify({ printed, report })}\n`, () => process.exit(0))
}

main().catch((error) => {
  console.error(error)
  process.exit(2)
})
