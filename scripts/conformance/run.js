'use strict'

/**
 * Runs one test file in one way and says how it ended.
 */

const fs = require('node:fs')
const path = require('node:path')
const { spawn } = require('node:child_process')

/** What is kept of a run's output, from each end. */
const KEPT_CHARACTERS = 16_384
/** How long output may follow the exit; a grandchild can hold the pipe for ever. */
const DRAIN_MS = 500

/**
 * @typedef {object} Mode one way to run a test
 * @property {string} label
 * @property {string | null} preload file for --require, null: none
 * @property {object} settings for the preload
 *
 * @typedef {object} Tally what a preload wrote down, summed over the processes and threads of one run
 * @property {number} recorded creations that a job owned
 * @property {number} seen creations the hooks saw at all
 * @property {number} passes
 * @property {number} faults errors of holdover's own that it swallowed
 * @property {number} inert threads in which holdover could not start
 *
 * @typedef {object} Outcome
 * @property {'pass' | 'fail' | 'skip'} result
 * @property {string} output both streams
 * @property {string} reason how it ended: 'exit code 1', 'SIGSEGV', 'timed out'
 * @property {Tally} tally
 */

/**
 * @param {object} host
 * @param {string} host.node binary
 * @param {string} host.suite
 * @param {string} host.workFolder
 * @param {number} host.timeoutMs
 * @param {import('./suite').SuiteTest} test
 * @param {Mode} mode
 * @param {number} lane 0, 1 … : tests that run at a time get folders of their own
 * @returns {Promise<Outcome>}
 */
function runTest(host, test, mode, lane) {
  const log = path.join(host.workFolder, `lane-${lane}.log`)
  fs.rmSync(log, { force: true })
  const preload = mode.preload === null ? [] : ['--require', mode.preload]
  const child = spawn(host.node, [...test.flags, ...preload, test.file], {
    cwd: path.dirname(host.suite),
    env: environment(host, test, mode, lane, log),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group, so that what it leaves running can be ended with it.
    detached: process.platform !== 'win32'
  })
  const output = new Output()
  child.stdout.on('data', (chunk) => output.add(chunk))
  child.stderr.on('data', (chunk) => output.add(chunk))

  return new Promise((resolve) => {
    let timedOut = false
    const deadline = setTimeout(() => {
      timedOut = true
      endGroup(child)
    }, host.timeoutMs)
    const settle = (/** @type {number | null} */ code, /** @type {string | null} */ signal) => {
      clearTimeout(deadline)
      endGroup(child)
      const text = output.text()
      const skipped = /^1\.\.0 # Skipped/m.test(text)
      const reason = timedOut ? 'timed out' : (signal ?? `exit code ${code}`)
      const result = code !== 0 || timedOut ? 'fail' : skipped ? 'skip' : 'pass'
      resolve({ result, output: text, reason, tally: readTally(log) })
    }
    child.on('error', (error) => {
      output.add(String(error))
      settle(-1, null)
    })
    child.on('exit', (code, signal) => {
      const giveUp = setTimeout(() => settle(code, signal), DRAIN_MS)
      child.on('close', () => {
        clearTimeout(giveUp)
        settle(code, signal)
      })
    })
  })
}

/** The start of what was printed, and its end. */
class Output {
  constructor() {
    this.head = ''
    this.tail = ''
  }

  /** @param {Buffer | string} chunk */
  add(chunk) {
    const room = KEPT_CHARACTERS - this.head.length
    const text = String(chunk)
    this.head += text.slice(0, room)
    this.tail = (this.tail + text.slice(room)).slice(-KEPT_CHARACTERS)
  }

  text() {
    return this.head + this.tail
  }
}

/** @param {any} host @param {import('./suite').SuiteTest} test @param {Mode} mode @param {number} lane @param {string} log */
function environment(host, test, mode, lane, log) {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^(HOLDOVER|NODE_(OPTIONS|TEST_CONTEXT|V8_COVERAGE|DEBUG)$|NO_COLOR$|FORCE_COLOR$)/.test(name)
  )
  const settings =
    mode.preload === null ? {} : { HOLDOVER_CONFORMANCE: JSON.stringify({ ...mode.settings, log }) }
  return {
    ...Object.fromEntries(own),
    // As Node's own runner sets them.
    NODE_TEST_DIR: host.workFolder,
    TEST_THREAD_ID: String(lane),
    TEST_SERIAL_ID: String(lane),
    ...(test.name.startsWith('parallel/') ? { TEST_PARALLEL: '1' } : {}),
    ...test.env,
    ...settings
  }
}

/** @param {import('node:child_process').ChildProcess} child */
function endGroup(child) {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}

/** @returns {Tally} */
function emptyTally() {
  return { recorded: 0, seen: 0, passes: 0, faults: 0, inert: 0 }
}

/** @param {Tally} total @param {Tally} part */
function addTally(total, part) {
  for (const key of /** @type {Array<keyof Tally>} */ (Object.keys(total))) total[key] += part[key] ?? 0
  return total
}

/**
 * A thread writes its counts again and again while they grow; its last line stands.
 * @param {string} log @returns {Tally}
 */
function readTally(log) {
  const last = new Map()
  if (fs.existsSync(log)) {
    for (const line of fs.readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
      const { thread, ...tally } = JSON.parse(line)
      last.set(thread, tally)
    }
  }
  return [...last.values()].reduce(addTally, emptyTally())
}

module.exports = { runTest, emptyTally, addTally }
