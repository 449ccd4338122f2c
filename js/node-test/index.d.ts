import type { CheckOptions, Report } from '../index'
import type { MemoryLimits } from '../matchers/index'

/** Calls `job(i)` again and again and throws a LeakError, unless nothing is left behind. */
export function leavesNothingBehind(job: (i: number) => unknown, options?: CheckOptions): Promise<Report>

/** Throws, unless heap and resident memory stay within these limits over the jobs, after forced collections. */
export function staysWithin(job: (i: number) => unknown, limits: MemoryLimits): Promise<void>
