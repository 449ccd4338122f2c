import type { CheckOptions, Report } from '../index'

/** Calls `job(i)` again and again and throws a LeakError, unless nothing is left behind. */
export function leavesNothingBehind(job: (i: number) => unknown, options?: CheckOptions): Promise<Report>
