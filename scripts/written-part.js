'use strict'

/** The part of a page that a script writes from recorded results; the rest of the page is somebody's own. */

const END = '<!-- end of what was written -->'

/**
 * @param {string} page as it is
 * @param {string} begin the comment that opens the part
 * @param {string} text
 * @returns {string}
 */
function withWrittenPart(page, begin, text) {
  const [before, rest] = page.split(begin)
  if (rest === undefined || !rest.includes(END)) throw new Error(`the page must have ${begin} and ${END}`)
  return `${before}${begin}\n\n${text}\n\n${END}${rest.split(END)[1]}`
}

module.exports = { withWrittenPart }
