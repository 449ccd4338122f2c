import * as vitest from 'vitest'
import guard from './guard-hooks.js'

guard.register(vitest)
