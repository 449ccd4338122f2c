'use strict'

// The process's own, which is the global one but in a test runner: Jest's belongs to one test file and fails the run
// when it is written to after that.
const console = require('node:console')
const path = require('node:path')
const { HoldoverError } = require('./errors')
const { SIGNALS, isSignal } = require('./report-moments')

/**
 * @typedef {object} Option
 * @property {any} fallback
 * @property {string} env
 * @property {string} expected in words, for the error
 * @property {(value: unknown) => boolean} accepts
 * @property {(text: string) => unknown} read from the environment
 * @property {string} atTheLimit
 */

/** @param {number} low @param {number} high */
const between = (low, high) => (/** @type {unknown} */ value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high

/** @param {number} low @param {number} high */
const wholeBetween = (low, high) => (/** @type {unknown} */ value) =>
  Number.isInteger(value) && /** @type {number} */ (value) >= low && /** @type {number} */ (value) <= high

/** @param {string[]} words */
const oneOf = (words) => (/** @type {unknown} */ value) => typeof value === 'string' && words.includes(value)

const asNumber = (/** @type {string} */ text) => (text.trim() === '' ? NaN : Number(text))
const asBoolean = (/** @type {string} */ text) =>
  ({ 1: true, true: true, 0: false, false: false })[text] ?? text
const asText = (/** @type {string} */ text) => text

const asPaths = (/** @type {string} */ text) =>
  text.split(',').map((path) => path.trim().replace(/^\.\//, ''))

const isPathOrNull = (/** @type {unknown} */ value) =>
  value === null || (typeof value === 'string' && value.length > 0)

const DAY_MS = 86_400_000
const LEVELS = ['off', 'counts', 'sites', 'full']
const FORMATS = ['auto', 'text', 'json']

/** Jest sets this in every process and thread that runs test files. */
function isJest() {
  return process.env.JEST_WORKER_ID !== undefined
}

/** @param {any} value */
function isLogger(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    ['info', 'warn', 'error'].every((name) => typeof value[name] === 'function')
  )
}

function defaultName() {
  const main = process.argv[1]
  return `${main === undefined ? 'worker' : path.basename(main, path.extname(main))}-${process.pid}`
}

/**
 * Every option of `start`: default, unit, environment variable, bounds and what happens at the limit.
 * docs/configuration.md is written from this table.
 * @type {Record<string, Option>}
 */
const START = {
  name: {
    fallback: defaultName,
    env: 'HOLDOVER_NAME',
    expected: 'a text of 1 to 100 characters',
    accepts: (value) => typeof value === 'string' && value.length > 0 && value.length <= 100,
    read: asText,
    atTheLimit: 'refused'
  },
  level: {
    fallback: 'sites',
    env: 'HOLDOVER_LEVEL',
    expected: LEVELS.join(', '),
    accepts: oneOf(LEVELS),
    read: asText,
    atTheLimit: 'steps down to counts when over budget, and says so'
  },
  budget: {
    fallback: 0.01,
    env: 'HOLDOVER_BUDGET',
    expected: 'a share of one CPU above 0 and up to 1',
    accepts: between(1e-6, 1),
    read: asNumber,
    atTheLimit: 'passes are spaced out, then the level steps down'
  },
  graceMs: {
    fallback: 30_000,
    env: 'HOLDOVER_GRACE_MS',
    expected: 'milliseconds from 0 to a day',
    accepts: between(0, DAY_MS),
    read: asNumber,
    atTheLimit: 'a leftover is judged only after this time'
  },
  'report.everyMs': {
    fallback: 60_000,
    env: 'HOLDOVER_REPORT_EVERY_MS',
    expected: 'milliseconds from 100 to a day, or 0 for never',
    accepts: (value) => value === 0 || between(100, DAY_MS)(value),
    read: asNumber,
    atTheLimit:
      'a finding prints in full once, then one line when its count doubles or it returns; a heartbeat line an hour'
  },
  'report.format': {
    fallback: 'auto',
    env: 'HOLDOVER_REPORT_FORMAT',
    expected: FORMATS.join(', '),
    accepts: oneOf(FORMATS),
    read: asText,
    atTheLimit: 'auto: text for a console, one object a line for a structured logger'
  },
  'report.atExit': {
    fallback: false,
    env: 'HOLDOVER_REPORT_AT_EXIT',
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: asBoolean,
    atTheLimit: 'true: the whole report is printed when the process ends, or the tracker is stopped'
  },
  'report.signal': {
    fallback: null,
    env: 'HOLDOVER_REPORT_SIGNAL',
    expected: `one of ${SIGNALS.join(', ')} that this platform has`,
    accepts: (value) => value === null || isSignal(value),
    read: asText,
    atTheLimit: 'the whole report is printed whenever the process gets it'
  },
  'report.logger': {
    fallback: () => console,
    env: '',
    expected: 'an object with info, warn and error',
    accepts: isLogger,
    read: asText,
    atTheLimit: 'an error it throws is swallowed and counted'
  },
  baseline: {
    fallback: null,
    env: 'HOLDOVER_BASELINE',
    expected: 'the path of a baseline file',
    accepts: isPathOrNull,
    read: asText,
    atTheLimit: 'a leak in it is shown as accepted and decides nothing'
  }
}

/** Every option of `check` and of the matchers built on it. @type {Record<string, Option>} */
const CHECK = {
  name: {
    fallback: null,
    env: 'HOLDOVER_CHECK_NAME',
    expected: 'a text of 1 to 100 characters',
    accepts: (value) =>
      value === null || (typeof value === 'string' && value.length > 0 && value.length <= 100),
    read: asText,
    atTheLimit: 'refused'
  },
  jobs: {
    fallback: null,
    env: 'HOLDOVER_CHECK_JOBS',
    expected: 'a whole number from 1 to 1,000,000',
    accepts: (value) => value === null || wholeBetween(1, 1_000_000)(value),
    read: asNumber,
    atTheLimit: 'left out: 20 to 5,000 by evidence'
  },
  warmupJobs: {
    fallback: 5,
    env: 'HOLDOVER_CHECK_WARMUP_JOBS',
    expected: 'a whole number from 0 to 100,000',
    accepts: wholeBetween(0, 100_000),
    read: asNumber,
    atTheLimit: 'their leftovers are not counted'
  },
  concurrency: {
    fallback: 1,
    env: 'HOLDOVER_CHECK_CONCURRENCY',
    expected: 'a whole number from 1 to 10,000',
    accepts: wholeBetween(1, 10_000),
    read: asNumber,
    atTheLimit: 'refused'
  },
  timeoutMs: {
    fallback: 60_000,
    env: 'HOLDOVER_CHECK_TIMEOUT_MS',
    expected: 'milliseconds from 100 to a day',
    accepts: between(100, DAY_MS),
    read: asNumber,
    atTheLimit: 'inconclusive'
  },
  graceMs: {
    fallback: 500,
    env: 'HOLDOVER_CHECK_GRACE_MS',
    expected: 'milliseconds from 0 to a day',
    accepts: between(0, DAY_MS),
    read: asNumber,
    atTheLimit: 'what is still there then was left behind'
  },
  strict: {
    fallback: false,
    env: 'HOLDOVER_CHECK_STRICT',
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: asBoolean,
    atTheLimit: 'true: anything retained fails, also from one job'
  },
  heap: {
    fallback: () => !isJest() && process.env.VITEST === undefined,
    env: 'HOLDOVER_CHECK_HEAP',
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: asBoolean,
    atTheLimit:
      'false, as in Jest, Vitest and the matchers: what piles up in the heap is not looked for; true in Jest: inconclusive'
  },
  allowInconclusive: {
    fallback: false,
    env: 'HOLDOVER_CHECK_ALLOW_INCONCLUSIVE',
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: asBoolean,
    atTheLimit: 'true: too little evidence passes'
  },
  baseline: {
    fallback: null,
    env: 'HOLDOVER_CHECK_BASELINE',
    expected: 'the path of a baseline file',
    accepts: isPathOrNull,
    read: asText,
    atTheLimit: 'a leak in it is shown as accepted and fails nothing'
  }
}

/** @param {unknown} value */
const isLimit = (value) => value === null || between(0, 1_000_000)(value)

/** Every option of `toStayWithin`. @type {Record<string, Option>} */
const MEMORY = {
  heapMb: {
    fallback: null,
    env: '',
    expected: 'megabytes from 0 to 1,000,000',
    accepts: isLimit,
    read: asNumber,
    atTheLimit: 'fails when the heap has grown by more since the warm-up'
  },
  rssMb: {
    fallback: null,
    env: '',
    expected: 'megabytes from 0 to 1,000,000',
    accepts: isLimit,
    read: asNumber,
    atTheLimit: 'fails when the resident memory has grown by more since the warm-up'
  },
  jobs: {
    ...CHECK.jobs,
    fallback: 100,
    accepts: wholeBetween(1, 1_000_000),
    atTheLimit: 'fewer than 20 are inconclusive'
  },
  warmupJobs: { ...CHECK.warmupJobs, atTheLimit: 'what they allocate is not counted' },
  concurrency: CHECK.concurrency,
  timeoutMs: CHECK.timeoutMs,
  allowInconclusive: CHECK.allowInconclusive
}

/** Every option of the suite guard; a setup file takes no arguments. @type {Record<string, Option>} */
const GUARD = {
  graceMs: {
    fallback: 500,
    env: 'HOLDOVER_GUARD_GRACE_MS',
    expected: 'milliseconds from 0 to a minute',
    accepts: between(0, 60_000),
    read: asNumber,
    atTheLimit: 'what is still there then was left behind'
  },
  fail: {
    fallback: true,
    env: 'HOLDOVER_GUARD_FAIL',
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: asBoolean,
    atTheLimit: 'false: what was left behind is printed and fails nothing'
  },
  once: {
    fallback: () => [],
    env: 'HOLDOVER_GUARD_ONCE',
    expected: 'paths of files or folders, separated by commas',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((path) => path !== ''),
    read: asPaths,
    atTheLimit: 'of a line in them one may be left behind by one test; by a second test both fail'
  }
}

/** @param {any} options @param {string} name may be dotted */
function pick(options, name) {
  return name
    .split('.')
    .reduce((value, key) => (value === null || value === undefined ? undefined : value[key]), options)
}

/** @param {string} name @param {Option} option @param {any} options @param {NodeJS.ProcessEnv} env */
function resolveOne(name, option, options, env) {
  const given = pick(options, name)
  if (given !== undefined) {
    if (!option.accepts(given)) {
      throw new HoldoverError('HOLDOVER_OPTION', {
        option: name,
        problem: `must be ${option.expected}, got ${show(given)}`
      })
    }
    return given
  }
  const text = option.env === '' ? undefined : env[option.env]
  if (text !== undefined) {
    const value = option.read(text)
    if (!option.accepts(value)) {
      const problem = `must be ${option.expected}, got '${text}'`
      throw new HoldoverError('HOLDOVER_ENV', { variable: option.env, option: name, problem })
    }
    return value
  }
  return fallback(option)
}

/** @param {Option} option */
function fallback(option) {
  return typeof option.fallback === 'function' ? option.fallback() : option.fallback
}

/** @param {unknown} value */
function show(value) {
  return typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)
}

/** @param {any} options @param {Record<string, Option>} table @param {string} prefix */
function refuseUnknown(options, table, prefix = '') {
  for (const key of Object.keys(options)) {
    const name = prefix + key
    if (name in table) continue
    const isGroup = Object.keys(table).some((known) => known.startsWith(`${name}.`))
    const value = options[key]
    if (isGroup && value !== null && typeof value === 'object') refuseUnknown(value, table, `${name}.`)
    else if (isGroup && value === undefined) continue
    else {
      const known = Object.keys(table).join(', ')
      const problem = isGroup ? `must be an object, got ${show(value)}` : `is not known; known are ${known}`
      throw new HoldoverError('HOLDOVER_OPTION', { option: name, problem })
    }
  }
}

/**
 * Resolves options with the precedence call, environment, default.
 * @param {Record<string, Option>} table
 * @param {any} [options]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {any} by the names of the table
 */
function resolve(table, options = {}, env = process.env) {
  if (options === null || typeof options !== 'object') {
    throw new HoldoverError('HOLDOVER_ARG', {
      where: 'holdover',
      what: 'options',
      expected: 'an object',
      got: show(options)
    })
  }
  refuseUnknown(options, table)
  return Object.fromEntries(
    Object.entries(table).map(([name, option]) => [name, resolveOne(name, option, options, env)])
  )
}

/** `HOLDOVER=off` beats everything: no hook, no binary. */
function isOff(env = process.env) {
  return ['off', '0', 'false'].includes((env.HOLDOVER ?? '').toLowerCase())
}

module.exports = { isJest, START, CHECK, MEMORY, GUARD, resolve, fallback, isOff, isLogger, show }
