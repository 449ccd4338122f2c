'use strict'

/** Compares outputs that are pasted in documentation with real ones. */

const assert = require('node:assert/strict')

/** The code block below `<!-- label -->`. @param {string} page text @param {string} label */
function pasted(page, label) {
  const start = page.indexOf(`<!-- ${label} -->`)
  assert.notEqual(start, -1, `no block below <!-- ${label} -->`)
  return page
    .slice(start)
    .split('```')[1]
    .replace(/^text\n/, '')
    .replace(/\n$/, '')
}

/** The last report in a text. @param {string} output */
function lastReport(output) {
  const lines = output.trimEnd().split('\n')
  const start = lines.findLastIndex((line) => /^holdover (LEAKING|clean|inconclusive) /.test(line))
  return lines.slice(start).join('\n')
}

/**
 * The findings of a report, each from its LEAK line to its fix, by fingerprint. Places, source lines, rates, job counts
 * and fixes must match to the letter. What depends on when the collector ran does not count: certainty, and with it
 * the order.
 * @param {string} report
 */
function findings(report) {
  const blocks = report.split(/\n\n/).filter((block) => /^ *\d+ LEAK /.test(block))
  return blocks
    .map((block) => block.replace(/^ *\d+ LEAK {2}(sure|likely) /, 'LEAK '))
    .sort((a, b) => fingerprintOf(a).localeCompare(fingerprintOf(b)))
}

/** @param {string} block */
function fingerprintOf(block) {
  return /id (L-[0-9a-f]{6}(?:-\d+)?)/.exec(block)?.[1] ?? ''
}

module.exports = { pasted, lastReport, findings }
