'use strict'

const { singleton } = require('./singleton')

module.exports = singleton(() => {
  const { start } = require('./tracker')
  const { runJob, wrapJob, outside } = require('./scope')
  const { check, assertNoLeaks } = require('./check')
  const { HoldoverError, LeakError } = require('./errors')
  return { start, runJob, wrapJob, outside, check, assertNoLeaks, HoldoverError, LeakError }
})
