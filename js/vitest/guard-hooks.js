'use strict'

const { guardFile } = require('../matchers/guard-file')

/** @param {any} task of Vitest @returns {string} as Vitest writes it */
function nameOf(task) {
  const names = []
  for (let at = task; at !== undefined && !('filepath' in at); at = at.suite) names.unshift(at.name)
  return names.join(' > ')
}

/** @param {any} vitest its exports: it is an ES module, and cannot be required */
function register({ aroundAll, aroundEach, expect, vi }) {
  guardFile({
    where: 'holdover/vitest/guard',
    file: () => expect.getState().testPath,
    problem: aroundAll === undefined ? 'it needs Vitest 4.1 or newer' : null,
    register(guard, timeoutMs) {
      const ofFile = guard.scope('a hook of the file or of a describe block', 'hook')
      aroundAll(async (/** @type {() => Promise<void>} */ run) => {
        await guard.run(ofFile, run)
        await guard.end()
      }, timeoutMs)
      aroundEach(async (/** @type {() => Promise<void>} */ run, /** @type {any} */ { task }) => {
        const scope = guard.scope(nameOf(task), 'test')
        scope.isConcurrent = task.concurrent === true
        await guard.run(scope, run)
      }, timeoutMs)
      guard.observeFakeClock(vi)
    }
  })
}

module.exports = { register }
