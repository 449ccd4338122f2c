import type { HoldoverMatchers } from '../matchers/index.js'
import 'vitest'

declare global {
  // Vitest's `expect` takes these on in every version. Its own `Matchers` has one type parameter more in 5 than in 4, so
  // no declaration of it fits both.
  namespace Chai {
    interface Assertion extends HoldoverMatchers<Promise<void>> {}
  }
}

/** For an `expect` of your own: `expect.extend(matchers)`. */
export const matchers: Record<keyof HoldoverMatchers, (this: any, job: unknown, options?: any) => any>
