'use strict'

/**
 * The corpus of job modules for `holdover check`, and what each of them must be found to leak.
 *
 * A leaking module marks each creating line with a comment:
 *
 *     bus.on('end', onEnd) // LEAK <kind> <perJob> [words…]
 *
 * The comment may also stand alone on the line above. Words after the rate:
 *
 *     onlyWhenFailing       only jobs that fail leave it behind
 *     job=(between jobs)    the job it must be put down to; without it, the module's own job
 *     library=<name>        the resource is created inside this package: the marked line is the job's own call into it
 *     usedAt=<line>         in production, where it is not seen who constructs a client, the line that makes it open something
 *     near                  the rate is a hundredth off at most: the collector of Node 26 comes by between two looks
 *     bytes                 the rate is of bytes, which V8 says more or less
 *     on=<variable>         the variable, or property, on which things pile up
 *     lineFrom=<major>:<n>  from this Node on another line, since V8 makes there what takes the memory
 *     rateFrom=<major>:<n>  the same of the rate
 *     each=<n>              one call puts n listeners there (events.once adds one for 'error'); still one leak per call
 *
 * `// check: --concurrency 8` on a line of its own gives arguments for the command line.
 */

const fs = require('node:fs')
const path = require('node:path')

const checkFolder = path.join(__dirname, '..', 'fixtures', 'check')
const { KIND, HEAP_KINDS } = require('../../js/kinds')

const kinds = [...Object.keys(KIND), ...HEAP_KINDS]
/** V8 rounds sizes up, and storage grows in steps. */
const BYTES_SHARE = 0.25
const NEAR_SHARE = 0.01
const marker = /\/\/ LEAK (.+?)\s*$/

/**
 * @typedef {object} Expectation
 * @property {import('../../js/index').ResourceKind} kind
 * @property {string} file absolute path
 * @property {number} line counted from 1
 * @property {number} perJob
 * @property {boolean} onlyWhenFailing
 * @property {string | undefined} job undefined: the module's own job
 * @property {string | undefined} library name of the package whose line creates it
 * @property {number | undefined} usedAt where production names it, if not at `line`
 * @property {number} tolerance share of the rate
 * @property {string | undefined} on the variable on which things pile up
 * @property {number} each resources that one call makes
 */

/**
 * @typedef {object} Fixture
 * @property {string} name file name
 * @property {string} file absolute path
 * @property {string[]} args for `holdover check`
 * @property {Expectation[]} expected by line; empty for a clean module
 */

/**
 * @param {'leaking' | 'clean' | 'exit'} folder
 * @returns {Fixture[]} by name
 */
function fixtures(folder) {
  const all = fs.readdirSync(path.join(checkFolder, folder)).filter((name) => /\.[cm]?js$/.test(name))
  return all.sort().map((name) => readFixture(path.join(checkFolder, folder, name)))
}

/**
 * @param {string} folder
 * @param {string} name
 */
function fixture(folder, name) {
  return readFixture(path.join(checkFolder, folder, name))
}

/**
 * @param {string} file
 * @returns {Fixture}
 */
function readFixture(file) {
  const text = fs.readFileSync(file, 'utf8')
  const args = /^\/\/ check: (.+)$/m.exec(text)?.[1].trim().split(/\s+/) ?? []
  return { name: path.basename(file), file, args, expected: expectationsOf(text, file) }
}

/** The same for a worker that is no job module. @param {string} file absolute path */
function expectationsIn(file) {
  return expectationsOf(fs.readFileSync(file, 'utf8'), file)
}

/**
 * @param {string} text
 * @param {string} file
 * @returns {Expectation[]}
 */
function expectationsOf(text, file) {
  const expected = []
  for (const [index, source] of text.split('\n').entries()) {
    const found = marker.exec(source)
    if (found === null) continue
    const standsAlone = source.trim().startsWith('//')
    const line = index + (standsAlone ? 2 : 1)
    expected.push(parseMarker(found[1], file, line))
  }
  return expected
}

/**
 * @param {string} text what follows LEAK
 * @param {string} file
 * @param {number} line
 * @returns {Expectation}
 */
function parseMarker(text, file, line) {
  // The one value with a space in it.
  const words = text.replace('job=(between jobs)', 'job=(between_jobs)').split(/\s+/)
  const [kind, rate, ...rest] = words
  const perJob = Number(rate)
  if (!kinds.includes(kind) || !(perJob > 0))
    throw new Error(`${file}:${line} has a marker without kind or rate: ${text}`)

  /** @type {Expectation} */
  const expectation = {
    kind: /** @type {Expectation['kind']} */ (kind),
    file,
    line,
    perJob,
    onlyWhenFailing: false,
    job: undefined,
    library: undefined,
    usedAt: undefined,
    tolerance: 0,
    on: undefined,
    each: 1
  }
  for (const word of rest) {
    const [name, value] = word.split('=')
    if (name === 'onlyWhenFailing') expectation.onlyWhenFailing = true
    else if (name === 'job') expectation.job = value.replace('_', ' ')
    else if (name === 'library') expectation.library = value
    else if (name === 'bytes') expectation.tolerance = BYTES_SHARE
    else if (name === 'near') expectation.tolerance = NEAR_SHARE
    else if (name === 'on') expectation.on = value
    else if (name === 'usedAt') expectation.usedAt = Number(value)
    else if (name === 'lineFrom') expectation.line = fromNode(value, line)
    else if (name === 'rateFrom') expectation.perJob = fromNode(value, perJob)
    else if (name === 'each') expectation.each = Number(value)
    else throw new Error(`${file}:${line} has an unknown word in its marker: ${word}`)
  }
  return expectation
}

/** @param {string} text `<major>:<number>` @param {number} before what holds below that Node */
function fromNode(text, before) {
  const [major, since] = text.split(':').map(Number)
  return Number.parseInt(process.versions.node, 10) >= major ? since : before
}

module.exports = { checkFolder, fixtures, fixture, readFixture, expectationsOf, expectationsIn }
