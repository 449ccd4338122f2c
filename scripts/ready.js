'use strict'

/**
 * Everything that must hold before a change is sent: formatting, lints, types, tests. Stops at the first step that
 * fails and names it.
 */

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { toolFile } = require('./tools')

const root = path.join(__dirname, '..')

/** @type {Array<{ name: string, run: () => boolean }>} */
const steps = [
  { name: 'bootstrap', run: () => node('scripts/bootstrap.js', '--with-runners') },
  { name: 'Rust formatting', run: () => command('cargo', ['fmt', '--check']) },
  { name: 'clippy', run: () => command('cargo', ['clippy', '--all-targets', '--', '-D', 'warnings']) },
  { name: 'binding types', run: bindingTypesFit },
  { name: 'JavaScript formatting and lints', run: () => tool('@biomejs/biome', 'biome', ['check', '.']) },
  { name: 'types', run: () => tool('typescript', 'tsc', ['--noEmit']) },
  { name: 'tests', run: () => node('scripts/test.js') }
]

function main() {
  for (const step of steps) {
    process.stdout.write(`ready: ${step.name}\n`)
    if (step.run()) continue
    process.stderr.write(`ready: ${step.name} failed\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write('ready: all passed\n')
}

/** The loader that napi made exports exactly what its declarations name, and the addon has each of them. */
function bindingTypesFit() {
  const declared = declaredNames(fs.readFileSync(path.join(root, 'js', 'binding.d.ts'), 'utf8'))
  const exported = Object.keys(require('../js/binding.js')).sort()
  const missing = declared.filter((name) => !exported.includes(name))
  const undeclared = exported.filter((name) => !declared.includes(name))
  if (declared.length === 0) process.stderr.write('js/binding.d.ts declares nothing\n')
  if (missing.length > 0)
    process.stderr.write(`declared in js/binding.d.ts and not exported: ${missing.join(', ')}\n`)
  if (undeclared.length > 0) process.stderr.write(`exported and not declared: ${undeclared.join(', ')}\n`)
  return declared.length > 0 && missing.length === 0 && undeclared.length === 0
}

/** @param {string} text of a declaration file @returns {string[]} names of values, sorted */
function declaredNames(text) {
  const pattern = /^export (?:declare )?(?:const enum|enum|function|class|const) (\w+)/gm
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1]))].sort()
}

/** @param {string} script @param {string[]} args */
function node(script, ...args) {
  return command(process.execPath, [script, ...args])
}

/** @param {string} name @param {string} bin @param {string[]} args */
function tool(name, bin, args) {
  return command(process.execPath, [toolFile(name, bin), ...args])
}

/** @param {string} file @param {string[]} args @returns {boolean} whether it passed */
function command(file, args) {
  const result = spawnSync(file, args, { cwd: root, stdio: 'inherit' })
  if (result.error) process.stderr.write(`${file} could not be started: ${result.error.message}\n`)
  return result.status === 0
}

main()
