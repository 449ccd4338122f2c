'use strict'

/**
 * One test per job, since Jest follows what a test makes only up to its first `await`.
 */

const path = require('node:path')
const { Jobs } = require('../jobs')

const { file, jobs, work } = JSON.parse(process.env.CORPUS_RUN)
const isModule = path.extname(file) === '.mjs'
const namespace = isModule ? {} : require(file)
const worker = new Jobs(namespace, work)

beforeAll(async () => {
  if (isModule) worker.pick = new Jobs(await import(file), work).pick
  await worker.setup()
})
afterAll(() => worker.teardown())

if (jobs === 0) test('no job', () => {})
for (const group of worker.groups(0, jobs)) {
  test(`job ${group[0]}`, async () => {
    await worker.run(group)
  })
}
