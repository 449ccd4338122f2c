'use strict'

/**
 * `node --require holdover/register worker.js` (or `--import`): starts from HOLDOVER_* variables before
 * the worker loads anything, so that no reference to an unwatched function exists.
 */
require('./index').start()
