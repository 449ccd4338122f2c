'use strict'

const anySignal = require('any-signal')

module.exports = async function pollStatus({ shipment, deadline }, { shutdown, call }) {
  // Planted mistake 4, in a library: any-signal 2.1.2 leaves its listener on each signal that does not fire, and the
  // worker's shutdown signal does not fire before the end. AbortSignal.any does the same work and leaves nothing.
  const signal = anySignal([shutdown.signal, deadline])

  for (;;) {
    signal.throwIfAborted()
    const { state } = await call('GET', `/shipments/${shipment}`)
    if (state === 'delivered') return state
  }
}
