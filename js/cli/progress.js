'use strict'

const { formatBytes } = require('../reporters/format')

const WIDTH = 24
/** Goes to the start of the line and clears it. */
const CLEAR = '\r\x1b[K'

/**
 * A bar on a terminal, for work on heap snapshots; elsewhere nothing.
 * @param {NodeJS.WriteStream} [stream]
 */
function progressBar(stream = process.stderr) {
  if (!stream.isTTY) return { onProgress: undefined, end() {} }
  return {
    onProgress(/** @type {{ doneBytes: number, totalBytes: number }} */ progress) {
      stream.write(CLEAR + barText(progress))
    },
    end() {
      stream.write(CLEAR)
    }
  }
}

/** @param {{ doneBytes: number, totalBytes: number }} progress */
function barText({ doneBytes, totalBytes }) {
  const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 0
  const full = Math.round(share * WIDTH)
  const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
  const what =
    share === 1 ? 'read, working it out' : `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} read`
  return `${bar} ${what}`
}

module.exports = { progressBar, barText }
