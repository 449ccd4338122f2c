'use strict'

const { parseArgs } = require('node:util')
const { HoldoverError } = require('../errors')

/**
 * Parses a command's arguments; a mistake shows the command's usage.
 * @param {string[]} args
 * @param {Record<string, { type: 'string' | 'boolean', short?: string, bare?: string }>} options `bare`: the value of one
 *   that is given without
 * @param {string} usage
 * @returns {{ values: any, positionals: string[] }}
 */
function parse(args, options, usage) {
  const filled = args.map((arg) => {
    const bare = arg.startsWith('--') ? options[arg.slice(2)]?.bare : undefined
    return bare === undefined ? arg : `${arg}=${bare}`
  })
  try {
    return parseArgs({ args: filled, options, allowPositionals: true, strict: true })
  } catch (error) {
    const problem = /** @type {Error} */ (error).message.split('. To specify')[0]
    throw new HoldoverError('HOLDOVER_USAGE', { problem, usage })
  }
}

/**
 * A count from the command line; left out stays undefined, what is no number stays text. What it may be is the
 * option table's business.
 * @param {string | undefined} text
 */
function toCount(text) {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text
}

/**
 * The same for milliseconds, also written `30s` or `2m`.
 * @param {string | undefined} text
 */
function toMs(text) {
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text)
  if (match === null) return text
  return Number(match[1]) * { ms: 1, s: 1_000, m: 60_000 }[/** @type {'ms'} */ (match[2] ?? 'ms')]
}

module.exports = { parse, toCount, toMs }
