'use strict'

const os = require('node:os')
const { isMainThread } = require('node:worker_threads')
const { storage, OUTSIDE } = require('./context')

/** The process goes on after the report. SIGUSR1 is not among them: it starts Node's debugger. */
const GO_ON = ['SIGUSR2', 'SIGALRM', 'SIGIO', 'SIGPWR', 'SIGURG', 'SIGCONT', 'SIGBREAK']
/** The process ends after the report, as it would have without, unless the program listens too. */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']
const SIGNALS = [...GO_ON, ...ENDING]

/** @param {unknown} name whether a report can be asked for by this signal, on this platform */
function isSignal(name) {
  return typeof name === 'string' && SIGNALS.includes(name) && name in os.constants.signals
}

/**
 * Prints at the moments that the user chose: when the process ends, and on a signal. A listener for a signal keeps no
 * process alive.
 */
class ReportMoments {
  /**
   * @param {any} options resolved, see js/config.js
   * @param {() => void} print never throws
   */
  constructor({ 'report.atExit': atExit, 'report.signal': signal }, print) {
    this.print = print
    /** @type {Array<[string, () => void]>} */
    this.listeners = []
    this.atExit = atExit
    this.maxBefore = 0
    if (atExit) this.listeners.push(['exit', print])
    // Node delivers signals to the main thread alone.
    if (signal !== null && isMainThread) this.listeners.push([signal, () => this.onSignal(signal)])
    if (this.listeners.length === 0) return
    // The program's own listeners are not to be warned of because of one of ours. 0 is no limit.
    this.maxBefore = process.getMaxListeners()
    if (this.maxBefore !== 0) process.setMaxListeners(this.maxBefore + 1)
    // First, so that a listener of the program that is removed when it is called is still there to be seen.
    storage.run(OUTSIDE, () => {
      for (const [event, listener] of this.listeners)
        process.prependListener(/** @type {any} */ (event), listener)
    })
  }

  /** @param {NodeJS.Signals} signal */
  onSignal(signal) {
    this.print()
    if (GO_ON.includes(signal) || process.listenerCount(signal) > 1) return
    this.forget()
    // Nobody listens any more, so this is what it is without us.
    process.kill(process.pid, signal)
  }

  /** At the end of the tracker, which comes before that of the process. */
  stop() {
    if (this.atExit) this.print()
    this.forget()
  }

  forget() {
    if (this.listeners.length === 0) return
    for (const [event, listener] of this.listeners.splice(0)) process.removeListener(event, listener)
    // Unless the program has set its own since.
    if (this.maxBefore !== 0 && process.getMaxListeners() === this.maxBefore + 1)
      process.setMaxListeners(this.maxBefore)
  }
}

exports.ReportMoments = ReportMoments
exports.SIGNALS = SIGNALS
exports.isSignal = isSignal
