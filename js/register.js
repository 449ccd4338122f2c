'use strict'

const { isMainThread } = require('node:worker_threads')

/**
 * `node --require holdover/register worker.js` (or `--import`): starts from HOLDOVER_* variables before
 * the worker loads anything, so that no reference to an unwatched function exists. Threads inherit the flag.
 */
const tracker = /** @type {any} */ (require('./index').start())

// Nobody holds this tracker who could ask it.
if (tracker.hasFailed && isMainThread) tracker.print()
