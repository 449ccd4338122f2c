'use strict'

const { singleton } = require('./singleton')

module.exports = singleton(() => {
  const { start } = require('./tracker')
  const { runJob, wrapJob, outside } = require('./scope')
  const { check, assertNoLeaks, openCheck } = require('./check')
  const { HoldoverError, LeakError } = require('./errors')
  const api = { start, runJob, wrapJob, outside, check, assertNoLeaks, HoldoverError, LeakError }
  // For the command line, which may be another copy than the one that the job requires.
  Object.defineProperty(api, 'openCheck', { value: openCheck })
  return api
})
