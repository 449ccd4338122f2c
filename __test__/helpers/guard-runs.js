'use strict'

/**
 * The suites of `fixtures/runners/guard`, as files of each runner and module system. A line that must be named is marked
 * `// LEFT <what> by <test>`; both are patterns. The first line is where imports go, so that all lines stay where they are;
 * in TypeScript there are some more, which its compiler takes out.
 */

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')

const MARK = /\/\/ LEFT (.+?) by (.+)$/
/** Made by a hook of the file, and by no test. */
const HOOK = 'hook'
const NAMES = ['test', 'describe', 'beforeAll', 'afterAll', 'beforeEach']
/** Modules by the names that the suites use. */
const MODULES = {
  '{ EventEmitter }': 'node:events',
  http: 'node:http',
  net: 'node:net',
  childProcess: 'node:child_process',
  '{ outside }': 'holdover'
}
const TYPES = `interface Unused {
  name: string
}
`

/** Where a runner has its functions, and what it calls them. */
const RUNNERS = {
  jest: { cjs: '', esm: '' },
  mocha: {
    cjs: 'const test = it, beforeAll = before, afterAll = after',
    esm: 'const test = it, beforeAll = before, afterAll = after'
  },
  vitest: { esm: `import { ${NAMES.join(', ')} } from 'vitest'` },
  'node-test': {
    cjs: "const { test, describe, before: beforeAll, after: afterAll, beforeEach } = require('node:test')",
    esm: "import { test, describe, before as beforeAll, after as afterAll, beforeEach } from 'node:test'"
  }
}

/** @param {keyof typeof RUNNERS} runner @param {'cjs' | 'esm'} system */
function prelude(runner, system) {
  const imports = Object.entries(MODULES).map(([name, from]) =>
    system === 'cjs' ? `const ${name} = require('${from}')` : `import ${name} from '${from}'`
  )
  return [...imports, /** @type {any} */ (RUNNERS[runner])[system]].filter(Boolean).join('; ')
}

/**
 * Writes a suite into a project.
 * @param {import('./runners').RunnerProject} project
 * @param {keyof typeof RUNNERS} runner
 * @param {string} suite @param {'.test.js' | '.test.cjs' | '.test.mjs' | '.test.ts'} ending
 * @returns {string} its path in the project
 */
function writeSuite(project, runner, suite, ending) {
  const folder = path.join(project.folder, 'guard')
  const body = fs.readFileSync(path.join(folder, `${suite}.js`), 'utf8')
  const isModule = ending === '.test.mjs' || (ending === '.test.ts' && runner === 'vitest')
  const head = prelude(runner, isModule ? 'esm' : 'cjs')
  const types = ending === '.test.ts' ? TYPES : ''
  const file = path.join('guard', `${suite}${ending}`)
  fs.writeFileSync(path.join(project.folder, file), types + body.replace('// PRELUDE', () => head))
  return file
}

/** @param {string} file absolute @returns {Array<{ what: string, by: string, line: number }>} */
function marksIn(file) {
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((text, index) => {
    const found = MARK.exec(text)
    return found === null ? [] : [{ what: found[1], by: found[2], line: index + 1 }]
  })
}

/** What must be said of a file that fails nothing: patterns. @param {string} file absolute @returns {string[]} */
function notesIn(file) {
  return [...fs.readFileSync(file, 'utf8').matchAll(/^\/\/ NOTE (.+)$/gm)].map((found) => found[1])
}

/**
 * Every marked line is named, with what it is and which test made it, and no other.
 * @param {string} file absolute @param {string} text @param {{ seesHooks?: boolean, owner?: string }} [expected] whether hooks of a file are seen; whose the lines are
 */
function namesEveryMark(file, text, { seesHooks = true, owner = 'YOURS' } = {}) {
  // Some reporters print a failure twice.
  const start = text.indexOf('holdover LEFT BEHIND ')
  assert.ok(start >= 0, text)
  const again = text.indexOf('holdover LEFT BEHIND ', start + 1)
  const report = text.slice(start, again < 0 ? undefined : again)
  const marks = marksIn(file).filter(({ by }) => seesHooks || by !== HOOK)
  assert.ok(marks.length > 0)
  for (const { what, by, line } of marks) {
    const place = `${path.basename(file)}:${line}:`.replace(/\./g, '\\.')
    const finding = new RegExp(
      `LEFT BEHIND · ${owner} {3}${what} {3}by .*(?:${by === HOOK ? 'beforeAll|hook' : by}).*\\n.*${place}\\d+`
    )
    assert.match(report, finding)
  }
  assert.equal(report.match(/LEFT BEHIND ·/g)?.length, marks.length, report)
}

/**
 * Of the results that a runner has written, each leaky file names its marks and each clean one passed.
 * @param {{ folder: string }} project @param {number} fileCount
 */
function namesOnlyTheLeaky({ folder }, fileCount) {
  const { testResults } = JSON.parse(fs.readFileSync(path.join(folder, 'results.json'), 'utf8'))
  assert.equal(testResults.length, fileCount)
  for (const { name, status, message } of testResults) {
    if (path.basename(name).startsWith('leaky')) namesEveryMark(name, message)
    else assert.equal(status, 'passed', message)
  }
}

/** A clean suite may let something go 100 ms late. */
const FASTER = { HOLDOVER_GUARD_GRACE_MS: '250' }

module.exports = { FASTER, writeSuite, namesEveryMark, namesOnlyTheLeaky, marksIn, notesIn }
