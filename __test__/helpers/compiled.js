'use strict'

/** Builds the job of fixtures/compiled with real tools, into a folder of its own. */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const esbuild = require('esbuild')
const { expectationsOf } = require('./fixtures')
const { ROOT } = require('./child')

const SOURCES = path.join(__dirname, '..', 'fixtures', 'compiled')
const JOB = path.join(SOURCES, 'src', 'job.ts')

/** A folder with the packages of this repository; removed at the end of the process. */
function workFolder() {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-compiled-')))
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** @param {string} outfile @param {import('esbuild').BuildOptions} options @param {string} [entry] */
function bundle(outfile, options, entry = JOB) {
  esbuild.buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    logLevel: 'warning',
    ...options
  })
  return outfile
}

/** @param {string} folder @param {string[]} [options] @returns {string} the job's file */
function compile(folder, options = []) {
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '--project', SOURCES, '--outDir', folder, ...options]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stdout)
  fs.copyFileSync(path.join(SOURCES, 'package.json'), path.join(folder, 'package.json'))
  return path.join(folder, 'job.js')
}

/** What the sources are marked to leak: one line of text each, with the text of the source line. */
function expectedLeaks(folder = SOURCES) {
  return ['src/jobs/send-email.ts', 'src/jobs/shutdown.ts']
    .flatMap((name) => {
      const file = path.join(SOURCES, name)
      const text = fs.readFileSync(file, 'utf8')
      return expectationsOf(text, path.join(folder, name)).map((one) => ({
        ...one,
        source: text.split('\n')[one.line - 1].trim().slice(0, 160)
      }))
    })
    .map(({ kind, file, line, perJob, library, source }) => {
      const owner = library === undefined ? 'app' : `library:${library}`
      return `${kind} ${perJob} ${file}:${line} ${owner} | ${source}`
    })
    .sort()
}

/** A leak of a report in the same words. @param {any} leak */
function leakLine(leak) {
  const { file, line } = leak.calledFrom ?? leak.site
  const owner = leak.owner.replace(/@[^@]*$/, '')
  return `${leak.kind} ${leak.perJob} ${file}:${line} ${owner} | ${leak.source}`
}

module.exports = { SOURCES, JOB, workFolder, bundle, compile, expectedLeaks, leakLine }
