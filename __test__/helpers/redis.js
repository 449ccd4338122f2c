'use strict'

/**
 * A real Redis for a test: a process of its own on a free port, with a private folder, that ends with the test.
 */

const { execFileSync, spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')

const READY_WITHIN_MS = 10_000
/** Between looking for a free port and listening on it, another process may take it. */
const ATTEMPTS = 5

/**
 * Why tests with a Redis are skipped, or false. Continuous integration installs one, so there a missing binary
 * makes `startRedis` fail instead.
 */
function whyNoRedis() {
  if (process.env.CI) return false
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'no redis-server on the PATH: install Debian’s package redis-server'
  }
}

/** @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
async function startRedis() {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-redis-'))
    const server = spawn('redis-server', serverArguments(port, folder), { stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = stopWithTest(server, folder)
    const failure = await whyNotReady(server, port)
    if (failure === null) return { url: `redis://127.0.0.1:${port}`, stop }
    await stop()
    if (attempt === ATTEMPTS) throw new Error(`redis-server did not start: ${failure}`)
  }
}

/** @param {number} port @param {string} folder */
function serverArguments(port, folder) {
  return ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/**
 * A test that fails, or is stopped for taking too long, must not leave a server behind.
 * @param {import('node:child_process').ChildProcess} server @param {string} folder
 */
function stopWithTest(server, folder) {
  const ended = new Promise((resolve) => {
    server.once('exit', resolve)
    server.once('error', resolve)
  })
  const end = () => {
    server.kill('SIGKILL')
    fs.rmSync(folder, { recursive: true, force: true })
  }
  const interrupted = () => process.exit(1)
  process.once('exit', end)
  process.once('SIGTERM', interrupted)
  return async function stop() {
    process.off('exit', end)
    process.off('SIGTERM', interrupted)
    end()
    await ended
  }
}

/**
 * @param {import('node:child_process').ChildProcess} server @param {number} port
 * @returns {Promise<string | null>} null: it answers
 */
async function whyNotReady(server, port) {
  let output = ''
  let failure = null
  server.stdout?.on('data', (chunk) => (output += chunk))
  server.stderr?.on('data', (chunk) => (output += chunk))
  server.once('error', (error) => (failure = error.message))
  server.once('exit', (code) => (failure = `exit code ${code}: ${output}`))
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(20)) {
    if (failure !== null) return failure
    if (await answers(port)) return null
  }
  return `no answer within ${READY_WITHIN_MS} ms: ${output}`
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.on('data', (reply) => {
      socket.destroy()
      resolve(String(reply).startsWith('+PONG'))
    })
    socket.on('error', () => resolve(false))
  })
}

module.exports = { startRedis, whyNoRedis }
