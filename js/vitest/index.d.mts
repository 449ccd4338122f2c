import type { HoldoverMatchers } from '../matchers/index.js'

declare module 'vitest' {
  // As in Vitest 4. Vitest 5 has one type parameter more and takes this too; only with `skipLibCheck: false` does
  // TypeScript report the difference.
  interface Matchers<T = any> extends HoldoverMatchers<Promise<void>> {}
}

/** For an `expect` of your own: `expect.extend(matchers)`. */
export const matchers: Record<keyof HoldoverMatchers, (this: any, job: unknown, options?: any) => any>
