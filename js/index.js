'use strict'

const { singleton } = require('./singleton')
const { isSandboxed } = require('./realm')

const api = singleton(() => {
  const { start } = require('./tracker')
  const { runJob, wrapJob, outside } = require('./scope')
  const { check, assertNoLeaks, openCheck } = require('./check')
  const heap = require('./heap')
  const { HoldoverError, LeakError } = require('./errors')
  const api = { start, runJob, wrapJob, outside, check, assertNoLeaks, heap, HoldoverError, LeakError }
  const { prepare, enterRealm } = require('./engine')
  const { nativeFailure } = require('./native')
  const { isOff } = require('./config')
  // For the command line, which may be another copy than the one that the job requires.
  Object.defineProperty(api, 'openCheck', { value: openCheck })
  // For test runners, which evaluate this file once per test file.
  Object.defineProperty(api, 'prepare', { value: prepare })
  Object.defineProperty(api, 'enterRealm', { value: enterRealm })
  // There, nothing can be loaded any more once the first test file is over.
  if (isSandboxed() && !isOff()) nativeFailure()
  return api
})

api.enterRealm(globalThis)

module.exports = api
