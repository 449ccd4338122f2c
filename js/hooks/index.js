'use strict'

const { syncBuiltinESMExports } = require('node:module')
const timers = require('./timers')
const handles = require('./handles')
const emitterBirths = require('./emitter-births')
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
 * @property {(from: any, to: any) => void} renamedFile
 * @property {boolean} hearsConstructions
 * @property {(emitter: any, below: Function) => void} constructed where it hears of them
 */

/**
 * What the suite guard asks for beside that.
 *
 * @typedef {object} Opener no method throws
 * @property {(kind: number, object: any, below: Function) => void} opened a socket connects, a server listens, a child is spawned
 * @property {(socket: any) => void} accepted a server has a new connection
 * @property {(emitter: any) => void} born
 * @property {() => void} noteClock a fake clock may be there, see fake-clock.js
 */

/** Adding a hook is one file and one line here. */
const HOOKS = [require('./event-emitter'), require('./event-target'), timers, handles, require('./files')]

/**
 * Routes creations to `recorder`; calling it again only changes the recorder.
 * @param {Recorder | null} recorder null: the wrappers are there and silent
 */
function installHooks(recorder) {
  sink.recorder = recorder
  for (const hook of HOOKS) hook.install()
  if (recorder?.hearsConstructions) emitterBirths.install()
  // `import { setTimeout } from 'node:timers'` sees the patched function only after this.
  syncBuiltinESMExports()
}

/** Puts Node's functions back; where another library has wrapped ours, ours stays and is silent. */
function uninstallHooks() {
  sink.recorder = null
  for (const hook of [...HOOKS, emitterBirths]) hook.uninstall()
  syncBuiltinESMExports()
}

/** @param {Opener | null} opener null: the wrappers stay, and are silent */
function reportToGuard(opener) {
  sink.guard = opener
  for (const hook of [handles, handles.accepts, emitterBirths]) hook.install()
  syncBuiltinESMExports()
}

module.exports = { reportToGuard, installHooks, uninstallHooks, enterRealm: timers.enterRealm }
