'use strict'

/** A comment inside a line. */
const INLINE = /\/\*.*?\*\//g
/** One to the end of the line: not the slashes of `'https://…'`. */
const TO_THE_END = /(^|\s)\/\/.*$/

/**
 * The lines of a source, and spaces where they have a comment: what a comment mentions is not done there. It is no parser, and
 * may take a part of a text or pattern for a comment.
 * @param {string} source
 */
function codeLines(source) {
  const lines = source.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const end = endOfBlock(lines, at)
    for (; at < end; at++) lines[at] = ''
    lines[at] = lines[at].replace(INLINE, blank)
    lines[at] = end === -1 ? lines[at].replace(TO_THE_END, blank) : afterBlock(lines[at])
  }
  return lines
}

/**
 * The line that ends the comment with which a line begins.
 * @param {string[]} lines @param {number} first @returns {number} -1: there is no such comment
 */
function endOfBlock(lines, first) {
  if (!/^\s*\/\*(?!.*\*\/)/.test(lines[first])) return -1
  return lines.findIndex((line, at) => at > first && line.includes('*/'))
}

/** @param {string} line that ends a comment */
function afterBlock(line) {
  return line.replace(/^.*?\*\//, blank).replace(TO_THE_END, blank)
}

/** Of the same length, so that columns stay. @param {string} text */
function blank(text) {
  return ' '.repeat(text.length)
}

exports.codeLines = codeLines
