'use strict'

const { EventEmitter } = require('node:events')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * When emitters are made, for a check and for the suite guard: it costs a call for each emitter of the process. What the
 * constructor of every emitter calls.
 * @param {Function} original
 */
function observeInit(original) {
  return function observed() {
    // @ts-expect-error `this` is the new emitter
    const result = Reflect.apply(original, this, arguments)
    // @ts-expect-error as above
    if (sink.guard !== null) sink.guard.born(this)
    // @ts-expect-error as above
    if (sink.recorder?.hearsConstructions) sink.recorder.constructed(this, observed)
    return result
  }
}

module.exports = reusable(() => [patch([{ owner: EventEmitter, name: 'init' }], observeInit)])
