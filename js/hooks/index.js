'use strict'

const { syncBuiltinESMExports } = require('node:module')
const timers = require('./timers')
const sink = require('./sink')

/**
 * What hooks report to. Every method returns at once outside its interest and never throws.
 * `below` is the wrapper itself: a captured stack starts at its caller.
 *
 * @typedef {object} Recorder
 * @property {(owner: any, type: any, listener: any, below: Function) => void} listener
 * @property {(timer: any, below: Function) => void} timer
 * @property {(immediate: any, below: Function) => void} immediate
 * @property {(delay: any, below: Function) => void} promisedTimer
 * @property {(kind: number, object: any, below: Function) => void} opened it says itself whether it is open
 * @property {(kind: number, path: any, found: any, below: Function) => void} openedFile with its descriptor, its stream, or
 *   neither
 */

/** Adding a hook is one file and one line here. */
const HOOKS = [
  require('./event-emitter'),
  require('./event-target'),
  timers,
  require('./handles'),
  require('./files')
]

/**
 * Routes creations to `recorder`; calling it again only changes the recorder.
 * @param {Recorder | null} recorder null: the wrappers are there and silent
 */
function installHooks(recorder) {
  sink.recorder = recorder
  for (const hook of HOOKS) hook.install()
  // `import { setTimeout } from 'node:timers'` sees the patched function only after this.
  syncBuiltinESMExports()
}

/** Puts Node's functions back; where another library has wrapped ours, ours stays and is silent. */
function uninstallHooks() {
  sink.recorder = null
  for (const hook of HOOKS) hook.uninstall()
  syncBuiltinESMExports()
}

module.exports = { installHooks, uninstallHooks, enterRealm: timers.enterRealm }
