'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { RunnerProject } = require('../helpers/runners')
const {
  FASTER,
  writeSuite,
  namesEveryMark,
  namesOnlyTheLeaky,
  marksIn,
  notesIn
} = require('../helpers/guard-runs')

const CONFIG = `export default { test: { setupFiles: ['holdover/vitest/guard'], include: ['guard/*.test.{mjs,ts}'], testTimeout: 60_000 } }`
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--config=vitest.config.mjs']

/** @param {string} runner @param {string[]} args @param {Array<'.test.mjs' | '.test.ts'>} [endings] */
async function runs(runner, args, endings = ['.test.mjs', '.test.ts']) {
  const project = new RunnerProject(runner)
  try {
    fs.writeFileSync(path.join(project.folder, 'vitest.config.mjs'), CONFIG)
    for (const ending of endings)
      for (const suite of ['leaky', 'clean']) writeSuite(project, 'vitest', suite, ending)
    const output = ['--reporter=json', '--outputFile=results.json']
    const { code, stdout, stderr } = await project.run([...VITEST, ...output, ...args], FASTER)
    assert.equal(code, 1, stdout + stderr)
    namesOnlyTheLeaky(project, 2 * endings.length)
  } finally {
    project.remove()
  }
}

for (const runner of ['vitest-4', 'vitest-5']) {
  test(`${runner}: the guard names test, resource and line, and clean suites stay silent`, () =>
    runs(runner, ['--pool=forks']))
  test(`${runner}: the same in one thread for all files, whatever the order of hooks`, () =>
    runs(runner, ['--pool=threads', '--no-isolate', '--maxWorkers=1', '--sequence.hooks=list']))
  test(`${runner}: the same in threads with a global object per file`, () =>
    runs(runner, ['--pool=vmThreads', '--maxWorkers=1']))
  test(`${runner}: with a global object per file a timer function imported by name is seen, or it is said that it is not`, () =>
    seesImports(runner))
}

/** @param {string} runner */
async function seesImports(runner) {
  const project = new RunnerProject(runner)
  const config = path.join(project.folder, 'vitest.config.mjs')
  const run = async (/** @type {string[]} */ ...setupFiles) => {
    const test = { setupFiles, include: ['guard/imported/*.test.mjs'] }
    fs.writeFileSync(config, `export default ${JSON.stringify({ test })}`)
    const { code, stdout, stderr } = await project.run([...VITEST, '--pool=vmThreads'], FASTER)
    return { code, text: stdout + stderr }
  }
  try {
    const seen = await run('holdover/vitest/guard')
    assert.equal(seen.code, 1, seen.text)
    namesEveryMark(path.join(project.folder, 'guard', 'imported', 'imported.test.mjs'), seen.text)
    const unseen = await run('./matchers/vitest/hide-copies.mjs', 'holdover/vitest/guard')
    assert.match(unseen.text, /^ note {3}the test runner has copies of node:timers from before holdover/m)
  } finally {
    project.remove()
  }
}

test('vitest-4.0: the guard refuses a Vitest that cannot tell when a file is over, and HOLDOVER=off is silent', async () => {
  const project = new RunnerProject('vitest-4.0')
  try {
    fs.writeFileSync(path.join(project.folder, 'vitest.config.mjs'), CONFIG)
    writeSuite(project, 'vitest', 'clean', '.test.mjs')
    const refused = await project.run(VITEST)
    assert.equal(refused.code, 1, refused.stdout)
    assert.match(refused.stderr, /HoldoverError: holdover\/vitest\/guard: it needs Vitest 4\.1 or newer/)
    const off = await project.run(VITEST, { HOLDOVER: 'off' })
    assert.deepEqual([off.code, off.stderr], [0, ''], off.stdout)
  } finally {
    project.remove()
  }
})

test('vitest-5: fake clocks are said, and concurrent and late leftovers have their test', async () => {
  const project = new RunnerProject('vitest-5')
  try {
    const config = CONFIG.replace('guard/*', 'guard/evidence/*')
    fs.writeFileSync(path.join(project.folder, 'vitest.config.mjs'), config)
    const output = ['--reporter=json', '--outputFile=results.json']
    const { stdout, stderr } = await project.run([...VITEST, ...output], FASTER)
    const { testResults } = JSON.parse(fs.readFileSync(path.join(project.folder, 'results.json'), 'utf8'))
    assert.equal(testResults.length, 2)
    for (const { name, status, message } of testResults) {
      if (marksIn(name).length > 0) namesEveryMark(name, message)
      else assert.equal(status, 'passed', message)
      for (const note of notesIn(name)) assert.match(stdout + stderr, new RegExp(`^ note {3}${note}`, 'm'))
    }
  } finally {
    project.remove()
  }
})
