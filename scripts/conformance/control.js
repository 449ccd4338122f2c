'use strict'

/**
 * A preload without holdover: nothing, or one of the things of Node that holdover uses. A test that fails with it does
 * not fail for what holdover does with them.
 */

const { AsyncLocalStorage } = require('node:async_hooks')
const { PerformanceObserver } = require('node:perf_hooks')

const settings = JSON.parse(process.env.HOLDOVER_CONFORMANCE ?? '{}')
if (settings.control === 'context') new AsyncLocalStorage().enterWith({})
if (settings.control === 'collections') new PerformanceObserver(() => {}).observe({ entryTypes: ['gc'] })
