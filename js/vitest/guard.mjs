import * as timers from 'node:timers'
import * as timersPromises from 'node:timers/promises'
import * as vitest from 'vitest'
import guard from './guard-hooks.js'
import imports from './imports.js'

guard.register(vitest)
imports.refreshImports([timers, timersPromises])
