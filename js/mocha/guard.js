'use strict'

const { guardFile } = require('../matchers/guard-file')

/** @type {WeakMap<object, any>} by test */
const scopes = new WeakMap()

/** @param {any} guard @param {any} test of mocha @returns {any} null: mocha does not say which */
function scopeOf(guard, test) {
  if (test == null) return null
  let scope = scopes.get(test)
  if (scope === undefined) {
    scope = guard.scope(test.titlePath().join(' › '), 'test')
    scopes.set(test, scope)
  }
  return scope
}

/**
 * Puts every test and hook of a suite into the scope of its test.
 * @param {any} guard @param {any} suite
 */
function wrapAll(guard, suite) {
  for (const test of suite.tests) if (test.fn) test.fn = guard.wrap(test.fn, () => scopeOf(guard, test))
  for (const type of ['beforeEach', 'afterEach'])
    for (const hook of suite[`_${type}`])
      hook.fn = guard.wrap(hook.fn, () => scopeOf(guard, hook.ctx?.currentTest))
  for (const type of ['beforeAll', 'afterAll'])
    for (const hook of suite[`_${type}`]) {
      const name = suite.titlePath().join(' › ')
      const scope = guard.scope(name === '' ? type : `${type} of '${name}'`, 'hook')
      hook.fn = guard.wrap(hook.fn, () => scope)
    }
  for (const child of suite.suites) wrapAll(guard, child)
}

/** Root hooks, for `--require holdover/mocha/guard`. @type {Record<string, Function>} */
const mochaHooks = {}

guardFile({
  where: 'holdover/mocha/guard',
  // mocha runs all files in one process, and what they leave is judged when all of them are over.
  file: () => process.cwd(),
  problem: null,
  register(guard, timeoutMs) {
    mochaHooks.beforeAll = /** @this {any} */ function () {
      const root = this.test.parent
      wrapAll(guard, root)
      // Behind the hooks of all files.
      root.afterAll(
        'holdover',
        /** @this {any} */ function () {
          this.timeout(timeoutMs)
          return guard.end()
        }
      )
    }
  }
})

exports.mochaHooks = mochaHooks
