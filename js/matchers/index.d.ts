import type { CheckOptions } from '../index'

/** What holdover adds to `expect` in Jest and Vitest. */
export interface HoldoverMatchers<R = unknown> {
  /**
   * Calls the function again and again, with the number of the call, and fails on what it leaves behind.
   * Inconclusive fails too, unless `allowInconclusive` is given. `.not` needs a leak that is sure.
   */
  toLeaveNothingBehind(options?: CheckOptions): R
}
