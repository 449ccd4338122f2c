'use strict'

/**
 * Runs every test: Rust first, then JavaScript. `npm test -- NAME…` runs only the JavaScript test files whose path
 * holds one of the names, and leaves Rust out.
 */

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')
// Tests start workers of their own and measure; more at a time would only make each of them slower.
const CONCURRENCY = 2
// Of a file: far above the slowest, which is the corpus; a hang is then a failure with a name.
const TIMEOUT_MS = 900_000

function main(names) {
  const files = testFiles(names)
  if (files.length === 0) {
    process.stderr.write(`holdover: no test file matches ${names.join(', ') || '__test__/**/*.test.js'}\n`)
    process.exitCode = 1
    return
  }
  const results = []
  if (names.length === 0) results.push(run('cargo', ['test', '--quiet']))
  // Node 20 takes no globs, and a folder would make it run helpers and fixtures as tests.
  const limits = [`--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TIMEOUT_MS}`]
  // What a failed test leaves open, timers above all, must not keep the run from ending.
  results.push(run(process.execPath, ['--test', '--test-force-exit', ...limits, ...files]))
  process.exitCode = results.every((ok) => ok) ? 0 : 1
}

/**
 * @param {string[]} names
 * @returns {string[]} paths below the root
 */
function testFiles(names) {
  const folder = path.join(root, '__test__')
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js') && !/^(fixtures|runners)\b/.test(name))
    .map((name) => path.join('__test__', name))
    .filter((name) => names.length === 0 || names.some((part) => name.includes(part)))
    .sort()
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {boolean} whether it passed
 */
function run(command, args) {
  // A run inside a test runner would otherwise report to that runner and print nothing here.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const result = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' })
  if (result.error)
    process.stderr.write(`holdover: ${command} could not be started: ${result.error.message}\n`)
  return result.status === 0
}

main(process.argv.slice(2))
