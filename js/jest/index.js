'use strict'

const { nothingBehind } = require('../matchers/nothing-behind')
const { stayWithin } = require('../matchers/stay-within')
const { prepare } = require('../matchers/prepare')
const { circusState } = require('./circus')

/** Jest's own default. */
const TIMEOUT_MS = 5_000
/** Where `jest.setTimeout` puts its figure, in every runner of Jest. */
const SET_TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL')
/** Taken at load: Jest's fake timers replace it. */
const now = Date.now

/** Milliseconds that the running test may still take. */
function testLeftMs() {
  const state = circusState()
  const test = state?.currentlyRunningTest
  const limitMs =
    test?.timeout || state?.testTimeout || /** @type {any} */ (globalThis)[SET_TIMEOUT] || TIMEOUT_MS
  const passedMs = typeof test?.startedAt === 'number' ? now() - test.startedAt : 0
  return limitMs - Math.max(0, passedMs)
}

const matchers = {
  /** @this {{ isNot?: boolean }} @param {unknown} job @param {any} [options] */
  toLeaveNothingBehind(job, options) {
    return nothingBehind(job, options, { isNot: this.isNot, testLeftMs: testLeftMs() })
  },
  /** @this {{ isNot?: boolean }} @param {unknown} job @param {any} limits */
  toStayWithin(job, limits) {
    return stayWithin(job, limits, { isNot: this.isNot, testLeftMs: testLeftMs() })
  }
}

prepare()
// With `injectGlobals: false` there is no global `expect`: then the test file extends its own.
const { expect } = /** @type {any} */ (globalThis)
if (typeof expect?.extend === 'function') expect.extend(matchers)

exports.matchers = matchers
