'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

/**
 * Which job is running: one AsyncLocalStorage per thread, for ever. One per job would slow every
 * await of the process (they are chained inside Node) and could not be collected.
 *
 * The store is a JobScope, or `OUTSIDE`, or undefined outside any job. It is small and never holds a
 * parent, because Node keeps it alive for as long as a timer made in the job lives.
 */
const storage = new AsyncLocalStorage()

/** The store inside `outside(fn)`: whatever is made there belongs to the process, not to a job. */
const OUTSIDE = Object.freeze({ id: 0, exempt: true, order: 0 })

module.exports = { storage, OUTSIDE }
