'use strict'

const fs = require('node:fs')

/** Lines remembered, and the size up to which a file is read for one. */
const MAX_LINES = 1_024
const MAX_FILE_BYTES = 4 * 1024 * 1024
const MAX_LINE = 160

/** A line as it is shown, and a copy: a part of a text keeps the whole text alive (V8 of Node 20 to 26). @param {string} line */
function tidyLine(line) {
  return copyOf(line.trim().slice(0, MAX_LINE))
}

/** @param {string} text */
function copyOf(text) {
  return Buffer.from(text).toString()
}

/** @param {string} file @param {number} line @returns {string | null} null where the source is not there */
function readLine(file, line) {
  try {
    if (fs.statSync(file).size > MAX_FILE_BYTES) return null
    const text = fs.readFileSync(file, 'utf8').split(/\r?\n/)[line - 1]
    return text === undefined ? null : tidyLine(text)
  } catch {
    return null
  }
}

/** `redis.on('end', …)` → `redis` @param {string | null} source */
function receiverIn(source) {
  const match = source?.match(
    /([\w$.\][]+?)\??\.(?:on|once|addListener|prependListener|prependOnceListener|addEventListener)\s*\(/
  )
  return match?.[1] ?? null
}

/**
 * The text of the lines that findings point at; each file is read once.
 */
class SourceLines {
  /** @param {{ lineOf(file: string, line: number): string | null }} originals for sources that are not on disk */
  constructor(originals) {
    this.originals = originals
    /** @type {Map<string, string | null>} */
    this.lines = new Map()
  }

  /** @param {{ file: string | null, line: number } | null} site */
  at(site) {
    if (!site?.file) return null
    const key = `${site.file}:${site.line}`
    let text = this.lines.get(key)
    if (text === undefined) {
      text = readLine(site.file, site.line) ?? this.originals.lineOf(site.file, site.line)
      if (this.lines.size < MAX_LINES) this.lines.set(key, text)
    }
    return text
  }

  /**
   * Adds its source line to each leak, and names the variable in its fix where the line shows it.
   * @param {any} report changed in place
   */
  addTo(report) {
    for (const leak of [...report.leaks, ...report.accepted]) {
      leak.source = this.at(leak.calledFrom ?? leak.site)
      const receiver = leak.calledFrom === null ? receiverIn(leak.source) : null
      if (receiver === null) continue
      leak.fix = leak.fix.replace(/^(?:remove it with )?(off|removeEventListener)\(/, `${receiver}.$1(`)
    }
  }
}

module.exports = { SourceLines, tidyLine, copyOf }
