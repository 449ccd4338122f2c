'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { HoldoverError } = require('../errors')
const { readBaseline, writeBaseline, goneNotes } = require('../baseline')
const { FORMATS, render } = require('../reporters')
const github = require('../reporters/github')
const { formatFile } = require('../reporters/format')

/** @typedef {import('../reporters').Surroundings} Surroundings */

const STDOUT = '-'

/** Part of the usage of each command that ends with a report. */
const USAGE = `  --json[=FILE]        the report as JSON on stdout, or into FILE; what the job prints then goes to stderr
  --junit[=FILE]       the same as JUnit XML; several formats at once, of which one may be on stdout
  --sarif[=FILE]       as SARIF 2.1.0, for code scanning
  --markdown[=FILE]    as Markdown, to paste into an issue
  --github             annotations of GitHub Actions as well, and the Markdown in the summary of the step
  --baseline FILE      leaks in FILE are accepted: only others fail
  --update-baseline    write what leaks now into that file, and exit with 0`

/** @type {Record<string, { type: 'string' | 'boolean', bare?: string }>} */
const OPTIONS = {
  ...Object.fromEntries(Object.keys(FORMATS).map((name) => [name, { type: 'string', bare: STDOUT }])),
  github: { type: 'boolean' },
  baseline: { type: 'string' },
  'update-baseline': { type: 'boolean' }
}

/** Before the module that is run may change the folder. @param {string} file as given */
function resolved(file) {
  return file === STDOUT || file === '' ? file : path.resolve(file)
}

/** Where the reports of a command go besides its text. */
class Outputs {
  /**
   * @param {any} values of the flags
   * @param {string} usage of the command
   */
  constructor(values, usage) {
    this.files = Object.keys(FORMATS)
      .filter((name) => values[name] !== undefined)
      .map((format) => ({ format, file: resolved(values[format]) }))
    this.github = values.github === true
    this.baseline = values.baseline === undefined ? null : resolved(values.baseline)
    this.root = rootFolder()
    this.updates = values['update-baseline'] === true
    const onStdout = this.files.filter(({ file }) => file === STDOUT).map(({ format }) => `--${format}`)
    /** @type {string | null} */
    let problem = null
    if (onStdout.length > 1)
      problem = `only one of ${onStdout.join(' and ')} can be on stdout: give the others a file, like ${onStdout[1]}=FILE`
    if (this.files.some(({ file }) => file === ''))
      problem = 'an output needs a file after =, like --junit=report.xml'
    if (this.updates && this.baseline === null) problem = '--update-baseline needs --baseline FILE'
    if (problem !== null) throw new HoldoverError('HOLDOVER_USAGE', { problem, usage })
    /** Whether a format takes stdout, so that there is no text. */
    this.takesStdout = onStdout.length > 0
  }

  /** The baseline to judge by: one that is to be written need not be there yet. */
  get accepted() {
    const isNew = this.updates && this.baseline !== null && !fs.existsSync(this.baseline)
    return isNew ? null : this.baseline
  }

  /**
   * Before anything runs: what cannot be written is said now, and no report of an earlier run is taken for this one.
   * @param {string} module that is run, absolute
   */
  prepare(module) {
    const inUse = new Set([module, this.baseline])
    for (const { file } of this.files.filter(({ file }) => file !== STDOUT)) {
      orRefuse(file, () => {
        if (inUse.has(file)) throw new Error('it is the module, the baseline or another output')
        inUse.add(file)
        makeWay(file)
      })
    }
  }

  /**
   * @param {import('../index').Report} report
   * @param {Pick<Surroundings, 'reportedBy' | 'file' | 'durationMs' | 'allowInconclusive' | 'options'>} known
   * @param {(text: string) => void} [print] to stdout
   */
  write(report, known, print = (text) => void process.stdout.write(text)) {
    const surroundings = { ...known, root: this.root, home: homeFolder(), baseline: this.baseline }
    for (const { format, file } of this.files) {
      const text = render(format, report, surroundings)
      if (file === STDOUT) print(text)
      else orRefuse(file, () => fs.writeFileSync(file, text))
    }
    if (this.github) {
      this.annotate(github.render(report, surroundings), print)
      const summary = process.env.GITHUB_STEP_SUMMARY
      if (summary)
        orRefuse(summary, () => fs.appendFileSync(summary, render('markdown', report, surroundings)))
    }
  }

  /** GitHub reads both streams. @param {string} commands @param {(text: string) => void} print */
  annotate(commands, print) {
    if (this.takesStdout) process.stderr.write(commands)
    else print(commands)
  }

  /** Accepted leaks that the same reporter no longer finds. @param {import('../index').Report} report @param {string} reportedBy */
  goneNotes(report, reportedBy) {
    return goneNotes(readBaseline(this.accepted), report, reportedBy)
  }

  /**
   * Too little evidence shows neither what leaks nor what is gone.
   * @param {import('../index').Report} report @param {string} reportedBy
   * @returns {boolean} whether the file accepts all that was found
   */
  updateBaseline(report, reportedBy) {
    if (!this.updates || this.baseline === null) return false
    const isDecided = report.verdict !== 'inconclusive'
    const done = isDecided
      ? writeBaseline(this.baseline, readBaseline(this.accepted), report, reportedBy)
      : `${formatFile(this.baseline)} is left as it is: the report is inconclusive`
    process.stderr.write(`holdover: ${done}\n`)
    return isDecided
  }

  /** An error that leaves no report. @param {unknown} error */
  writeError(error) {
    if (this.github) process.stderr.write(github.renderError(/** @type {Error} */ (error).message))
  }
}

/** @param {string} file */
function makeWay(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const old = fs.lstatSync(file, { throwIfNoEntry: false })
  if (old !== undefined && !old.isFile()) {
    // A link, a pipe or a device, such as /dev/stdout, is written to and never removed.
    if (old.isDirectory()) throw new Error('it is a folder')
    return fs.accessSync(file, fs.constants.W_OK)
  }
  fs.writeFileSync(file, '')
  fs.rmSync(file)
}

/** Not every user of a container has one. */
function homeFolder() {
  try {
    return os.homedir()
  } catch {
    return ''
  }
}

/** @param {string} file @param {() => void} write */
function orRefuse(file, write) {
  try {
    write()
  } catch (cause) {
    throw new HoldoverError(
      'HOLDOVER_OUTPUT',
      { file, reason: /** @type {Error} */ (cause).message },
      { cause }
    )
  }
}

/**
 * The folder that places are named from: the repository's in continuous integration, where a check may run in a folder
 * of it; else the present one.
 */
function rootFolder() {
  const here = process.cwd()
  const given = [process.env.GITHUB_WORKSPACE, process.env.CI_PROJECT_DIR].filter(
    (folder) => folder !== undefined
  )
  const roots = given.filter((folder) => fs.existsSync(folder)).map((folder) => fs.realpathSync(folder))
  return roots.find((root) => !path.relative(root, here).startsWith('..')) ?? here
}

exports.OPTIONS = OPTIONS
exports.USAGE = USAGE
exports.Outputs = Outputs
