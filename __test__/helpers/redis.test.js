'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const net = require('node:net')
const { setTimeout: wait } = require('node:timers/promises')
const { runNode } = require('./child')
const { whyNoRedis } = require('./redis')

const HELPER = JSON.stringify(require.resolve('./redis'))
/** @param {string} body @param {Record<string, string | undefined>} [env] */
const run = (body, env) => runNode(['-e', `const redis = require(${HELPER});${body}`], { env })

test('where there is no redis-server, tests are skipped and say why', async () => {
  const { stdout } = await run('console.log(redis.whyNoRedis())', { PATH: '/nowhere', CI: undefined })
  assert.match(stdout, /^no redis-server on the PATH/)
})

test('in continuous integration a missing redis-server is a failure', async () => {
  const env = { PATH: '/nowhere', CI: 'true' }
  const { stdout } = await run(
    'console.log(redis.whyNoRedis()); redis.startRedis().catch((error) => console.log(error.message))',
    env
  )
  assert.match(stdout, /^false\nredis-server did not start: .*ENOENT/)
})

/** How the port refuses once the server, which was killed a moment ago, is gone. @param {number} port */
async function refusal(port) {
  for (let tries = 1; ; tries++) {
    const socket = net.connect(port)
    const code = await new Promise((resolve) => {
      socket.on('error', (error) => resolve(error.code)).on('connect', () => resolve('connected'))
    })
    socket.destroy()
    if (code === 'ECONNREFUSED' || tries === 50) return code
    await wait(100)
  }
}

const endings = {
  'an error': 'throw new Error("failed")',
  'a signal': 'process.kill(process.pid, "SIGTERM")'
}
for (const [how, ending] of Object.entries(endings)) {
  test(`a test process that ends by ${how} leaves no server behind`, { skip: whyNoRedis() }, async () => {
    const { stdout, code } = await run(
      `redis.startRedis().then(({ url }) => { console.log(url); ${ending} })`
    )
    assert.equal(code, 1)
    assert.equal(await refusal(Number(new URL(stdout.trim()).port)), 'ECONNREFUSED')
  })
}
