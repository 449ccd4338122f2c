'use strict'

/**
 * Writes docs/configuration.md from the option tables of js/config.js, so that no option goes undocumented:
 * `node scripts/docs.js`. `__test__/readme.test.js` fails while the file is out of date.
 */

const fs = require('node:fs')
const path = require('node:path')
const { START, CHECK, MEMORY, GUARD } = require('../js/config')

const FILE = path.join(__dirname, '..', 'docs', 'configuration.md')

/** Defaults that are worked out when they are needed, in words. */
const WORKED_OUT = {
  'check heap': '`true`, but in Jest and Vitest `false`',
  'start name': "the script's name and the process id",
  'start report.logger': '`console`',
  'start report.signal': 'none',
  'start baseline': 'none',
  'check baseline': 'none',
  'check name': "the function's name; on the command line the file's name",
  'check jobs': '20 to 5,000, by evidence',
  'toStayWithin heapMb': 'no limit',
  'toStayWithin rssMb': 'no limit',
  'the suite guard once': 'none'
}

const HEAD = `# Configuration

<!-- Written by scripts/docs.js from js/config.js. Change the table there, then run \`node scripts/docs.js\`. -->

An option is looked up in three places; the first that has it wins:

1. the call: \`start({ graceMs: 10_000 })\`, or the flag of a command ([cli.md](cli.md));
2. the environment variable;
3. the default.

A value that is out of bounds and an option that does not exist are errors, with code \`HOLDOVER_OPTION\`, or
\`HOLDOVER_ENV\` where the value came from the environment. A dot in a name means a nested object:
\`report.everyMs\` is \`start({ report: { everyMs: 10_000 } })\`.
`

const START_HEAD = `
## \`start\`

Calling \`start\` again in the same thread returns the running tracker and ignores the options. In several threads
\`name\` and \`graceMs\` are those of the first that starts; the others hold for the thread that gives them
([threads](how-it-works.md#8-threads)).
`

const LEVELS = `
### Levels

| Level | What is recorded |
|---|---|
| \`off\` | nothing; Node's own functions are put back. From here \`setLevel\` can switch on again |
| \`counts\` | what is left behind, by kind and shape; no call sites, so findings have no place |
| \`sites\` | the same, with the call sites of some jobs ([how they are chosen](how-it-works.md#4-call-sites)) |
| \`full\` | as \`sites\` today; reserved for evidence that costs more |

\`setLevel('off')\` takes the hooks off until another level is set. Reports are then as of the last look, with a note, and never
\`clean\`. \`start({ level: 'off' })\` installs nothing and returns a tracker that does nothing, \`setLevel\` included.
`

const CHECK_HEAD = `
## \`check\` and \`assertNoLeaks\`

\`allowInconclusive\` matters for \`assertNoLeaks\` and the command's exit code; \`check\` returns its report either way.
`

const MEMORY_HEAD = `
## \`toStayWithin\`

One of the two limits must be given ([what is measured](testing.md#memory)).
`

const GUARD_HEAD = `
## The suite guard

Its entry is a setup file and takes no arguments, so the environment is the only place
([what it does](testing.md#the-whole-suite)).
`

const OTHERS = `
## Variables that are no options

| Variable | Effect |
|---|---|
| \`HOLDOVER\` | \`off\`, \`0\` or \`false\`: no hook is installed and the native binary is not loaded. It beats everything else. \`start\` returns a tracker that does nothing, \`runJob\` and \`wrapJob\` call straight through, \`check\` fails with \`HOLDOVER_OFF\` |
| \`HOLDOVER_PRIVATE_FIELDS\` | \`off\`: read no private field of Node and use the slower fallbacks ([what they are](limits.md#private-fields-of-node)) |
| \`NO_COLOR\` | any text but the empty one: reports without colours |

Bounds that are not options are listed in [limits.md](limits.md#bounds).
`

/** @param {string} call @param {string} name @param {any} option */
function defaultOf(call, name, { fallback }) {
  if (fallback !== null && typeof fallback !== 'function')
    return `\`${typeof fallback === 'number' ? fallback.toLocaleString('en-US') : fallback}\``
  const words = /** @type {any} */ (WORKED_OUT)[`${call} ${name}`]
  if (words === undefined) throw new Error(`scripts/docs.js has no words for the default of ${call} ${name}`)
  return words
}

/** @param {string} call @param {Record<string, any>} options */
function table(call, options) {
  const rows = Object.entries(options).map(([name, option]) => {
    const env = option.env === '' ? 'none' : `\`${option.env}\``
    const cells = [
      `\`${name}\``,
      defaultOf(call, name, option),
      env,
      `${option.expected}`,
      `${option.atTheLimit}`
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '| Option | Default | Environment | May be | At the limit |',
    '|---|---|---|---|---|',
    ...rows
  ].join('\n')
}

/** The whole page. */
function configurationPage() {
  const start = `${START_HEAD}\n${table('start', START)}\n${LEVELS}`
  const check = `${CHECK_HEAD}\n${table('check', CHECK)}\n`
  const memory = `${MEMORY_HEAD}\n${table('toStayWithin', MEMORY)}\n`
  const guard = `${GUARD_HEAD}\n${table('the suite guard', GUARD)}\n`
  return HEAD + start + check + memory + guard + OTHERS
}

module.exports = { configurationPage, FILE }

if (require.main === module) fs.writeFileSync(FILE, configurationPage())
