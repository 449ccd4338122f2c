'use strict'

const nodeTest = require('node:test')
const { AsyncResource } = require('node:async_hooks')
const { guardFile } = require('../matchers/guard-file')

/** What is called through it belongs to the file, whichever hook calls. */
const ofFile = new AsyncResource('HOLDOVER')

/** `node --test` starts a process for each file, and runs no test itself. */
function runsTests() {
  if (!process.execArgv.includes('--test')) return true
  const inOneProcess = process.execArgv.some((arg) => /^--(experimental-)?test-isolation=none$/.test(arg))
  return process.env.NODE_TEST_CONTEXT !== undefined || inOneProcess
}

/** @type {WeakMap<object, any>} by test context */
const scopes = new WeakMap()

if (runsTests()) {
  const { beforeEach, afterEach, after } = nodeTest
  guardFile({
    where: 'holdover/node-test/guard',
    file: () => process.argv[1],
    problem: null,
    register(guard, timeoutMs) {
      beforeEach((/** @type {any} */ context) => {
        const scope = guard.scope(context.fullName ?? context.name, 'test')
        scopes.set(context, scope)
        guard.enter(scope)
      })
      afterEach((/** @type {any} */ context) => guard.leave(scopes.get(context)))
      // Hooks run in the order in which they were registered: the last one is registered when the others are.
      after(() => {
        ofFile.runInAsyncScope(() => after(() => judge(guard), { timeout: timeoutMs }))
      })
    }
  })
}

/** @param {any} guard */
async function judge(guard) {
  try {
    await guard.end()
  } catch (error) {
    // Node 22 and newer say in words that a hook of the file failed, and exit with 0.
    process.exitCode = 1
    throw error
  }
}
