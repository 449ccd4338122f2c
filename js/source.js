'use strict'

const fs = require('node:fs')

/** Source files read for one report, and the size up to which one is read. */
const MAX_FILES = 64
const MAX_FILE_BYTES = 4 * 1024 * 1024
const MAX_LINE = 160

/** @param {string} file @param {Map<string, string[] | null>} cache */
function linesOf (file, cache) {
  let lines = cache.get(file)
  if (lines !== undefined) return lines
  lines = null
  if (cache.size < MAX_FILES) {
    try {
      if (fs.statSync(file).size <= MAX_FILE_BYTES) lines = fs.readFileSync(file, 'utf8').split(/\r?\n/)
    } catch {
      // The source is not where the code ran from: the report goes without its text.
    }
  }
  cache.set(file, lines)
  return lines
}

/** @param {{ file: string | null, line: number } | null} site @param {Map<string, string[] | null>} cache */
function sourceLine (site, cache) {
  if (!site?.file) return null
  const text = linesOf(site.file, cache)?.[site.line - 1]
  return text === undefined ? null : text.trim().slice(0, MAX_LINE)
}

/** `redis.on('end', …)` → `redis` @param {string | null} source */
function receiverIn (source) {
  const match = source?.match(/([\w$.\]\[]+?)\??\.(?:on|once|addListener|prependListener|prependOnceListener|addEventListener)\s*\(/)
  return match?.[1] ?? null
}

/**
 * Adds the text of the line to each leak, and names the variable in its fix where the line shows it.
 * @param {any} report changed in place
 */
function addSources (report) {
  const cache = new Map()
  for (const leak of report.leaks) {
    const own = leak.calledFrom ?? leak.site
    leak.source = sourceLine(own, cache)
    const receiver = leak.calledFrom === null ? receiverIn(leak.source) : null
    if (receiver !== null) leak.fix = leak.fix.replace(/^(?:remove it with )?(off|removeEventListener)\(/, `${receiver}.$1(`)
  }
}

module.exports = { addSources, receiverIn }
