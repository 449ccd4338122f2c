import { Jobs } from '../jobs.js'

const { file, jobs, work } = JSON.parse(process.env.CORPUS_RUN)
const worker = new Jobs(await import(/* @vite-ignore */ file), work)

beforeAll(() => worker.setup())
afterAll(() => worker.teardown())

if (jobs === 0) test('no job', () => {})
for (const group of worker.groups(0, jobs)) {
  test(`job ${group[0]}`, async () => {
    await worker.run(group)
  })
}
