'use strict'

const { HoldoverError } = require('../errors')

const REFUSAL = /^(HOLDOVER_SNAPSHOT_[A-Z]+): (\{.*\})$/s

/** What Rust says of a snapshot that it cannot use, as an error of ours. @param {any} cause */
function refusal(cause) {
  // The binary did not load.
  if (cause instanceof HoldoverError) return cause
  const match = REFUSAL.exec(cause?.message)
  if (match === null) return new HoldoverError('HOLDOVER_NATIVE', { reason: cause?.message }, { cause })
  const facts = JSON.parse(match[2])
  const { byteOffset } = facts
  return Object.assign(new HoldoverError(match[1], facts), byteOffset === undefined ? {} : { byteOffset })
}

module.exports = { refusal }
