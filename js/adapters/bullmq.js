'use strict'

// The package's entry and not ./scope: a test runner may evaluate modules twice, and the first holdover records.
const { wrapJob } = require('../index')
const { HoldoverError } = require('../errors')
const { show } = require('../config')

/**
 * The queue is no part of the name, so that a fingerprint stays the same when a job moves to another queue.
 * @param {{ name: string, id?: string }} job
 */
const identify = ({ name, id }) => ({ name, id })

/**
 * Wraps the processor of a BullMQ `Worker`: every attempt at a job is a job of that name. `length` stays, since
 * BullMQ makes an AbortSignal only for processors with three parameters.
 * @param {any} processor
 */
function track(processor) {
  if (typeof processor === 'function') return wrapJob(identify, processor)
  if (typeof processor === 'string' || typeof processor?.href === 'string')
    throw new HoldoverError('HOLDOVER_SANDBOXED', { file: String(processor) })
  const got = show(processor)
  throw new HoldoverError('HOLDOVER_ARG', { where: 'track', what: 'processor', expected: 'a function', got })
}

exports.track = track
