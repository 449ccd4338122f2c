'use strict'

/**
 * Runs the JavaScript tests on other Node versions and prints a table: `npm run matrix`, or
 * `npm run matrix -- 22 26` for some of them, or `npm run matrix -- -- index.test` for some test files.
 */

const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { defaultMajors, installNode, versionOf } = require('./nodes')

const root = path.join(__dirname, '..')

function main(args) {
  const cut = args.indexOf('--')
  const majors = (cut < 0 ? args : args.slice(0, cut)).filter((arg) => /^\d+$/.test(arg))
  const names = cut < 0 ? [] : args.slice(cut + 1)

  const rows = [runTests('this one', process.execPath, names)]
  for (const major of majors.length > 0 ? majors : defaultMajors) {
    const binary = installNode(major)
    rows.push(
      binary === null
        ? { label: major, version: '-', result: 'not installed', seconds: '-' }
        : runTests(major, binary, names)
    )
  }
  print(rows)
  process.exitCode = rows.every((row) => row.result === 'passed') ? 0 : 1
}

/** @param {string} label @param {string} binary @param {string[]} names */
function runTests(label, binary, names) {
  const version = versionOf(binary)
  process.stdout.write(`holdover: testing on ${version}\n`)
  const startedAt = Date.now()
  // Tests start `node` for workers of their own; the folder first on the PATH makes that the same version.
  const env = { ...process.env, PATH: path.dirname(binary) + path.delimiter + process.env.PATH }
  // '.test.js' is in every path: with a name given, the Rust tests, which know no Node, are left out.
  const args = ['scripts/test.js', ...(names.length > 0 ? names : ['.test.js'])]
  const result = spawnSync(binary, args, { cwd: root, env, stdio: 'inherit' })
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  return { label, version, result: result.status === 0 ? 'passed' : 'failed', seconds }
}

/** @param {Array<{ label: string, version: string, result: string, seconds: string }>} rows */
function print(rows) {
  const line = (cells) =>
    cells
      .map((cell, at) => cell.padEnd([10, 12, 14, 8][at]))
      .join(' ')
      .trimEnd()
  const lines = rows.map((row) => line([row.label, row.version, row.result, row.seconds]))
  process.stdout.write(`\n${[line(['node', 'version', 'result', 'seconds']), ...lines].join('\n')}\n`)
}

main(process.argv.slice(2))
