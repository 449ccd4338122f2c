import * as timers from 'node:timers'
import * as timersPromises from 'node:timers/promises'
import { expect } from 'vitest'
import imports from './imports.js'
import holdover from './matchers.js'

export const { matchers } = holdover
expect.extend(matchers)
imports.refreshImports([timers, timersPromises])
