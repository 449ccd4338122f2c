'use strict'

/**
 * Loaded with --require before a test file: starts holdover, puts the file where the run wants it (outside any job, in
 * one, after one), and writes down how much the hooks saw. Nothing of holdover is changed: the counters sit on the
 * instance that the hooks report to.
 */

const { openSync, writeSync, closeSync } = require('node:fs')
const { threadId } = require('node:worker_threads')
const holdover = require('../../js/index')
const { storage } = require('../../js/context')

const settings = JSON.parse(process.env.HOLDOVER_CONFORMANCE ?? '{}')
const tally = { recorded: 0, seen: 0, passes: 0, faults: 0, inert: 0 }
/** @type {any} */
let watch = null

/**
 * For `busy`: passes every 50 ms and never off for cost, so that short tests meet many of them. Not for the others: a pass
 * also empties the birth list, and so hides what that holds until the end of the loop turn.
 */
const BUSY = { graceMs: 100, budget: 1, 'report.everyMs': 0 }

function write() {
  try {
    if (watch !== null) Object.assign(tally, { passes: watch.passes, faults: watch.faults })
    const file = openSync(settings.log, 'a')
    writeSync(file, `${JSON.stringify({ thread: `${process.pid}/${threadId}`, ...tally })}\n`)
    closeSync(file)
  } catch {
    // A test that forbids files: its counts are lost, and it is listed as one with none.
  }
}

/** @typedef {'listener' | 'timer' | 'immediate' | 'promisedTimer' | 'opened' | 'openedFile'} Method */

/** @param {Method} method */
function count(method) {
  const original = watch.recorder[method]
  watch.recorder[method] = (/** @type {any[]} */ ...args) => {
    tally.seen++
    const scope = /** @type {any} */ (storage.getStore())
    const isOpen = scope !== undefined && scope.order === 0
    // An immediate is of interest only after its job.
    if (scope?.watch === watch && (method !== 'immediate' || !isOpen)) {
      tally.recorded++
      // Doubling: a test that ends by a signal has still left a count, and one with a million costs twenty lines.
      if ((tally.recorded & (tally.recorded - 1)) === 0) write()
    }
    return Reflect.apply(original, watch.recorder, args)
  }
}

// Before start(), so that it is not recorded as the test's.
process.on('exit', write)

const tracker = holdover.start({ level: settings.level, ...(settings.place === 'busy' ? BUSY : {}) })
watch = /** @type {any} */ (tracker).watch ?? null
if (watch === null) {
  tally.inert = 1
  write()
} else {
  const methods = /** @type {const} */ ([
    'listener',
    'timer',
    'immediate',
    'promisedTimer',
    'opened',
    'openedFile'
  ])
  for (const method of methods) count(method)
  if (settings.place !== 'outside') {
    const scope = watch.begin('conformance')
    // What is entered here, on the main module's own stack, holds for the file and for all that follows from it.
    storage.enterWith(scope)
    if (settings.place === 'after') watch.end(scope, 0)
  }
}
