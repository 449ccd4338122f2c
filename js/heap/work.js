'use strict'

const { native } = require('../native')
const originals = require('../originals')
const { refusal } = require('./refusal')

/** Work on heap snapshots that Rust does on a thread of Node's pool, as a promise. */

/**
 * @typedef {object} WorkOptions
 * @property {AbortSignal} [signal]
 * @property {(progress: { doneBytes: number, totalBytes: number }) => void} [onProgress]
 */

/** Often enough for a bar, and for who waits for the end of it. */
const POLL_MS = 50

/**
 * Awaits Rust's answer. It cannot call from its thread without a handle that holds the process, so it is asked.
 * @param {(work: any) => Promise<string>} start
 * @param {WorkOptions} options
 * @returns {Promise<any>} what the JSON says
 */
async function work(start, { signal, onProgress } = {}) {
  signal?.throwIfAborted()
  const { HeapWork } = native()
  const job = new HeapWork()
  const tell = () => onProgress?.({ doneBytes: job.doneBytes(), totalBytes: job.totalBytes() })
  const timer = onProgress === undefined ? undefined : originals.setInterval(tell, POLL_MS).unref()
  try {
    const json = await unlessAborted(begin(start, job), signal, () => job.stop())
    tell()
    return JSON.parse(json)
  } finally {
    originals.clearInterval(timer)
  }
}

/** Also what it throws at once is an answer. @param {(work: any) => Promise<string>} start @param {any} job */
async function begin(start, job) {
  return start(job)
}

/**
 * The answer, or the signal's reason as soon as that is aborted: Rust stops at the next piece of a file, but not while it
 * analyses.
 * @param {Promise<string>} answer
 * @param {AbortSignal | undefined} signal
 * @param {() => void} stop
 * @returns {Promise<string>}
 */
function unlessAborted(answer, signal, stop) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      stop()
      reject(signal?.reason)
    }
    const done = () => signal?.removeEventListener('abort', abort)
    signal?.addEventListener('abort', abort)
    // What Rust says after the abort is that it stopped.
    const refuse = (/** @type {any} */ cause) => signal?.aborted || reject(refusal(cause))
    answer.then(resolve, refuse).finally(done)
  })
}

module.exports = { work }
