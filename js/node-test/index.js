'use strict'

const nodeTest = require('node:test')
const holdover = require('../index')
const { needFunction } = require('../matchers/nothing-behind')
const { assertStaysWithin } = require('../matchers/stay-within')
const { prepare } = require('../matchers/prepare')

/**
 * Calls `job(i)` again and again and throws a LeakError, unless nothing is left behind.
 * @param {any} job
 * @param {any} [options] of `check`
 */
async function leavesNothingBehind(job, options) {
  needFunction('leavesNothingBehind', job)
  return holdover.assertNoLeaks(job, options)
}

prepare()
// As `t.assert.leavesNothingBehind`, where this Node has it (22.14).
const { assert } = /** @type {any} */ (nodeTest)
if (typeof assert?.register === 'function') {
  assert.register('leavesNothingBehind', leavesNothingBehind)
  assert.register('staysWithin', assertStaysWithin)
}

exports.leavesNothingBehind = leavesNothingBehind
exports.staysWithin = assertStaysWithin
