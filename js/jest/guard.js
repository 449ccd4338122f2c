'use strict'

const { guardFile } = require('../matchers/guard-file')
const { circusState } = require('./circus')

/** @param {any} block a test or describe block of jest-circus @returns {string} as Jest writes it */
function nameOf(block) {
  const names = []
  for (let at = block; at?.parent !== undefined; at = at.parent) names.unshift(at.name)
  return names.join(' › ')
}

/** A generator function is run by Jest step by step. @param {any} fn */
function isGenerator(fn) {
  return Object.prototype.toString.call(fn) === '[object GeneratorFunction]'
}

/**
 * Puts every test and hook of a describe block into the scope of its test.
 * @param {any} guard @param {any} block
 */
function wrapAll(guard, block) {
  for (const hook of block.hooks) {
    if (isGenerator(hook.fn)) continue
    if (/All$/.test(hook.type)) {
      const name = nameOf(block)
      const scope = guard.scope(name === '' ? hook.type : `${hook.type} of '${name}'`, 'hook')
      hook.fn = guard.wrap(hook.fn, () => scope)
    } else hook.fn = guard.wrap(hook.fn, () => scopeOf(guard, circusState()?.currentlyRunningTest))
  }
  for (const child of block.children) {
    if (child.type === 'describeBlock') wrapAll(guard, child)
    else if (child.fn && !isGenerator(child.fn)) child.fn = guard.wrap(child.fn, () => scopeOf(guard, child))
  }
}

/** By test, as Jest knows it. @type {WeakMap<object, any>} */
const scopes = new WeakMap()

/** @param {any} guard @param {any} test @returns {any} null: Jest does not say which */
function scopeOf(guard, test) {
  if (test == null) return null
  let scope = scopes.get(test)
  if (scope === undefined) {
    scope = guard.scope(nameOf(test), 'test')
    scope.isConcurrent = test.concurrent === true
    scopes.set(test, scope)
  }
  return scope
}

/**
 * Jest runs the hooks of a file in the order in which they were defined, and has taken the list when the first one runs:
 * so what stands in its places moves, and ours comes last.
 * @param {any} block
 */
function comeLast(block) {
  const hooks = block.hooks.filter((/** @type {any} */ { type }) => type === 'afterAll')
  const [ours, ...others] = hooks.map((/** @type {any} */ hook) => ({ ...hook }))
  for (const [i, content] of [...others, ours].entries()) Object.assign(hooks[i], content)
}

const { beforeAll, afterAll, expect } = /** @type {any} */ (globalThis)
guardFile({
  where: 'holdover/jest/guard',
  file: () => expect.getState().testPath,
  problem:
    circusState() === undefined || beforeAll === undefined
      ? "it needs Jest's own runner (jest-circus), setupFilesAfterEnv, and injectGlobals"
      : null,
  register(guard, timeoutMs) {
    beforeAll(() => {
      const { rootDescribeBlock } = circusState()
      wrapAll(guard, rootDescribeBlock)
      comeLast(rootDescribeBlock)
    })
    afterAll(() => guard.end(), timeoutMs)
  }
})
