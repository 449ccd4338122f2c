'use strict'

/**
 * A preload without holdover. A test that fails with it fails with any preload, or with any AsyncLocalStorage.
 */

const { AsyncLocalStorage } = require('node:async_hooks')

const settings = JSON.parse(process.env.HOLDOVER_CONFORMANCE ?? '{}')
if (settings.place === 'context') new AsyncLocalStorage().enterWith({})
