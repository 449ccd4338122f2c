'use strict'

const { singleton } = require('./singleton')
const { isSandboxed } = require('./realm')

const api = singleton(() => {
  const { start, latestTracker } = require('./tracker')
  const { runJob, wrapJob, outside } = require('./scope')
  const { check, assertNoLeaks, openCheck } = require('./check')
  const heap = require('./heap')
  const { HoldoverError, LeakError } = require('./errors')
  const api = { start, runJob, wrapJob, outside, check, assertNoLeaks, heap, HoldoverError, LeakError }
  const { prepare, enterRealm } = require('./engine')
  const { noteImports } = require('./imports')
  const { nativeFailure } = require('./native')
  const { isOff } = require('./config')
  // For the command line, which may be another copy than the one that the job requires.
  Object.defineProperty(api, 'openCheck', { value: openCheck })
  // The same for `holdover run`, whose worker may stop the tracker and start another one.
  Object.defineProperty(api, 'latestTracker', { value: latestTracker })
  // For test runners, which evaluate this file once per test file.
  Object.defineProperty(api, 'prepare', { value: prepare })
  Object.defineProperty(api, 'enterRealm', { value: enterRealm })
  Object.defineProperty(api, 'noteImports', { value: noteImports })
  const sandboxed = isSandboxed() && !isOff()
  // In a sandbox nothing can be loaded any more once the first test file is over. Elsewhere production has no tests.
  const guard = sandboxed ? require('./guard/guard') : null
  if (sandboxed) nativeFailure()
  Object.defineProperty(api, 'openGuard', {
    value: (/** @type {any} */ init) => (guard ?? require('./guard/guard')).openGuard(init)
  })
  return api
})

api.enterRealm(globalThis)

module.exports = api
