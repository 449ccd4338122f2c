'use strict'

/** What each tool printed of each job module, kept in target/corpus, so that a run may be taken up again. */

const fs = require('node:fs')
const path = require('node:path')
const { createHash } = require('node:crypto')
const { spawn } = require('node:child_process')
const { TOOLS } = require('./tools')
const { judge } = require('./judge')

const ROOT = path.join(__dirname, '..', '..')
const OWN = path.join(ROOT, 'js')
const KEPT = path.join(ROOT, 'target', 'corpus')
const TIMEOUT_MS = 120_000
const MAX_OUTPUT = 4 * 1024 * 1024
/** Nothing found, something found, cannot tell: any other end is no answer. */
const ANSWERS = [0, 1, 3]

/** @template T @param {T[]} list @param {number} width @param {(one: T) => Promise<unknown>} work */
async function inParallel(list, width, work) {
  let next = 0
  const lane = async () => {
    while (next < list.length) await work(list[next++])
  }
  await Promise.all(Array.from({ length: width }, lane))
}

/** @param {string} tool @param {import('./sources').Source} source @param {boolean} isIdle */
function fileOf(tool, { id }, isIdle) {
  const name = `${id.replaceAll('/', '_')}${isIdle ? '.idle' : ''}.json`
  return path.join(KEPT, tool.replaceAll(' ', '_'), name)
}

/** @param {string[]} files */
function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(fs.readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/** Holdover as it is in this checkout, its binary included: a change has no version. @type {string | undefined} */
let ownHash

function hashOfHoldover() {
  if (ownHash === undefined) {
    const files = fs.readdirSync(OWN, { recursive: true, encoding: 'utf8' }).sort()
    ownHash = hashOf(
      files.filter((name) => /\.(js|mjs|node)$/.test(name)).map((name) => path.join(OWN, name))
    )
  }
  return ownHash
}

/** What an output stands for: another module, or another version of the tool, is another one. */
function stampOf(tool, { file }) {
  const version = tool === 'holdover' ? hashOfHoldover() : TOOLS[tool].version()
  return `${version} ${hashOf([file])}`
}

/** @param {string} tool @param {import('./sources').Source} source */
function kept(tool, source, isIdle = false) {
  const file = fileOf(tool, source, isIdle)
  if (!fs.existsSync(file)) return undefined
  const output = JSON.parse(fs.readFileSync(file, 'utf8'))
  return output.stamp === stampOf(tool, source) ? output : undefined
}

/** @param {string} tool @param {import('./sources').Source} source @param {boolean} resume */
async function makeOutput(tool, source, resume, isIdle = false) {
  const before = resume ? kept(tool, source, isIdle) : undefined
  if (before !== undefined) return before
  const { args, env } = TOOLS[tool].command(source, isIdle)
  const made = await run(TOOLS[tool].node?.() ?? process.execPath, args, env)
  const output = { stamp: stampOf(tool, source), ...made }
  const file = fileOf(tool, source, isIdle)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, JSON.stringify(output))
  return output
}

/** What a tool prints of a module; where it lists something, also of the same worker when it has run no job. */
async function ask(tool, source, resume) {
  const output = await makeOutput(tool, source, resume)
  if (mayBeIdle(tool, output)) await makeOutput(tool, source, resume, true)
}

const mayBeIdle = (tool, output) => TOOLS[tool].listsHandles && answerOf(tool, output).entries.length > 0

/** @param {string} tool @param {import('./sources').Source} source @returns {import('./judge').Outcome | undefined} none: it was not asked */
function outcomeOf(tool, source) {
  const output = kept(tool, source)
  if (output === undefined) return undefined
  const idle = mayBeIdle(tool, output) ? kept(tool, source, true) : null
  if (idle === undefined) return undefined
  return judge(source, answerOf(tool, output), idle === null ? [] : answerOf(tool, idle).entries)
}

/** @param {string} node @param {string[]} args @param {Record<string, string>} [more] */
function run(node, args, more = {}) {
  const env = { ...process.env, NO_COLOR: '1', ...more }
  const startedAt = Date.now()
  // A group of its own, so that what a job has started ends with it.
  const child = spawn(node, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text) => {
      if (texts[name].length < MAX_OUTPUT) texts[name] += text
    })
  }
  const timer = setTimeout(() => endGroup(child.pid), TIMEOUT_MS)
  return new Promise((resolve) => {
    child.on('exit', () => endGroup(child.pid))
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...texts, seconds: (Date.now() - startedAt) / 1_000 })
    })
  })
}

/** @param {number | undefined} pid */
function endGroup(pid) {
  try {
    process.kill(-(/** @type {number} */ (pid)), 'SIGKILL')
  } catch {
    // All of it is gone.
  }
}

/** @param {string} tool @param {any} made @returns {import('./judge').Answer} */
function answerOf(tool, made) {
  const none = { entries: [], isUndecided: false }
  if (!ANSWERS.includes(made.code)) return { ...none, failed: `ended with ${made.code}` }
  try {
    return TOOLS[tool].read(made)
  } catch (error) {
    return { ...none, failed: error.message }
  }
}

module.exports = { inParallel, ask, kept, answerOf, outcomeOf }
