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

const CONFIG = `module.exports = {
  testTimeout: 60_000,
  setupFilesAfterEnv: ['holdover/jest/guard'],
  transform: { '\\\\.ts$': '<rootDir>/matchers/esbuild.js' }
}`
const JEST = ['node_modules/jest/bin/jest.js', '--ci', '--watchman=false', '--cacheDirectory=.cache']

/** @param {string} runner @param {string[]} args @param {Array<'.test.js' | '.test.mjs' | '.test.ts'>} endings */
async function runs(runner, args, endings) {
  const project = new RunnerProject(runner)
  try {
    fs.writeFileSync(path.join(project.folder, 'jest.config.js'), CONFIG)
    for (const ending of endings)
      for (const suite of ['leaky', 'clean']) writeSuite(project, 'jest', suite, ending)
    const { code, stdout, stderr } = await project.run(
      [...JEST, ...args, '--testMatch=**/guard/*.test.*', '--json', '--outputFile=results.json'],
      { ...FASTER, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' }
    )
    assert.equal(code, 1, stdout + stderr)
    // What was named keeps no run from ending.
    assert.doesNotMatch(stderr, /did not exit/)
    namesOnlyTheLeaky(project, 2 * endings.length)
  } finally {
    project.remove()
  }
}

for (const runner of ['jest-30', 'jest-29']) {
  test(`${runner}: the guard names test, resource and line, in every module system, and clean suites stay silent`, () =>
    runs(runner, ['--runInBand'], ['.test.js', '.test.mjs', '.test.ts']))
  test(`${runner}: the same in worker processes`, () => runs(runner, ['--maxWorkers=2'], ['.test.js']))
}
test('jest-30: the same in worker threads', () =>
  runs('jest-30', ['--maxWorkers=2', '--workerThreads'], ['.test.js']))

const LIBRARY = `exports.first = (emitter) => void emitter.on('SIGUSR2', () => {})
exports.each = (emitter) => void emitter.on('SIGUSR2', () => {})
`

/** @param {string} text @param {string} file */
function saidOf(text, file) {
  const said = text.split(/^(?=holdover )/m).filter((block) => block.startsWith(`holdover ${file}:`))
  return said.join('').replace(/\n(?! note ).*/g, '')
}

test('jest-30: what no single run can prove is said and fails nothing, and what tries to get by does not', async () => {
  const project = new RunnerProject('jest-30')
  try {
    fs.writeFileSync(path.join(project.folder, 'jest.config.js'), CONFIG)
    const library = path.join(project.folder, 'node_modules', 'once-lib')
    fs.mkdirSync(library)
    fs.writeFileSync(path.join(library, 'index.js'), LIBRARY)
    const { stdout, stderr } = await project.run(
      [
        ...JEST,
        '--runInBand',
        '--forceExit',
        '--testMatch=**/guard/evidence/*.test.js',
        '--json',
        '--outputFile=results.json'
      ],
      FASTER
    )
    const { testResults } = JSON.parse(fs.readFileSync(path.join(project.folder, 'results.json'), 'utf8'))
    const files = fs
      .readdirSync(path.join(project.folder, 'guard', 'evidence'))
      .filter((name) => name.endsWith('.test.js'))
    assert.equal(testResults.length, files.length, stdout + stderr)
    for (const { name, status, message } of testResults) {
      if (marksIn(name).length > 0) namesEveryMark(name, message, { owner: '.*' })
      // 'focused' where some were skipped.
      else assert.notEqual(status, 'failed', message)
      const said = saidOf(stderr, path.join('guard', 'evidence', path.basename(name)))
      const notes = notesIn(name)
      for (const note of notes) assert.match(said, new RegExp(`^ note {3}${note}`, 'm'), stderr)
      assert.equal(said.match(/^ note /gm)?.length ?? 0, notes.length, said)
    }
  } finally {
    project.remove()
  }
})

test('jest-30: what an application makes once fails nothing where that is seen, or said and true', async () => {
  const project = new RunnerProject('jest-30')
  try {
    fs.writeFileSync(path.join(project.folder, 'jest.config.js'), CONFIG)
    const folder = path.join(project.folder, 'guard', 'singletons')
    const args = [...JEST, '--runInBand', '--forceExit', '--testMatch=**/guard/singletons/*.test.js']
    for (const once of [undefined, 'guard/other, ./guard/singletons/']) {
      const env = once === undefined ? {} : { HOLDOVER_GUARD_ONCE: once }
      const output = ['--json', '--outputFile=results.json']
      const { stderr } = await project.run([...args, ...output], { ...FASTER, ...env })
      const { testResults } = JSON.parse(fs.readFileSync(path.join(project.folder, 'results.json'), 'utf8'))
      const messageOf = (/** @type {string} */ file) =>
        testResults.find((/** @type {any} */ { name }) => path.basename(name) === file).message
      // Two tests have left one: nothing that is said makes that once.
      namesEveryMark(path.join(folder, 'leaks.js'), messageOf('again.test.js'))
      if (once === undefined) namesEveryMark(path.join(folder, 'app.js'), messageOf('once.test.js'))
      else assert.equal(messageOf('once.test.js'), '', stderr)
      const said = once === undefined ? messageOf('once.test.js') : stderr
      assert.match(
        said,
        /^ +note {3}server on port .*app\.js:\d+:\d+: a later test used it too: it is shared$/m
      )
      const declared = said.match(/the only one of this line, and HOLDOVER_GUARD_ONCE says that/g)
      assert.equal(declared?.length ?? 0, once === undefined ? 0 : 2, said)
    }
    const closing = CONFIG.replace("'holdover/jest/guard'", "$&, './guard/singletons/close.js'")
    fs.writeFileSync(path.join(project.folder, 'jest.config.js'), closing)
    const alone = [...JEST, '--runInBand', '--testMatch=**/guard/singletons/once.test.js']
    const closed = await project.run(alone, FASTER)
    assert.deepEqual([closed.code, /holdover/.test(closed.stderr)], [0, false], closed.stderr)
    const wrong = await project.run(args, { HOLDOVER_GUARD_ONCE: ', ' })
    assert.match(wrong.stderr, /HOLDOVER_GUARD_ONCE: option 'once' must be paths of files or folders/)
  } finally {
    project.remove()
  }
})

test('jest-30: HOLDOVER_GUARD_FAIL=false prints it and fails nothing, HOLDOVER=off is silent', async () => {
  const project = new RunnerProject('jest-30')
  try {
    fs.writeFileSync(path.join(project.folder, 'jest.config.js'), CONFIG)
    writeSuite(project, 'jest', 'leaky', '.test.js')
    const args = [...JEST, '--runInBand', '--testMatch=**/guard/leaky.test.js']
    const printed = await project.run(args, { ...FASTER, HOLDOVER_GUARD_FAIL: 'false' })
    assert.equal(printed.code, 0, printed.stderr)
    assert.match(printed.stderr, /^holdover LEFT BEHIND guard\/leaky\.test\.js: 12 things, after 9 tests\n/m)
    const off = await project.run([...args, '--forceExit'], { HOLDOVER: 'off' })
    assert.deepEqual([off.code, /holdover/.test(off.stderr)], [0, false], off.stderr)
    const wrong = await project.run(args, { HOLDOVER_GUARD_GRACE_MS: 'long' })
    assert.match(
      wrong.stderr,
      /environment variable HOLDOVER_GUARD_GRACE_MS: option 'graceMs' must be milliseconds/
    )
  } finally {
    project.remove()
  }
})
