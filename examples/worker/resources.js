'use strict'

/** What the worker opens once and every job uses: an HTTP service, connections, a folder, the shutdown signal. */

const { EventEmitter, once, setMaxListeners } = require('node:events')
const fs = require('node:fs/promises')
const http = require('node:http')
const os = require('node:os')
const path = require('node:path')

async function openResources() {
  const service = http.createServer(answer)
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (service.address())

  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'holdover-example-'))
  const shutdown = new AbortController()

  // "Possible EventEmitter memory leak detected" was silenced one day, as it so often is.
  const redis = new EventEmitter()
  const accounts = new EventEmitter()
  redis.setMaxListeners(0)
  accounts.setMaxListeners(0)
  setMaxListeners(0, shutdown.signal)

  return {
    redis,
    accounts,
    folder,
    shutdown,
    /** Calls the service and returns the parsed answer. */
    call: (method, url, body) => call({ agent, port, method, path: url }, body),
    async close() {
      agent.destroy()
      service.closeAllConnections()
      service.close()
      await fs.rm(folder, { recursive: true, force: true })
    }
  }
}

/**
 * @param {http.RequestOptions} options
 * @param {object} [body]
 */
async function call(options, body) {
  const request = http.request({ host: '127.0.0.1', ...options })
  request.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = await once(request, 'response')
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  if (response.statusCode >= 400) throw new Error(`${options.method} ${options.path}: ${response.statusCode}`)
  return JSON.parse(text)
}

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function answer(request, response) {
  let text = ''
  for await (const chunk of request) text += chunk
  const { status, body } = route(request.url ?? '/', text === '' ? {} : JSON.parse(text))
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** @param {string} url @param {any} body */
function route(url, body) {
  const [, kind, id] = url.split('/')
  if (kind === 'feeds') return { status: 200, body: { id, items: makeItems(id) } }
  if (kind === 'mails') return { status: 202, body: { accepted: body.to } }
  if (kind === 'shipments') return { status: 200, body: { id, state: 'delivered' } }
  if (kind === 'accounts' && Number(id) % 4 === 3)
    return { status: 409, body: { error: 'changed meanwhile' } }
  if (kind === 'accounts') return { status: 200, body: { id, version: 2 } }
  return { status: 404, body: {} }
}

/** @param {string} id */
function makeItems(id) {
  return Array.from({ length: 20 }, (_, at) => ({ title: `${id} item ${at}`, words: (at * 37) % 400 }))
}

module.exports = { openResources }
