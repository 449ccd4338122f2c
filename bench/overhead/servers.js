'use strict'

/**
 * A TCP and an HTTP server on loopback in a process of their own, which ends with the one that started it.
 *
 *     node servers.js    prints both ports as JSON, and serves until its standard input ends
 */

const http = require('node:http')
const net = require('node:net')
const { once } = require('node:events')
const { spawn } = require('node:child_process')

/** @returns {Promise<{ tcpPort: number, httpPort: number }>} */
async function startServers() {
  const child = spawn(process.execPath, [__filename], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [ports] = await once(child.stdout, 'data')
  return JSON.parse(ports)
}

async function serve() {
  const tcp = net.createServer((socket) => socket.pipe(socket))
  const web = http.createServer((_request, response) => response.end('{"ok":true}'))
  await Promise.all([tcp, web].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
  const [tcpPort, httpPort] = [tcp, web].map(
    (server) => /** @type {net.AddressInfo} */ (server.address()).port
  )
  process.stdout.write(JSON.stringify({ tcpPort, httpPort }))
  process.stdin.resume().on('end', () => process.exit(0))
}

if (require.main === module) serve()

module.exports = { startServers }
