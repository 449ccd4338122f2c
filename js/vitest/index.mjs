import { expect } from 'vitest'
import holdover from './matchers.js'

export const { matchers } = holdover
expect.extend(matchers)
