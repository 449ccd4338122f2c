'use strict'

const { execFile } = require('node:child_process')
const path = require('node:path')

const ROOT = path.join(__dirname, '..', '..')

/**
 * Runs Node in the repository's folder.
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, cwd?: string, timeoutMs?: number, node?: string }} [options]
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function runNode(args, { env = {}, cwd = ROOT, timeoutMs = 120_000, node = process.execPath } = {}) {
  return new Promise((resolve) => {
    const options = {
      cwd,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024
    }
    const child = execFile(node, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr })
    })
  })
}

/** Runs the body of a function in a fresh process; `require('holdover')` is this checkout. @param {Function} body @param {any} [options] */
function runBody(body, options) {
  const prelude = `const holdover = require(${JSON.stringify(path.join(ROOT, 'js', 'index.js'))});`
  return runNode(['-e', `${prelude}(${body.toString()})()`], options)
}

module.exports = { ROOT, runNode, runBody }
