'use strict'

/**
 * Every error holdover raises, in one table: what was wrong and the remedy. Placeholders are `{name}`.
 * @type {Record<string, string>}
 */
const MESSAGES = {
  HOLDOVER_ARG: '{where}: {what} must be {expected}, got {got}',
  HOLDOVER_SANDBOXED:
    'track: {file} is a file, which BullMQ runs in a process or thread of its own: wrap the function that the file ' +
    'exports, and call start() there',
  HOLDOVER_OPTION: "option '{option}' {problem} (see docs/configuration.md)",
  HOLDOVER_ENV: "environment variable {variable}: option '{option}' {problem}",
  HOLDOVER_BINARY:
    'the native binary of holdover could not be loaded for {platform}, so there is no verdict: {reason}. {remedy}.',
  HOLDOVER_NATIVE: 'the native half refused a call: {reason}. Please report this with the message.',
  HOLDOVER_OFF: '{where} needs holdover, but HOLDOVER=off switches it off: unset it to check for leaks',
  HOLDOVER_CHECK_BUSY: 'a check is already running in this thread: await it before starting the next one',
  HOLDOVER_LEAK: '{report}',
  HOLDOVER_INCONCLUSIVE: '{report}',
  HOLDOVER_MEMORY: '{report}',
  HOLDOVER_LEFT_BEHIND: '{report}',
  HOLDOVER_GUARD: '{where}: {problem}',
  HOLDOVER_FILE: 'cannot find {file}: give the path of a module that exports `job(ctx, i)`',
  HOLDOVER_LOAD: '{file} could not be loaded: {reason}',
  HOLDOVER_NO_JOB: '{file} does not export a function `job(ctx, i)`; it exports: {exports}',
  HOLDOVER_SETUP: '{file}: {hook}() failed: {reason}',
  HOLDOVER_OUTSIDE_ERROR: '{file}: an error escaped outside any job, so there is no verdict: {reason}',
  HOLDOVER_EARLY_EXIT: '{file} called process.exit({code}) before there was a verdict',
  HOLDOVER_BASELINE: 'baseline {file}: {problem}. {remedy}',
  HOLDOVER_OUTPUT: 'cannot write {file}: {reason}',
  HOLDOVER_SNAPSHOT_FILE: '{problem}',
  HOLDOVER_SNAPSHOT_TRUNCATED:
    '{file} is cut: {problem}, at byte {byteOffset}. Was it still being written, or the disk full? Take it again',
  HOLDOVER_SNAPSHOT_SYNTAX:
    '{file} is no heap snapshot, or damaged: {problem}, at byte {byteOffset}. Take it again with v8.writeHeapSnapshot()',
  HOLDOVER_SNAPSHOT_META:
    '{file}: {problem}, at byte {byteOffset}. Which program wrote it? Snapshots of Node 20 to 26 are read',
  HOLDOVER_SNAPSHOT_COUNT: '{file} is damaged: {problem}, at byte {byteOffset}. Take it again',
  HOLDOVER_SNAPSHOT_REFERENCE: '{file} is damaged: {problem}, at byte {byteOffset}. Take it again',
  HOLDOVER_SNAPSHOT_TEXT: '{file} is damaged: {problem}, at byte {byteOffset}. Take it again',
  HOLDOVER_SNAPSHOT_DUPLICATE: '{file} is damaged: {problem}, at byte {byteOffset}. Take it again',
  HOLDOVER_SNAPSHOT_LIMIT:
    '{file}: {problem}, at byte {byteOffset}. Either it is damaged, or larger than holdover can read',
  HOLDOVER_SNAPSHOT_TOO_COSTLY: 'no snapshot was taken, since that may cost too much: {reason}. {remedy}',
  HOLDOVER_SNAPSHOT_TAKE: 'V8 took no snapshot: {reason}',
  HOLDOVER_NOT_COLLECTED: '{report}',
  HOLDOVER_SNAPSHOT_CLOSED: 'the snapshot was closed: keep it open for as long as it is used',
  HOLDOVER_SNAPSHOT_PROCESS:
    '{file} is of another process than {last}: objects are known by ids, which mean something in one process alone. Take all snapshots in one run',
  HOLDOVER_HEAP_NONE: '{file} has no {what}. `holdover heap summary` lists the classes that it has',
  HOLDOVER_HEAP_JOBS:
    'heap.watch counts finished jobs, and there are none: call start(), and run them with runJob, wrapJob or an adapter',
  HOLDOVER_HEAP_ANEW:
    'V8 numbers all objects anew since a debugger or profiler has left, so earlier snapshots say nothing any more: this one is the first of a new series',
  HOLDOVER_USAGE: '{problem}'
}

/**
 * @param {string} code a key of the table
 * @param {Record<string, unknown>} [values] placeholder values
 */
function describe(code, values = {}) {
  return MESSAGES[code].replace(/\{(\w+)\}/g, (_, name) => String(values[name]))
}

/** An error of holdover itself. `code` is stable and starts with `HOLDOVER_`. */
class HoldoverError extends Error {
  /**
   * @param {string} code
   * @param {Record<string, unknown>} [values]
   * @param {ErrorOptions} [options]
   */
  constructor(code, values, options) {
    super(describe(code, values), options)
    this.name = 'HoldoverError'
    this.code = code
    /** How the command is used, for a mistake on the command line. */
    this.usage = values?.usage
  }
}

/** What `assertNoLeaks` throws: `message` is the report as text, `report` the report itself. */
class LeakError extends HoldoverError {
  /**
   * @param {string} code HOLDOVER_LEAK or HOLDOVER_INCONCLUSIVE
   * @param {import('./index').Report} report
   * @param {string} text
   */
  constructor(code, report, text) {
    super(code, { report: text })
    this.name = 'LeakError'
    this.report = report
  }
}

exports.HoldoverError = HoldoverError
exports.LeakError = LeakError
exports.MESSAGES = MESSAGES
exports.describe = describe
