import type { HoldoverMatchers } from '../matchers/index'

// `import { expect } from '@jest/globals'`
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends HoldoverMatchers<Promise<void>> {}
}

// The global `expect` of @types/jest.
declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: as it stands in @types/jest, since they are merged
    interface Matchers<R, T = {}> extends HoldoverMatchers<Promise<void>> {}
  }
}

/** For `expect.extend(matchers)` where there is no global `expect`. */
export const matchers: Record<keyof HoldoverMatchers, (this: any, job: unknown, options?: any) => any>
