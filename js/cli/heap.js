'use strict'

const { parse, toCount } = require('./args')
const heap = require('../heap')
const { HoldoverError } = require('../errors')
const { comparisonText, summaryText } = require('../reporters/heap-table')

const USAGE = `Usage: holdover heap summary FILE [options]
       holdover heap compare BEFORE AFTER [options]

summary   the classes of a heap snapshot, the one that retains most first
compare   what changed between two snapshots of one process, the class that grew most first, and what holds
          the new objects

Classes, counts and sizes are those of Chrome DevTools.

  --top N              rows to show (25)
  --all                all rows, also those that every snapshot makes itself
  --no-paths           compare: the table alone, in half the time
  --json               everything as JSON on stdout

Exit codes: 0 done, 2 error`

/** @type {Record<string, { type: 'string' | 'boolean', short?: string, default?: string }>} */
const OPTIONS = {
  top: { type: 'string', default: '25' },
  all: { type: 'boolean' },
  'no-paths': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
}

/** What a command reads, and how it is shown. @type {Record<string, any>} */
const COMMANDS = {
  summary: { files: 1, read: heap.open, toText: summaryText },
  compare: { files: 2, read: heap.compare, toText: comparisonText }
}

/**
 * @param {string[]} args
 * @param {{ clean: number }} exit
 * @returns {Promise<number>} exit code
 */
async function run(args, exit) {
  const { values, positionals } = parse(args, OPTIONS, USAGE)
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return exit.clean
  }
  const [name, ...files] = positionals
  const command = Object.hasOwn(COMMANDS, String(name)) ? COMMANDS[name] : null
  if (command === null) throw usage(name === undefined ? 'heap needs a command' : `unknown command '${name}'`)
  if (files.length !== command.files)
    throw usage(`heap ${name} takes ${command.files === 1 ? 'one file' : 'two files'}, got ${files.length}`)
  const top = toCount(values.top)
  if (typeof top !== 'number') throw usage(`--top must be a count, got '${values.top}'`)

  const result = await command.read(
    ...files,
    ...(name === 'compare' ? [{ paths: values['no-paths'] !== true }] : [])
  )
  const text = values.json
    ? JSON.stringify(result)
    : command.toText(result, { rows: values.all ? Number.POSITIVE_INFINITY : top, all: values.all === true })
  process.stdout.write(`${text}\n`)
  return exit.clean
}

/** @param {string} problem */
function usage(problem) {
  return new HoldoverError('HOLDOVER_USAGE', { problem, usage: USAGE })
}

module.exports = { run }
