'use strict'

const { nothingBehind } = require('../matchers/nothing-behind')
const { stayWithin } = require('../matchers/stay-within')
const { prepare } = require('../matchers/prepare')

/** Vitest's own default. */
const TIMEOUT_MS = 5_000
/** Taken at load: fake timers replace it. */
const now = Date.now

/** Milliseconds that a test may still take; null: it has no limit. @param {any} task as Vitest gives it to a matcher */
function testLeftMs(task) {
  const limitMs = task?.timeout ?? TIMEOUT_MS
  // Vitest's way to say that there is none.
  if (limitMs === 0 || limitMs === Infinity) return null
  const startedAt = task?.result?.startTime
  return limitMs - (typeof startedAt === 'number' ? Math.max(0, now() - startedAt) : 0)
}

const matchers = {
  /** @this {{ isNot?: boolean, task?: any }} @param {unknown} job @param {any} [options] */
  toLeaveNothingBehind(job, options) {
    return nothingBehind(job, options, { isNot: this.isNot, testLeftMs: testLeftMs(this.task) })
  },
  /** @this {{ isNot?: boolean, task?: any }} @param {unknown} job @param {any} limits */
  toStayWithin(job, limits) {
    return stayWithin(job, limits, { isNot: this.isNot, testLeftMs: testLeftMs(this.task) })
  }
}

prepare()

exports.matchers = matchers
