'use strict'

/**
 * Whom all hooks report to; null while they are off, and their wrappers then only forward.
 * @type {{ recorder: import('./index').Recorder | null, guard: import('./index').Opener | null }}
 */
const sink = { recorder: null, guard: null }

module.exports = sink
