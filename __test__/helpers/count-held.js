'use strict'

/**
 * Counts what a job module leaves behind, without holdover: `node count-held.js FILE JOBS` prints how many more its `held()`
 * says there are for each job.
 */

const v8 = require('node:v8')
const vm = require('node:vm')
const { pathToFileURL } = require('node:url')
const { setTimeout: sleep } = require('node:timers/promises')

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc')

async function main(file, jobs) {
  const { default: exported, ...named } = await import(pathToFileURL(file).href)
  const { setup, teardown, job, held } = exported ?? named
  const context = await setup?.()
  let next = 0
  const run = async () => {
    for (let i = 0; i < jobs; i++) await job(context, next++)
    await sleep(100)
    collect()
    return held()
  }
  await run()
  const before = await run()
  process.stdout.write(String(((await run()) - before) / jobs))
  await teardown?.(context)
  // What leaks may keep the process alive.
  process.exit()
}

main(process.argv[2], Number(process.argv[3]))
