'use strict'

/**
 * What a command can write besides its text, by the name of its flag: adding one is one file and one line here.
 * Each is a function from a report, and what is known of its surroundings, to text.
 * @type {Record<string, string>}
 */
const FORMATS = { json: './json', junit: './junit', sarif: './sarif', markdown: './markdown' }

/**
 * @typedef {object} Surroundings what a report does not say
 * @property {string} reportedBy the command and what it ran, the same from run to run
 * @property {string} root folder that places are named from
 * @property {string} home folder that is written as ~
 * @property {string | null} file the module or worker that was run, absolute
 * @property {number} durationMs
 * @property {boolean} allowInconclusive too little evidence passes
 * @property {string | null} baseline file of accepted leaks
 * @property {any} options of the check, resolved; null where it was a worker
 */

/**
 * @param {string} format a key of FORMATS
 * @param {import('../index').Report} report
 * @param {Surroundings} surroundings
 * @returns {string} ends with a newline
 */
function render(format, report, surroundings) {
  return require(FORMATS[format]).render(report, surroundings)
}

module.exports = { FORMATS, render }
