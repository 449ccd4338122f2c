'use strict'

/** Workers and checks as processes, some at a time. */

const path = require('node:path')
const { execFile } = require('node:child_process')

const root = path.join(__dirname, '..', '..')
/** A worker that takes this much longer than asked for is ended. */
const PATIENCE_MS = 120_000

/** @template T, R @param {T[]} list @param {number} width @param {(one: T) => Promise<R>} work @returns {Promise<R[]>} */
async function inParallel(list, width, work) {
  const results = []
  let next = 0
  const lane = async () => {
    while (next < list.length) {
      const at = next++
      results[at] = await work(list[at])
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}

/** @param {string} binary @param {string[]} args @param {number} seconds */
function start(binary, args, seconds) {
  const env = { ...process.env, PATH: path.dirname(binary) + path.delimiter + process.env.PATH }
  const options = { cwd: root, env, timeout: seconds * 1_000 + PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    const child = execFile(binary, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
}

/** @param {string} text */
const failure = (text) => {
  const lines = text.trim().split('\n')
  return `failed: ${lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1)}`
}

module.exports = { inParallel, start, failure }
