'use strict'

/**
 * Writes a Jest project of as many test files as wanted, of the five habits below in turn, one of them leaking: a small
 * service with its tests, on express, supertest, pg, undici and Jest's fake timers.
 */

const fs = require('node:fs')
const path = require('node:path')

const SOURCES = {
  'src/app.js': `const express = require('express')

/** @param {import('pg').Pool} pool */
exports.createApp = (pool, table) => {
  const app = express()
  app.use(express.json())
  app.get('/health', (_request, response) => response.json({ ok: true }))
  app.get('/items', async (_request, response) => {
    const { rows } = await pool.query(\`select id, name from \${table} order by id\`)
    response.json(rows)
  })
  app.post('/items', async (request, response) => {
    const { rows } = await pool.query(\`insert into \${table} (name) values ($1) returning id, name\`, [request.body.name])
    response.status(201).json(rows[0])
  })
  return app
}
`,
  'src/database.js': `const { Pool, Client } = require('pg')

const place = { host: '127.0.0.1', port: Number(process.env.PGPORT), user: 'postgres', database: 'postgres' }

exports.createPool = () => new Pool({ ...place, max: 3 })
exports.connect = async () => {
  const client = new Client(place)
  await client.connect()
  return client
}
exports.inTransaction = async (pool, work) => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
`,
  'src/gateway.js': `const { request } = require('undici')

exports.fetchPrice = async (origin, id, dispatcher) => {
  const { statusCode, body } = await request(\`\${origin}/prices/\${id}\`, { dispatcher })
  if (statusCode !== 200) {
    await body.dump()
    throw new Error(\`price \${id}: \${statusCode}\`)
  }
  return body.json()
}
`,
  'src/retry.js': `exports.retry = async (work, { times, everyMs }) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt === times) throw error
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }
}
exports.debounce = (work, waitMs) => {
  let timer
  return () => {
    clearTimeout(timer)
    timer = setTimeout(work, waitMs)
  }
}
exports.poll = (work, everyMs) => {
  const timer = setInterval(work, everyMs)
  return () => clearInterval(timer)
}
`,
  'src/mailbox.js': `const { EventEmitter } = require('node:events')

exports.bus = new EventEmitter().setMaxListeners(100)

exports.Mailbox = class Mailbox {
  constructor(name) {
    this.mails = []
    this.receive = (mail) => mail.to === name && this.mails.push(mail)
    exports.bus.on('mail', this.receive)
    process.on('SIGUSR2', this.receive)
  }

  close() {
    exports.bus.off('mail', this.receive)
    process.off('SIGUSR2', this.receive)
  }
}
exports.next = (event) => new Promise((resolve) => exports.bus.once(event, resolve))
`
}

/** @type {Record<string, (n: number) => string>} a test file by its number */
const HABITS = {
  api: (n) => `const request = require('supertest')
const { createApp } = require('../src/app')
const { createPool } = require('../src/database')

const table = 'items_${n}'
const pool = createPool()
const app = createApp(pool, table)

beforeAll(() => pool.query(\`create table \${table} (id serial primary key, name text not null)\`))
afterAll(async () => {
  await pool.query(\`drop table \${table}\`)
  await pool.end()
})

describe('items ${n}', () => {
  test('is healthy', () => request(app).get('/health').expect(200, { ok: true }))
  test('starts empty', () => request(app).get('/items').expect(200, []))
  test('adds items', async () => {
    await request(app).post('/items').send({ name: 'first' }).expect(201, { id: 1, name: 'first' })
    await request(app).post('/items').send({ name: 'second' }).expect(201)
    const { body } = await request(app).get('/items').expect(200)
    expect(body.map((item) => item.name)).toEqual(['first', 'second'])
  })
  test('knows no other path', () => request(app).get('/nowhere').expect(404))
})
`,
  database: (n) => `const { createPool, connect, inTransaction } = require('../src/database')

const table = 'accounts_${n}'
let pool
beforeAll(async () => {
  pool = createPool()
  await pool.query(\`create table \${table} (id int primary key, cents int not null check (cents >= 0))\`)
})
beforeEach(() => pool.query(\`insert into \${table} values (1, 100), (2, 0)\`))
afterEach(() => pool.query(\`delete from \${table}\`))
afterAll(async () => {
  await pool.query(\`drop table \${table}\`)
  await pool.end()
})

const move = (cents) =>
  inTransaction(pool, async (client) => {
    await client.query(\`update \${table} set cents = cents + $1 where id = 2\`, [cents])
    await client.query(\`update \${table} set cents = cents - $1 where id = 1\`, [cents])
  })
const balances = async () => (await pool.query(\`select cents from \${table} order by id\`)).rows.map(({ cents }) => cents)

describe('accounts ${n}', () => {
  test('moves money', async () => {
    await move(${(n % 90) + 1})
    expect(await balances()).toEqual([${99 - (n % 90)}, ${(n % 90) + 1}])
  })
  test('moves no more than there is', async () => {
    await expect(move(101)).rejects.toThrow(/check constraint/)
    expect(await balances()).toEqual([100, 0])
  })
  test('reads from several connections at once', async () => {
    const all = await Promise.all([balances(), balances(), balances(), balances(), balances()])
    expect(new Set(all.map(String)).size).toBe(1)
  })
  test('listens for notifications on a connection of its own', async () => {
    const client = await connect()
    const notified = new Promise((resolve) => client.once('notification', resolve))
    await client.query('listen changed_${n}')
    await pool.query(\`notify changed_${n}, 'x'\`)
    expect((await notified).payload).toBe('x')
    await client.end()
  })
})
`,
  gateway: (n) => `const http = require('node:http')
const { Agent, Pool } = require('undici')
const { fetchPrice } = require('../src/gateway')

const server = http.createServer((request, response) => {
  const id = Number(request.url.split('/').at(-1))
  response.statusCode = id < 0 ? 404 : 200
  response.end(JSON.stringify({ id, cents: id * ${n} }))
})
const origin = () => \`http://127.0.0.1:\${server.address().port}\`
const agent = new Agent({ connections: 2 })
beforeAll(() => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(async () => {
  await agent.close()
  await new Promise((resolve) => server.close(resolve))
})

describe('gateway ${n}', () => {
  test('asks for a price', async () => {
    expect(await fetchPrice(origin(), 7, agent)).toEqual({ id: 7, cents: ${7 * n} })
  })
  test('says which price is missing', () => expect(fetchPrice(origin(), -1, agent)).rejects.toThrow('price -1: 404'))
  test('asks for many at once', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map((id) => fetchPrice(origin(), id, agent)))
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
  })
  test('with a pool of its own', async () => {
    const pool = new Pool(origin())
    expect(await fetchPrice(origin(), 3, pool)).toEqual({ id: 3, cents: ${3 * n} })
    await pool.close()
  })
  test('with fetch, aborted and not', async () => {
    const abort = new AbortController()
    const response = await fetch(\`\${origin()}/prices/2\`, { signal: abort.signal })
    expect(await response.json()).toEqual({ id: 2, cents: ${2 * n} })
    abort.abort()
    await expect(fetch(origin(), { signal: abort.signal })).rejects.toThrow()
  })
})
`,
  timers: (n) => `const { retry, debounce, poll } = require('../src/retry')

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

describe('timers ${n}', () => {
  test('tries again', async () => {
    const work = jest.fn(async (attempt) => {
      if (attempt < 3) throw new Error('not yet')
      return attempt
    })
    const result = retry(work, { times: 5, everyMs: ${1_000 + n} })
    await jest.advanceTimersByTimeAsync(${2 * (1_000 + n)})
    expect(await result).toBe(3)
  })
  test('works once for many calls', () => {
    const work = jest.fn()
    const soon = debounce(work, ${100 + n})
    soon()
    jest.advanceTimersByTime(50)
    soon()
    jest.advanceTimersByTime(${100 + n})
    expect(work).toHaveBeenCalledTimes(1)
  })
  test('asks until it is stopped', () => {
    const work = jest.fn()
    const stop = poll(work, 500)
    jest.advanceTimersByTime(${(n % 5) + 1} * 500)
    stop()
    jest.advanceTimersByTime(5_000)
    expect(work).toHaveBeenCalledTimes(${(n % 5) + 1})
  })
})
`,
  mailbox: (n) => `const { bus, Mailbox, next } = require('../src/mailbox')
const { poll } = require('../src/retry')

let mailbox
beforeEach(() => {
  mailbox = new Mailbox('box-${n}')
})
afterEach(() => mailbox.close())

describe('mailbox ${n}', () => {
  test('gets its own mail', () => {
    bus.emit('mail', { to: 'box-${n}', text: 'hello' })
    bus.emit('mail', { to: 'another', text: 'hello' })
    expect(mailbox.mails).toEqual([{ to: 'box-${n}', text: 'hello' }])
  })
  test('waits for the next', async () => {
    const sent = next('sent')
    bus.emit('sent', ${n})
    expect(await sent).toBe(${n})
  })
  test('looks for mail until it is stopped', async () => {
    const found = jest.fn()
    const stop = poll(found, 5)
    await new Promise((resolve) => setTimeout(resolve, 30))
    stop()
    expect(found).toHaveBeenCalled()
  })
})
`
}

/** What may be left behind: the habit it is put into, its test, and what the guard must say of it. */
const LEAKS = {
  interval: {
    habit: 'mailbox',
    code: "  test('polls for ever', () => {\n    poll(() => bus.emit('tick'), 60_000) // LEAK\n  })\n",
    test: 'polls for ever',
    // The line that makes it is the application's, below the test.
    says: /interval of 60 s/,
    file: 'src/retry.js'
  },
  listener: {
    habit: 'mailbox',
    code: "  test('subscribes for ever', () => {\n    bus.on('mail', () => {}) // LEAK\n  })\n",
    test: 'subscribes for ever',
    says: /'mail' listener/
  },
  connection: {
    habit: 'database',
    code: "  test('never ends its connection', async () => {\n    const client = await connect() // LEAK\n    await client.query('select 1')\n  })\n",
    test: 'never ends its connection',
    says: /socket to 127\.0\.0\.1:\d+/,
    file: 'src/database.js'
  },
  server: {
    habit: 'gateway',
    code: "  test('never closes its server', () => {\n    const other = http.createServer().listen(0) // LEAK\n    expect(other).toBeDefined()\n  })\n",
    test: 'never closes its server',
    says: /server on port \d+/
  }
}

/**
 * @param {string} folder that is there already
 * @param {{ files: number, leak: keyof typeof LEAKS | null }} options
 * @returns {{ file: string, test: string, says: RegExp, at: string } | null} what must be found; `at` is file:line
 */
function generate(folder, { files, leak }) {
  for (const name of ['src', 'tests']) fs.mkdirSync(path.join(folder, name))
  for (const [name, text] of Object.entries(SOURCES)) fs.writeFileSync(path.join(folder, name), text)
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  fs.writeFileSync(path.join(folder, 'bare.config.js'), 'module.exports = {}\n')
  fs.writeFileSync(
    path.join(folder, 'guard.config.js'),
    "module.exports = { setupFilesAfterEnv: ['holdover/jest/guard'] }\n"
  )
  const habits = Object.keys(HABITS)
  const planted = leak === null ? null : LEAKS[leak]
  // In the middle, so that files come before and after it.
  const leaking = planted === null ? -1 : nearMiddle(files, habits, planted.habit)
  let found = null
  for (let n = 0; n < files; n++) {
    const habit = habits[n % habits.length]
    const name = `tests/${habit}-${String(n).padStart(3, '0')}.test.js`
    let text = HABITS[habit](n)
    if (n === leaking && planted !== null) {
      text = text.replace(/\}\)\n$/, () => `${planted.code}})\n`)
      found = { file: name, test: planted.test, says: planted.says, at: placeOf(planted, name, text) }
    }
    fs.writeFileSync(path.join(folder, name), text)
  }
  return found
}

/** @param {number} files @param {string[]} habits @param {string} habit */
function nearMiddle(files, habits, habit) {
  const first = habits.indexOf(habit)
  const rounds = Math.max(0, Math.floor((files / 2 - first) / habits.length))
  return first + rounds * habits.length
}

/** @param {{ file?: string }} planted @param {string} name @param {string} text of the leaking test file */
function placeOf({ file }, name, text) {
  const lineOf = (/** @type {string} */ source, /** @type {RegExp} */ what) =>
    source.split('\n').findIndex((line) => what.test(line)) + 1
  if (file === 'src/retry.js') return `${file}:${lineOf(SOURCES[file], /setInterval\(/)}`
  if (file === 'src/database.js') return `${file}:${lineOf(SOURCES[file], /client\.connect\(/)}`
  return `${name}:${lineOf(text, /\/\/ LEAK$/)}`
}

module.exports = { generate, LEAKS }
