'use strict'

/** The tools that are compared: what each is asked, how it is run on one job module, and how its output is read. */

const path = require('node:path')
const { nodeBinary, isAtLeast } = require('../../scripts/nodes')
const { workOf } = require('./sources')
const { placesIn } = require('./judge')

const ROOT = path.join(__dirname, '..', '..')
const IN = path.join(__dirname, 'in')
const RUNNERS = path.join(ROOT, '__test__', 'runners')
/** A job that leaves something has left it sixty times. */
const JOBS = 60
/** The heap is measured after so many jobs, and after so many. */
const HEAP_JOBS = [100, 500]
/** Growth of the heap above this is reported. */
const HEAP_BYTES_PER_JOB = 1_000

/**
 * @typedef {import('./sources').Source} Source
 * @typedef {import('./judge').Entry} Entry
 * @typedef {{ code: number | null, stdout: string, stderr: string, seconds: number }} Output
 * @typedef {object} Tool
 * @property {string} asked what it is asked, for the page
 * @property {() => string} version
 * @property {() => string} [node] its binary where this Node is too old
 * @property {boolean} listsHandles what it lists before any job has run is no finding
 * @property {(source: Source, isIdle: boolean) => { args: string[], env?: Record<string, string> }} command idle: no job
 * @property {(output: Output) => import('./judge').Answer} read
 */

/** @param {string} folder @param {string} name */
const versionIn = (folder, name) => require(path.join(folder, name, 'package.json')).version
const peer = (/** @type {string} */ name) =>
  versionIn(path.join(__dirname, '..', 'peers', 'node_modules'), name)
const runner = (/** @type {string} */ folder, /** @type {string} */ name) =>
  require(path.join(RUNNERS, folder, 'package.json')).devDependencies[name]

/** @param {string} tool @param {string[]} flags @param {number[]} jobs */
const inProcess =
  (tool, flags = [], jobs = [JOBS]) =>
  (/** @type {Source} */ { file, args }, /** @type {boolean} */ isIdle) => {
    const { concurrency, maxJobs } = workOf(args)
    const share = isIdle ? 0 : Math.min(1, maxJobs / /** @type {number} */ (jobs.at(-1)))
    const settings = { concurrency, jobs: jobs.map((count) => Math.round(count * share)) }
    return { args: [...flags, path.join(IN, 'process.js'), tool, file, JSON.stringify(settings)] }
  }

/** @param {Source} source @param {boolean} isIdle */
function inRunner({ file, args }, isIdle) {
  const { concurrency, maxJobs } = workOf(args)
  return {
    CORPUS_RUN: JSON.stringify({ file, jobs: isIdle ? 0 : Math.min(JOBS, maxJobs), work: { concurrency } })
  }
}

/** @param {string[]} texts one for each thing listed @param {string} [folder] what its paths are below */
const listed = (texts, folder = ROOT) => ({
  entries: texts.map((text) => ({ places: placesIn(text, folder) })),
  isUndecided: false
})

/** What follows a headline. @param {string} text @param {RegExp} headline */
const after = (text, headline) => (headline.test(text) ? text.slice(text.search(headline)) : '')

/** @param {string} text @param {RegExp} separator @returns {string[]} what follows each separator */
const split = (text, separator) => text.split(separator).slice(1)

/** @type {Record<string, Tool>} */
const TOOLS = {
  holdover: {
    asked: '`holdover check FILE`, default options',
    listsHandles: false,
    version: () => require('../../package.json').version,
    command: ({ file, args }) => ({
      args: [path.join(ROOT, 'js', 'cli', 'main.js'), 'check', file, '--json', ...args]
    }),
    read: readHoldover
  },
  'why-is-node-running': {
    asked: 'its list after the jobs',
    listsHandles: true,
    version: () => peer('why-is-node-running'),
    command: inProcess('why-is-node-running'),
    read: ({ stderr }) => listed(split(after(stderr, /^There are \d+ handle/m), /^# /m))
  },
  wtfnode: {
    asked: '`dump({ fullStacks: true })` after the jobs',
    listsHandles: true,
    version: () => peer('wtfnode'),
    command: inProcess('wtfnode'),
    read: ({ stdout }) =>
      listed(split(after(stdout, /^\[WTF Node\?\]/m), /^ {2}- /m).filter((text) => !text.includes('(stdio)')))
  },
  'leaked-handles': {
    asked: '`printHandles()` after the jobs, `fullStack: true`',
    listsHandles: true,
    version: () => peer('leaked-handles'),
    command: inProcess('leaked-handles'),
    read: readLeakedHandles
  },
  'Jest --detectOpenHandles': {
    asked:
      '`--detectOpenHandles --forceExit`; each job is a test, the worker is set up and shut down in hooks',
    listsHandles: true,
    version: () => runner('jest-30', 'jest'),
    command: (source, isIdle) => ({
      args: [
        '--experimental-vm-modules',
        path.join(RUNNERS, 'jest-30', 'node_modules', 'jest', 'bin', 'jest.js'),
        ...['--ci', '--watchman=false', '--detectOpenHandles', '--forceExit'],
        ...[`--rootDir=${IN}`, `--cacheDirectory=${path.join(ROOT, 'target', 'corpus', 'jest')}`],
        `--config=${JSON.stringify({ transform: {}, testMatch: ['**/jest.test.js'], testTimeout: 30_000 })}`
      ],
      env: inRunner(source, isIdle)
    }),
    read: ({ stderr }) => listed(split(after(stderr, /^Jest has detected the following/m), /^ {2}● /m), IN)
  },
  'Vitest --detectAsyncLeaks': {
    asked: '`--detectAsyncLeaks`; each job is a test, the worker is set up and shut down in hooks',
    listsHandles: true,
    version: () => runner('vitest-5', 'vitest'),
    node: () => (isAtLeast(process.versions.node, [22, 12]) ? process.execPath : nodeBinary('22')),
    command: (source, isIdle) => ({
      args: [
        path.join(RUNNERS, 'vitest-5', 'node_modules', 'vitest', 'vitest.mjs'),
        ...['run', 'vitest.test.mjs', `--root=${IN}`, '--detectAsyncLeaks']
      ],
      env: inRunner(source, isIdle)
    }),
    read: ({ stderr }) => listed(split(after(stderr, /Async Leaks \d+/), / leaking in .*$/m), IN)
  },
  MaxListenersExceededWarning: {
    asked: '`--trace-warnings`; the default limit, also where the module raises it',
    listsHandles: false,
    version: () => process.version.slice(1),
    command: inProcess('MaxListenersExceededWarning', ['--trace-warnings']),
    read: ({ stderr }) =>
      listed(
        split(stderr, /^\(node:\d+\) /m).filter((text) => text.startsWith('MaxListenersExceededWarning'))
      )
  },
  'heap growth': {
    asked: `heap in use after ${HEAP_JOBS[0]} and ${HEAP_JOBS[1]} jobs, collected; reported above ${HEAP_BYTES_PER_JOB.toLocaleString('en')} bytes per job`,
    listsHandles: false,
    version: () => process.version.slice(1),
    command: inProcess('heap growth', ['--expose-gc'], HEAP_JOBS),
    read: ({ stdout }) => {
      const bytes = growthIn(stdout)
      if (Number.isNaN(bytes)) throw new Error('printed no growth')
      return { entries: bytes > HEAP_BYTES_PER_JOB ? [{ places: [] }] : [], isUndecided: false }
    }
  }
}

/** @param {string} stdout */
const growthIn = (stdout) => Number(/^heap growth: (\S+) bytes/m.exec(stdout)?.[1] ?? Number.NaN)

/** @param {Output} output */
function readHoldover({ stdout }) {
  const { leaks, verdict } = JSON.parse(stdout)
  const entries = leaks.map(({ kind, perJob, certainty, site, calledFrom, sites }) => ({
    kind,
    perJob,
    certainty,
    places: [calledFrom, site, ...sites].filter((place) => place?.file)
  }))
  return { entries, isUndecided: verdict === 'inconclusive' }
}

/** One paragraph or more for each handle: those that show nothing but a number are still handles. @param {Output} output */
function readLeakedHandles({ stdout }) {
  const list = after(stdout, /^no of handles \d+/m)
  const count = Number(/\d+/.exec(list)?.[0] ?? 0)
  const { entries } = listed(list.split(/\n\n+/).filter((text) => /leaked at one of/.test(text)))
  while (entries.length < count) entries.push({ places: [] })
  return { entries, isUndecided: false }
}

module.exports = { TOOLS, JOBS, growthIn, HEAP_BYTES_PER_JOB }
