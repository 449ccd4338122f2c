'use strict'

/** Units of work that open something and close it again. */

const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { once } = require('node:events')

const FILE_BYTES = 4_096

const agent = new http.Agent({ keepAlive: true })

/** @param {{ httpPort: number }} state */
function httpRequest({ httpPort }) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host: '127.0.0.1', port: httpPort }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    request.on('error', reject)
    request.end()
  })
}

/** @param {{ tcpPort: number }} state */
function newSocket({ tcpPort }) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(tcpPort, '127.0.0.1', () => socket.write('ping'))
    socket.on('data', () => socket.end())
    socket.on('error', reject)
    socket.on('close', resolve)
  })
}

/** @type {string | undefined} */
let file

/** A file of this process, removed when it ends. */
function ownFile() {
  if (file === undefined) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-overhead-'))
    process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
    file = path.join(folder, 'file')
    fs.writeFileSync(file, Buffer.alloc(FILE_BYTES, 'x'))
  }
  return file
}

function fileOpenClose() {
  const name = ownFile()
  return new Promise((resolve, reject) => {
    fs.open(name, 'r', (failure, fd) => {
      if (failure) reject(failure)
      else fs.close(fd, resolve)
    })
  })
}

function fileRead() {
  return fs.promises.readFile(ownFile())
}

function fileStream() {
  return once(fs.createReadStream(ownFile()).resume(), 'close')
}

module.exports = { httpRequest, newSocket, fileOpenClose, fileRead, fileStream }
