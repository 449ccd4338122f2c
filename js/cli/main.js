#!/usr/bin/env node
'use strict'

const { HoldoverError } = require('../errors')

/** Exit codes; part of the interface. */
const EXIT = Object.freeze({ clean: 0, leaks: 1, error: 2, inconclusive: 3 })

/** Adding a command is one file and one line here. @type {Record<string, string>} */
const COMMANDS = { check: './check', run: './run', heap: './heap' }

const USAGE = `Usage: holdover <command>

  holdover check FILE [options]       call the module's job(ctx, i) again and again, and judge what it leaves behind
  holdover run WORKER [options] [-- arguments]   run a worker with reports, and one report when it ends
  holdover heap summary | compare | growth | retainers   read heap snapshots of Node 20 to 26

  holdover <command> --help           the options of a command
  holdover --version

Exit codes: 0 clean, 1 leaks, 2 error, 3 inconclusive`

/** @param {string[]} argv @returns {Promise<number>} exit code */
async function main(argv) {
  const [command, ...rest] = argv
  if (command === '--version' || command === '-v') {
    process.stdout.write(`${require('../../package.json').version}\n`)
    return EXIT.clean
  }
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(`${USAGE}\n`)
    return command === undefined ? EXIT.error : EXIT.clean
  }
  if (!Object.hasOwn(COMMANDS, command)) {
    throw new HoldoverError('HOLDOVER_USAGE', { problem: `unknown command '${command}'`, usage: USAGE })
  }
  return require(COMMANDS[command]).run(rest, EXIT)
}

/** @param {any} error */
function fail(error) {
  const isOurs = error instanceof HoldoverError
  const usage = error?.usage === undefined ? '' : `\n\n${error.usage}`
  const text = isOurs
    ? `holdover: ${error.message} [${error.code}]${usage}`
    : `holdover: ${error?.stack ?? error}`
  process.stderr.write(`${text}\n`)
  return EXIT.error
}

/**
 * Leaves with the code once all output is written: the job's own leaks would keep the process alive for ever.
 * @param {number} code
 */
function leave(code) {
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

main(process.argv.slice(2))
  .catch(fail)
  .then((code) => {
    if (code >= 0) leave(code)
  })
