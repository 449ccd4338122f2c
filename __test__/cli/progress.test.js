'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { progressBar } = require('../../js/cli/progress')

/** A stream that keeps what is written. @param {boolean} isTTY */
function stream(isTTY) {
  /** @type {string[]} */
  const written = []
  return { isTTY, written, write: (/** @type {string} */ text) => written.push(text) }
}

test('a terminal shows how much has been read, and is cleared at the end', () => {
  const terminal = stream(true)
  const bar = progressBar(/** @type {any} */ (terminal))
  bar.onProgress?.({ doneBytes: 5e6, totalBytes: 10e6 })
  bar.onProgress?.({ doneBytes: 10e6, totalBytes: 10e6 })
  bar.end()
  assert.deepEqual(terminal.written, [
    `\r\x1b[K${'█'.repeat(12)}${'░'.repeat(12)} 5.0 MB of 10.0 MB read`,
    `\r\x1b[K${'█'.repeat(24)} read, working it out`,
    '\r\x1b[K'
  ])
})

test('where stderr is no terminal, nothing is written or asked for', () => {
  const pipe = stream(false)
  const bar = progressBar(/** @type {any} */ (pipe))
  assert.equal(bar.onProgress, undefined)
  bar.end()
  assert.deepEqual(pipe.written, [])
})
