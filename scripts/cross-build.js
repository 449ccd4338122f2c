'use strict'

/**
 * Builds the addon as it is published, into target/package/artifacts: `node scripts/cross-build.js [TRIPLE]`, by default
 * for this machine. `--fresh` takes away what was built before, so that no older addon is packed with it.
 *
 * For Linux, zig links against an old glibc, so that one binary loads on old and new systems; a plain build asks for the
 * glibc of the machine that made it.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync, spawnSync } = require('node:child_process')
const { Missing, run } = require('./bootstrap')
const { toolFile } = require('./tools')

const root = path.join(__dirname, '..')
const artifacts = path.join(root, 'target', 'package', 'artifacts')
const zigFolder = path.join(root, 'node_modules', '.cache', 'holdover-zig')
// PyPI has both as ready-made binaries; nothing is compiled to have them.
const ZIG_PACKAGES = ['cargo-zigbuild==0.24.1', 'ziglang==0.17.1']
// Node's own binaries need 2.28, those that others build for old systems 2.17.
const GLIBC = '2.17'

/** @param {string} triple */
function build(triple) {
  const isLinux = triple.includes('-linux-')
  const target = triple.endsWith('-linux-gnu') ? `${triple}.${GLIBC}` : triple
  const args = ['build', '--platform', '--release', '--target', target, '--output-dir', artifacts]
  args.push('--js', 'binding.js', '--dts', 'binding.d.ts', ...(isLinux ? ['--cross-compile'] : []))
  const env = { ...process.env, CARGO_ENCODED_RUSTFLAGS: rustFlags(triple).join('\x1f') }
  run(process.execPath, [toolFile('@napi-rs/cli', 'napi'), ...args], 'napi build', root, {
    ...env,
    ...(isLinux ? zigEnvironment() : {})
  })
  if (target !== triple) refuseNewerGlibc(addonFile(artifacts, triple))
}

/** Paths of the machine that builds stay out of the binary; a musl addon shares the libc of its Node. @param {string} triple */
function rustFlags(triple) {
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo')
  const flags = [`--remap-path-prefix=${cargoHome}=cargo`, `--remap-path-prefix=${root}=holdover`]
  return triple.endsWith('-musl') ? [...flags, '-Ctarget-feature=-crt-static'] : flags
}

/** The environment in which cargo finds zigbuild, and zigbuild finds zig. */
function zigEnvironment() {
  const bin = path.join(zigFolder, 'bin')
  if (!fs.existsSync(path.join(bin, 'cargo-zigbuild'))) {
    process.stdout.write(`holdover: installing ${ZIG_PACKAGES.join(' and ')}\n`)
    const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', zigFolder]
    run('python3', [...args, ...ZIG_PACKAGES], 'pip install')
  }
  return { PATH: bin + path.delimiter + process.env.PATH, PYTHONPATH: zigFolder }
}

/** @param {string} folder @param {string} triple @returns {string} the file that napi makes for a target */
function addonFile(folder, triple) {
  const { parseTriple } = require('@napi-rs/cli')
  return path.join(folder, `holdover.${parseTriple(triple).platformArchABI}.node`)
}

/** @param {string} file */
function refuseNewerGlibc(file) {
  const needed = glibcNeeded(file)
  process.stdout.write(`holdover: ${path.basename(file)} needs GLIBC_${needed}\n`)
  if (compareVersions(needed, GLIBC) > 0) throw new Missing(`it must load where glibc is ${GLIBC}.`)
}

/** @param {string} file an ELF file @returns {string} the highest version of glibc that one of its symbols asks for */
function glibcNeeded(file) {
  const text = execFileSync('readelf', ['--version-info', '--wide', file], { encoding: 'utf8' })
  const versions = [...text.matchAll(/\bGLIBC_(\d+(?:\.\d+)*)/g)].map((match) => match[1])
  if (versions.length === 0) throw new Missing(`readelf shows no glibc version in ${file}.`)
  return versions.sort(compareVersions)[versions.length - 1]
}

/** @param {string} a @param {string} b such as 2.17 */
function compareVersions(a, b) {
  return a.localeCompare(b, 'en', { numeric: true })
}

/** The target of this machine, as Rust names it. */
function hostTriple() {
  const { stdout } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' })
  const host = /^host: (\S+)$/m.exec(stdout ?? '')
  if (host === null) throw new Missing('`rustc -vV` does not say what this machine is.')
  return host[1]
}

module.exports = { artifacts, addonFile, glibcNeeded, GLIBC, compareVersions }

if (require.main === module) {
  try {
    const args = process.argv.slice(2)
    if (args.includes('--fresh')) fs.rmSync(artifacts, { recursive: true, force: true })
    build(args.find((arg) => !arg.startsWith('--')) ?? hostTriple())
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    process.stderr.write(`holdover: ${error.message}\n`)
    process.exitCode = 1
  }
}
