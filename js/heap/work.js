'use strict'

const { native } = require('../native')
const { refusal } = require('./answer')

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
async function work(start, { signal, onProgress }) {
  signal?.throwIfAborted()
  const { HeapWork } = native()
  const job = new HeapWork()
  const stop = () => job.stop()
  const tell = () => onProgress?.({ doneBytes: job.doneBytes(), totalBytes: job.totalBytes() })
  signal?.addEventListener('abort', stop, { once: true })
  const timer = onProgress === undefined ? undefined : setInterval(tell, POLL_MS).unref()
  try {
    const json = await start(job)
    signal?.throwIfAborted()
    tell()
    return JSON.parse(json)
  } catch (cause) {
    signal?.throwIfAborted()
    throw refusal(cause)
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
}

module.exports = { work }
