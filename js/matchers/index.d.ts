import type { CheckOptions } from '../index'

/** How much more the process may hold after the jobs than after the warm-up; one of the two must be given. */
export interface MemoryLimits
  extends Pick<CheckOptions, 'warmupJobs' | 'concurrency' | 'timeoutMs' | 'allowInconclusive'> {
  /** Megabytes (10^6 bytes) of JavaScript heap. */
  heapMb?: number
  /** Megabytes of resident memory, native memory and fragmentation included. */
  rssMb?: number
  /** Measured jobs. Default 100. */
  jobs?: number
}

/** What holdover adds to `expect` in Jest and Vitest. */
export interface HoldoverMatchers<R = unknown> {
  /**
   * Calls the function again and again, with the number of the call, and fails on what it leaves behind.
   * Inconclusive fails too, unless `allowInconclusive` is given. `.not` needs a leak that is sure.
   */
  toLeaveNothingBehind(options?: CheckOptions): R
  /**
   * Calls the function 100 times (`jobs`) and fails where heap or resident memory, measured after forced collections,
   * grows beyond a limit. Inconclusive fails too.
   */
  toStayWithin(limits: MemoryLimits): R
}
