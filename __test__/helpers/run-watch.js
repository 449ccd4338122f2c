'use strict'

const { Watch } = require('../../js/watch')
const { installHooks, uninstallHooks } = require('../../js/hooks')
const { probeInternals } = require('../../js/hooks/internals')
const { runInJob } = require('../../js/scope')
const { collect } = require('../../js/collect')
const { RecordingLedger } = require('./recording-ledger')

/**
 * A watch with a recording ledger, hooked in for the length of `body`.
 * @param {{ mode?: 'check' | 'production', graceMs?: number, privateFields?: boolean }} options
 * @param {(watched: any) => Promise<void>} body
 */
async function withWatch({ mode = 'check', graceMs = 0, privateFields = true }, body) {
  const ledger = new RecordingLedger()
  const internals = probeInternals(privateFields)
  let now = 0
  const watch = new Watch({ ledger, run: 1, thread: 0, mode, graceMs, internals, now: () => now })
  installHooks(watch.recorder)
  const watched = {
    watch,
    ledger,
    job: (name, fn) => runInJob(watch, name, fn, undefined, []),
    passTime: (ms) => {
      now += ms
    },
    /** Rows of a fresh pass, sorted by kind and shape. */
    async rows() {
      await collect()
      watch.passNow(mode === 'check')
      return ledger.lastPass()
    }
  }
  try {
    await body(watched)
  } finally {
    uninstallHooks()
  }
}

module.exports = { withWatch }
