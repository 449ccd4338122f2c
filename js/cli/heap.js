'use strict'

const { parse, toCount } = require('./args')
const { progressBar } = require('./progress')
const heap = require('../heap')
const { HoldoverError } = require('../errors')
const { COLUMNS } = require('../reporters/heap-rows')
const { comparisonText, summaryText } = require('../reporters/heap-table')
const { growthText } = require('../reporters/heap-growth')
const { retainersText } = require('../reporters/heap-retainers')

const USAGE = `Usage: holdover heap summary FILE [options]
       holdover heap compare BEFORE AFTER [options]
       holdover heap growth FILE@JOBS FILE@JOBS FILE@JOBS… [options]
       holdover heap retainers FILE --class NAME | --id N [options]

summary     the classes of a heap snapshot, the one that retains most first
compare     what changed between two snapshots of one process, the class that grew most first, and what holds
            the new objects
growth      what grows with the jobs, and which variable keeps it: snapshots of one process, each after more
            jobs. Three or more give a verdict
retainers   what holds the objects of a class, or one object

Classes, counts and sizes are those of Chrome DevTools.

  --jobs N,N,N         growth: jobs finished at each snapshot, instead of @JOBS
  --class NAME         retainers: the class
  --id N               retainers: V8's id of one object, as --json shows it
  --top N              rows of a table to show (25)
  --paths N            ways of holding to show (10; growth and retainers: 25)
  --no-paths           compare: the table alone, in half the time
  --sort COLUMN        summary: count, shallow, retained, distance, name
                       compare: new, deleted, delta, bytes, growth, name
                       growth: rate, count, bytes, name
  --filter TEXT        only classes whose name has TEXT
  --all                all rows, also those of V8 and Node
  --json               everything as JSON on stdout

Exit codes: 0 done (growth: nothing grows), 1 something grows, 2 error, 3 growth that is not decided`

/** @type {Record<string, { type: 'string' | 'boolean', short?: string, default?: string }>} */
const OPTIONS = {
  jobs: { type: 'string' },
  class: { type: 'string' },
  id: { type: 'string' },
  top: { type: 'string', default: '25' },
  paths: { type: 'string' },
  'no-paths': { type: 'boolean' },
  sort: { type: 'string' },
  filter: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
}

/** Flags of one command alone. @type {Record<string, string[]>} */
const OWN_FLAGS = { jobs: ['growth'], class: ['retainers'], id: ['retainers'], 'no-paths': ['compare'] }

/**
 * @typedef {object} Command
 * @property {[number, number]} files fewest and most
 * @property {string} takes in words
 * @property {(files: string[], values: any, work: import('../index').HeapWorkOptions) => Promise<any>} read
 * @property {(result: any, limits: import('../reporters/heap-rows').Limits) => string} toText
 * @property {number} [paths] shown without `--paths`
 */

/** What a command reads, and how it is shown. @type {Record<string, Command>} */
const COMMANDS = {
  summary: {
    files: [1, 1],
    takes: 'one file',
    read: ([file], _values, work) => heap.open(file, work),
    toText: summaryText
  },
  compare: {
    files: [2, 2],
    takes: 'two files',
    read: ([before, after], values, work) =>
      heap.compare(before, after, { ...work, paths: values['no-paths'] !== true }),
    toText: comparisonText
  },
  growth: {
    files: [2, Number.POSITIVE_INFINITY],
    takes: 'two files or more',
    read: (files, values, work) => {
      const points = pointsOf(files, values.jobs)
      return heap.growth(points.files, { ...work, jobs: points.jobs })
    },
    toText: growthText,
    paths: 25
  },
  retainers: {
    files: [1, 1],
    takes: 'one file',
    read: ([file], values, work) => heap.retainers(file, { ...work, ...targetOf(values) }),
    toText: retainersText,
    paths: 25
  }
}
const DEFAULT_PATHS = 10

/**
 * @param {string[]} args
 * @param {{ clean: number, leaks: number, inconclusive: number }} exit
 * @returns {Promise<number>} exit code
 */
async function run(args, exit) {
  const { values, positionals } = parse(args, OPTIONS, USAGE)
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return exit.clean
  }
  const [name, ...files] = positionals
  const command = commandOf(name, files, values)
  const limits = limitsOf(values, command)

  const bar = progressBar()
  const result = await command.read(files, values, { onProgress: bar.onProgress }).finally(bar.end)
  process.stdout.write(`${values.json ? JSON.stringify(result) : command.toText(result, limits)}\n`)
  const codes = { grows: exit.leaks, steady: exit.clean, inconclusive: exit.inconclusive }
  return codes[/** @type {keyof typeof codes} */ (result.verdict)] ?? exit.clean
}

/** @param {string | undefined} name @param {string[]} files @param {any} values */
function commandOf(name, files, values) {
  if (name === undefined) throw usage('heap needs a command')
  if (!Object.hasOwn(COMMANDS, name)) throw usage(`unknown command '${name}'`)
  const command = COMMANDS[name]
  const [fewest, most] = command.files
  if (files.length < fewest || files.length > most)
    throw usage(`heap ${name} takes ${command.takes}, got ${files.length}`)
  for (const [flag, commands] of Object.entries(OWN_FLAGS)) {
    if (values[flag] !== undefined && !commands.includes(name))
      throw usage(`--${flag} belongs to ${commands.join(', ')}`)
  }
  const columns = Object.keys(COLUMNS[name] ?? {})
  if (values.sort !== undefined && !columns.includes(values.sort))
    throw usage(
      columns.length === 0
        ? `heap ${name} has no columns to sort by`
        : `--sort must be one of ${columns.join(', ')}, got '${values.sort}'`
    )
  return command
}

/** @param {any} values @param {Command} command @returns {import('../reporters/heap-rows').Limits} */
function limitsOf(values, command) {
  const paths = values.paths === undefined ? (command.paths ?? DEFAULT_PATHS) : count(values, 'paths')
  const rows = count(values, 'top')
  const { filter, sort, all = false } = values
  return { rows: all ? Number.POSITIVE_INFINITY : rows, all, paths, filter, sort }
}

/** @param {any} values @param {string} flag */
function count(values, flag) {
  const number = toCount(values[flag])
  if (typeof number !== 'number') throw usage(`--${flag} must be a count, got '${values[flag]}'`)
  return number
}

/** Files and their jobs: `FILE@100`, or `--jobs 100,550`. @param {string[]} files @param {string | undefined} list */
function pointsOf(files, list) {
  if (list !== undefined) {
    const jobs = list.split(',').map(toCount)
    if (jobs.length !== files.length || jobs.some((number) => typeof number !== 'number'))
      throw usage(`--jobs must be ${files.length} counts like 100,550,1000, one for each file, got '${list}'`)
    return { files, jobs: /** @type {number[]} */ (jobs) }
  }
  const parts = files.map((file) => /^(.+)@(\d+)$/s.exec(file))
  const missing = parts.indexOf(null)
  if (missing !== -1)
    throw usage(
      `how many jobs had finished at ${files[missing]}? Write ${files[missing]}@100, or give --jobs`
    )
  const known = /** @type {RegExpExecArray[]} */ (parts)
  return { files: known.map((part) => part[1]), jobs: known.map((part) => Number(part[2])) }
}

/** @param {any} values */
function targetOf(values) {
  if ((values.class === undefined) === (values.id === undefined))
    throw usage('heap retainers needs either --class NAME or --id N')
  const paths = values.paths === undefined ? {} : { paths: count(values, 'paths') }
  return { ...(values.id === undefined ? { class: values.class } : { id: count(values, 'id') }), ...paths }
}

/** @param {string} problem */
function usage(problem) {
  return new HoldoverError('HOLDOVER_USAGE', { problem, usage: USAGE })
}

module.exports = { run }
