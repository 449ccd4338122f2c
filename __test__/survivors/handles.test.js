'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { execFileSync, spawn } = require('node:child_process')
const dgram = require('node:dgram')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const http2 = require('node:http2')
const { Worker } = require('node:worker_threads')
const { KIND } = require('../../js/kinds')
const { Files } = require('../../js/survivors/files')
const { collect, wait } = require('../../js/collect')
const { withWatch } = require('../helpers/run-watch')

const count = (rows, kind) =>
  rows.filter((row) => row.kind === KIND[kind]).reduce((sum, row) => sum + row.survivors.length, 0)

/** A server, outside any job. */
async function listening() {
  const server = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const closed = (handle) => Promise.all([once(handle, 'close'), handle.close()])

/** What a job opens, and how it is closed. */
const HANDLES = {
  socket: {
    async open(server) {
      const socket = net.connect(server.address().port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
    close: (socket) => socket.destroy()
  },
  server: { open: listening, close: closed },
  'child-process': {
    open: async () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']),
    async close(child) {
      child.kill()
      await once(child, 'exit')
    }
  },
  worker: {
    open: async () => new Worker('setInterval(() => {}, 1000)', { eval: true }),
    close: (worker) => worker.terminate()
  },
  watcher: {
    open: async () => fs.watch(os.tmpdir(), () => {}),
    close: (watcher) => watcher.close()
  },
  port: {
    open: async () => new BroadcastChannel('mails'),
    async close(channel) {
      channel.close()
      await wait(5)
    }
  }
}

for (const mode of ['check', 'production']) {
  for (const [kind, { open, close }] of Object.entries(HANDLES)) {
    test(`a ${kind} that a job leaves open is seen, and gone once it is closed (${mode})`, async () => {
      const server = await listening()
      await withWatch({ mode }, async ({ job, rows }) => {
        const made = []
        for (let i = 0; i < 3; i++)
          await job('mail', async () => {
            made.push(await open(server))
            await close(await open(server))
          })
        assert.equal(count(await rows(), kind), 3)
        for (const handle of made) await close(handle)
        assert.equal(count(await rows(), kind), 0)
      })
      server.close()
    })
  }

  // Node keeps it, bound or not: node-statsd made one for each message and never looked at it again.
  test(`a UDP socket is seen, also one that nobody uses, and gone once it is closed (${mode})`, async () => {
    await withWatch({ mode }, async ({ job, rows }) => {
      const made = []
      await job('mail', async () => {
        made.push(dgram.createSocket('udp4'), dgram.createSocket('udp4').bind(0))
        await once(made[1], 'listening')
      })
      assert.equal(count(await rows(), 'socket'), 2)
      await closed(made[0])
      assert.equal(count(await rows(), 'socket'), 1)
      await closed(made[1])
      assert.equal(count(await rows(), 'socket'), 0)
    })
  })
}

test('a port is gone once either end is closed, or it is given away; asking it leaves it as it was', async () => {
  await withWatch({ mode: 'check' }, async ({ job, rows }) => {
    const made = []
    await job('mail', async () => {
      for (let i = 0; i < 3; i++) made.push(new MessageChannel())
    })
    assert.equal(count(await rows(), 'port'), 6)
    assert.equal(count(await rows(), 'listener'), 0)
    made[0].port1.ref()
    await rows()
    assert.deepEqual([made[0].port1.hasRef(), made[0].port2.hasRef()], [true, false])
    made[0].port2.close()
    made[1].port1.postMessage(made[2].port1, [made[2].port1])
    await wait(5)
    assert.equal(count(await rows(), 'port'), 3)
    // Of the other end, one would wait for its turn behind the message that nobody takes.
    made[1].port2.close()
    made[2].port2.close()
    await wait(5)
    assert.equal(count(await rows(), 'port'), 0)
  })
})

const hasStreamChannel = Number(process.versions.node.split('.')[0]) >= 22
test('a stream of HTTP/2 is seen until it is closed', { skip: !hasStreamChannel }, async () => {
  const server = http2.createServer().on('stream', (stream) => stream.respond())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = http2.connect(`http://127.0.0.1:${server.address().port}`)
  await withWatch({ mode: 'production' }, async ({ job, rows }) => {
    const made = []
    await job('mail', async () => {
      for (let i = 0; i < 2; i++) made.push(session.request({ ':path': '/' }))
    })
    await once(made[1], 'response')
    assert.equal(count(await rows(), 'stream'), 2)
    made[0].close()
    await once(made[0], 'close')
    assert.equal(count(await rows(), 'stream'), 1)
  })
  session.destroy()
  server.close()
})

test("what listens at the server's end of a session of HTTP/2 is not counted beside the client's socket", async () => {
  const server = http2.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  await withWatch({ mode: 'check' }, async ({ job, rows }) => {
    const made = []
    await job('mail', async () => {
      made.push(http2.connect(`http://127.0.0.1:${server.address().port}`))
      const [session] = await once(server, 'session')
      session.on('close', () => {})
    })
    const owners = (await rows()).filter(({ kind }) => kind === KIND.listener).map(({ shape }) => shape.owner)
    assert.ok(!owners.includes('ServerHttp2Session'), owners.join())
    assert.equal(count(await rows(), 'socket'), 1)
    made[0].destroy()
  })
  server.close()
})

test("what listens on a job's own open socket is not counted beside it", async () => {
  const server = await listening()
  await withWatch({ mode: 'check' }, async ({ job, rows }) => {
    const made = []
    await job('mail', async () => {
      const socket = await HANDLES.socket.open(server)
      made.push(socket.on('data', () => {}))
    })
    assert.equal(count(await rows(), 'listener'), 0)
    assert.equal(count(await rows(), 'socket'), 1)
    made[0].destroy()
  })
  server.close()
})

const linux = fs.existsSync('/proc/self/fd')
const files = (name, run) =>
  test(name, { skip: linux ? false : 'the system does not say which files are open' }, () =>
    withWatch({ mode: 'check' }, async (watch) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-files-'))
      try {
        await run({ ...watch, file: (name) => path.join(folder, String(name)) })
      } finally {
        fs.rmSync(folder, { recursive: true })
      }
    })
  )

files('a descriptor is seen while it is open, whatever the file is by now', async ({ job, rows, file }) => {
  const fds = []
  for (let i = 0; i < 3; i++)
    await job('mail', async () => {
      fds.push(fs.openSync(file(i), 'w'))
      fs.closeSync(fs.openSync(file(i)))
    })
  fs.unlinkSync(file(0))
  assert.equal(count(await rows(), 'file'), 3)
  for (const fd of fds) fs.closeSync(fd)
  assert.equal(count(await rows(), 'file'), 0)
})

files('a stream that is dropped and collected has lost its file', async ({ job, rows, file }) => {
  fs.writeFileSync(file('a'), 'x')
  const before = fs.readdirSync('/proc/self/fd').length
  for (let i = 0; i < 5; i++)
    await job('mail', async () => {
      await once(fs.createReadStream(file('a')), 'open')
      await once(fs.createReadStream(file('a')).resume(), 'close')
    })
  for (let i = 0; i < 3; i++) await collect()
  assert.equal(count(await rows(), 'stream'), 5)
  assert.equal(fs.readdirSync('/proc/self/fd').length, before + 5)
})

files('a descriptor that comes later is found by its path', async ({ job, rows, file }) => {
  fs.writeFileSync(file('a'), 'x')
  fs.symlinkSync(file('a'), file('link'))
  let handle
  const fds = []
  await job('mail', async () => {
    handle = await fs.promises.open(file('link'))
    fds.push(await new Promise((done) => fs.open(file('a'), (_error, fd) => done(fd))))
  })
  assert.equal(count(await rows(), 'file'), 2)
  await handle.close()
  fs.closeSync(fds[0])
  assert.equal(count(await rows(), 'file'), 0)
})

files('a descriptor is found behind thousands that were opened and closed since', async (watched) => {
  const { job, rows, file, watch } = watched
  fs.mkdirSync(file('folder'))
  fs.symlinkSync(file('folder'), file('way'))
  fs.writeFileSync(file('folder/a'), 'x')
  let handle
  await job('mail', async () => {
    handle = await fs.promises.open(file('way/a'))
    for (let i = 0; i < 5_000; i++)
      watch.recorder.openedFile(KIND.file, file(`way/gone-${i}`), undefined, job)
  })
  assert.equal(count(await rows(), 'file'), 1)
  await handle.close()
  assert.equal(count(await rows(), 'file'), 0)
})

files('what a pass asks the system does not grow with the files opened since', async ({ file }) => {
  // In a process of its own: the functions of `fs` are taken when the module is loaded.
  const script = `
    const fs = require('node:fs')
    const { realpathSync } = fs
    let asked = 0
    fs.realpathSync = (file) => (asked++, realpathSync(file))
    const { Files } = require('./js/survivors/files')
    const files = new Files({ now: () => 0 })
    // Somebody else's, which is nobody's opening.
    const fd = fs.openSync(${JSON.stringify(file('other'))}, 'w')
    for (let i = 0; i < 10_000; i++) files.note(1, ${JSON.stringify(file(''))} + 'x' + i, undefined, () => null)
    files.match()
    console.log(asked)`
  const root = path.join(__dirname, '..', '..')
  const asked = Number(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }))
  assert.ok(asked > 0 && asked <= 1_000, `${asked} times`)
})

test('files beyond the bound are forgotten many at a time, not one for each that is opened', () => {
  const files = new Files({ now: () => 0 })
  let looks = 0
  const match = files.match.bind(files)
  files.match = () => {
    looks++
    match()
  }
  for (let i = 0; i < 20_000; i++) files.note(KIND.file, `/missing/${i}`, undefined, () => null)
  assert.equal(looks, 1)
  assert.equal(files.count + files.dropped, 20_000)
  assert.ok(files.count <= 16_384)
})

files('a file that got its name after it was opened is found by its new one', async ({ job, rows, file }) => {
  const fds = []
  const open = (name) => new Promise((done) => fs.open(file(name), 'w', (_error, fd) => done(fd)))
  for (let i = 0; i < 3; i++)
    await job('mail', async () => {
      fds.push(await open('temporary'))
      await fs.promises.rename(file('temporary'), file('state'))
      fds.push(fs.openSync(file(i), 'w'))
      fs.renameSync(file(i), file(`${i}.new`))
      await new Promise((done) => fs.rename(file(`${i}.new`), file(`${i}.newest`), done))
      fs.closeSync(await open('closed'))
      fs.renameSync(file('closed'), file('state of another'))
    })
  assert.equal(count(await rows(), 'file'), 6)
  for (const fd of fds) fs.closeSync(fd)
  assert.equal(count(await rows(), 'file'), 0)
})

files('a folder is seen until it is closed, however it is opened', async ({ job, rows, file }) => {
  fs.mkdirSync(file('a'))
  const made = []
  await job('mail', async () => {
    made.push(fs.opendirSync(file('a')), await fs.promises.opendir(file('a')))
    made.push(await new Promise((done) => fs.opendir(file('a'), (_error, folder) => done(folder))))
    fs.opendirSync(file('a')).closeSync()
    for await (const _entry of await fs.promises.opendir(file('a')));
  })
  assert.equal(count(await rows(), 'file'), 3)
  for (const folder of made) folder.closeSync()
  assert.equal(count(await rows(), 'file'), 0)
})

files('what was open before, and what fails to open, is nobody’s', async ({ job, rows, file }) => {
  fs.writeFileSync(file('a'), 'x')
  const before = fs.openSync(file('a'))
  await job('mail', async () => {
    const handle = await fs.promises.open(file('a'))
    await handle.close()
    await fs.promises.open(file('missing')).catch(() => {})
    fs.createReadStream(file('missing')).on('error', () => {})
    await fs.promises.readFile(file('a'))
  })
  await wait(20)
  assert.equal(count(await rows(), 'file') + count(await rows(), 'stream'), 0)
  fs.closeSync(before)
})
