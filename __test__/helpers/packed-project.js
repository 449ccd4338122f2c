'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { ROOT, runNode } = require('./child')
const { pack } = require('../../scripts/pack')

/** Where `scripts/check-package.js` says that the packages to be published are; else this checkout is packed. */
const PUBLISHED = process.env.HOLDOVER_TARBALLS && path.resolve(process.env.HOLDOVER_TARBALLS)

/** The tarballs, the main package first: those to be published, or this checkout with the addon of this machine. */
function tarballs() {
  if (PUBLISHED === undefined) {
    const to = temporaryFolder('packages')
    process.once('exit', () => fs.rmSync(to, { recursive: true, force: true }))
    return pack({ from: path.join(ROOT, 'js'), to })
  }
  const names = fs.readdirSync(PUBLISHED).filter((name) => name.endsWith('.tgz'))
  const isMain = (name) => /^holdover-\d/.test(name)
  return [...names.filter(isMain), ...names.filter((name) => !isMain(name) && fitsHere(name))].map((name) =>
    path.join(PUBLISHED, name)
  )
}

/** @param {string} name of a platform's tarball */
function fitsHere(name) {
  const { os, cpu, libc } = manifestOf(path.join(String(PUBLISHED), name))
  return os.includes(process.platform) && cpu.includes(process.arch) && (libc?.includes(libcHere()) ?? true)
}

function libcHere() {
  const { header } = /** @type {any} */ (process.report.getReport())
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}

/** @param {string} tarball @returns {Record<string, any>} */
function manifestOf(tarball) {
  return JSON.parse(fileOf(tarball, 'package/package.json').toString())
}

/** @param {string} tarball @param {string} name */
function fileOf(tarball, name) {
  return execFileSync('tar', ['-xzOf', tarball, name], { maxBuffer: 64 * 1024 * 1024 })
}

/** @param {string} name */
function temporaryFolder(name) {
  // Real path: npm and Node name files by it.
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `holdover-${name}-`)))
}

/** An empty folder on a machine without Rust: nothing but Node, npm, a shell and `cat` is on its PATH. */
class EmptyProject {
  constructor() {
    const outside = temporaryFolder('project')
    this.folder = path.join(outside, 'mails')
    this.bin = path.join(outside, 'bin')
    for (const folder of [this.folder, this.bin]) fs.mkdirSync(folder)
    for (const name of ['sh', 'cat', 'npm', 'npx']) fs.symlinkSync(onPath(name), path.join(this.bin, name))
    fs.symlinkSync(process.execPath, path.join(this.bin, 'node'))
  }

  get env() {
    return {
      ...process.env,
      PATH: this.bin,
      NODE_TEST_CONTEXT: undefined,
      NO_COLOR: '1',
      FORCE_COLOR: undefined
    }
  }

  /** @param {string} name @param {string} text */
  write(name, text) {
    fs.writeFileSync(path.join(this.folder, name), text)
  }

  /** @param {'npm' | 'npx'} name @param {string[]} args */
  command(name, args) {
    return execFileSync(path.join(this.bin, name), args, {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8'
    })
  }

  /** A command that may fail. @param {string[]} args of Node @param {Record<string, string>} [env] */
  node(args, env = {}) {
    return runNode(args, { cwd: this.folder, env: { ...this.env, ...env } })
  }

  remove() {
    fs.rmSync(path.dirname(this.folder), { recursive: true, force: true })
  }
}

/** The same with holdover installed, and without a registry. */
class PackedProject extends EmptyProject {
  /** @param {string[]} packages tarballs that are installed */
  constructor(packages) {
    super()
    // As `npm init` would write it, without a type.
    this.write('package.json', '{ "name": "project", "version": "1.0.0" }\n')
    this.command('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages])
  }

  /** `npx holdover …`, with options for Node. @param {string[]} args @param {string[]} [nodeOptions] */
  holdover(args, nodeOptions = []) {
    // What npx starts; npx itself would hand Node's options on by the environment, where not all are allowed.
    const script = path.join('node_modules', 'holdover', 'js', 'cli', 'main.js')
    return this.node([...nodeOptions, script, ...args])
  }
}

/** @param {string} name @returns {string} of a command on the PATH */
function onPath(name) {
  const folders = String(process.env.PATH).split(path.delimiter)
  const found = folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file))
  if (found === undefined) throw new Error(`${name} is not on the PATH`)
  return fs.realpathSync(found)
}

module.exports = { PUBLISHED, EmptyProject, PackedProject, tarballs, manifestOf, fileOf }
