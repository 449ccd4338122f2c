'use strict'

const { EventEmitter } = require('node:events')
const { syncBuiltinESMExports } = require('node:module')
const handles = require('./handles')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * For the suite guard alone: when emitters are made. It is told of handles too.
 *
 * @typedef {object} Opener whom they report to; no method throws
 * @property {(kind: number, object: any, below: Function) => void} opened a socket connects, a server listens, a child is spawned
 * @property {(emitter: any) => void} born
 * @property {() => void} noteClock a fake clock may be there, see fake-clock.js
 */

/** What the constructor of every emitter calls. @param {Function} original */
function observeInit(original) {
  return function observed() {
    // @ts-expect-error `this` is the new emitter
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.guard !== null) sink.guard.born(this)
    return result
  }
}

const hook = reusable(() => [patch([{ owner: EventEmitter, name: 'init' }], observeInit)])

/** @param {Opener | null} opener null: the wrappers stay, and are silent */
function reportToGuard(opener) {
  sink.guard = opener
  handles.install()
  hook.install()
  syncBuiltinESMExports()
}

module.exports = { reportToGuard }
