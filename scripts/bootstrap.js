'use strict'

/**
 * Brings a clone to the state in which `npm start` works: packages installed, addon built. With `--with-runners` also
 * to that in which `npm test` works: the test runners in __test__/runners are installed, each in its own folder.
 *
 * Plain Node without any package, since it is what installs them. Each step leaves a stamp with the hash of what it
 * was made from; a step whose stamp still fits is skipped in silence, so running this again costs a few milliseconds.
 */

const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { installNode, isAtLeast } = require('./nodes')

const root = path.join(__dirname, '..')
// Kept equal to `engines.node` in package.json.
const minimumNode = [20, 17]

/** Ends with one sentence and without a stack: what is missing is the reader's business, where we noticed is not. */
class Missing extends Error {}

/** @param {string[]} args */
function main(args) {
  try {
    requireNode(process.versions.node)
    requireCargo()
    installPackages('.', 'packages')
    buildAddon()
    if (args.includes('--with-runners')) for (const folder of runnerFolders()) installRunner(folder)
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    process.stderr.write(`holdover: ${error.message}\n`)
    process.exitCode = 1
  }
}

/** @param {string} version as in `process.versions.node` */
function requireNode(version) {
  if (isAtLeast(version, minimumNode)) return
  throw new Missing(
    `Node ${minimumNode.join('.')} or newer is needed and this is ${version}; install a current release from https://nodejs.org.`
  )
}

function requireCargo() {
  const cargo = spawnSync('cargo', ['--version'], { cwd: root, encoding: 'utf8' })
  if (cargo.status === 0) return
  throw new Missing(
    cargo.error
      ? 'Rust is needed to build the addon and no `cargo` is on the PATH; install stable Rust from https://rustup.rs.'
      : `Rust is needed to build the addon and \`cargo --version\` failed: ${cargo.stderr.trim()}`
  )
}

/** @param {string} folder below the root, with a package.json @param {string} what is installed there, in words */
function installPackages(folder, what) {
  const stampFile = path.join(root, folder, 'node_modules', '.holdover-install')
  const inputs = ['package.json', 'package-lock.json', '.npmrc'].map((name) => path.join(folder, name))
  if (isFresh(stampFile, inputs)) return

  say(`installing ${what}`)
  const npm = npmCommand()
  // `npm install` and not `npm ci`: the lock stays as it is, and it also works where the lock was made on a platform
  // whose optional packages differ from ours. The lock's setting is given here as well, since a folder below the root
  // does not read the root's .npmrc.
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--omit-lockfile-registry-resolved']
  run(npm.command, [...npm.args, 'install', ...flags], 'npm install', path.join(root, folder))
  writeStamp(stampFile, hashOf(inputs))
}

/** Folders of what tests run beside our own packages, below the root: adding a runner is a folder with a package.json. */
function runnerFolders() {
  const folder = path.join('__test__', 'runners')
  const runners = fs.readdirSync(path.join(root, folder)).map((name) => path.join(folder, name))
  return [...runners, path.join('__test__', 'fixtures', 'real')]
    .filter((name) => fs.existsSync(path.join(root, name, 'package.json')))
    .sort()
}

/** A runner that this Node is too old for (its `engines.node`) gets one that is not. @param {string} folder */
function installRunner(folder) {
  installPackages(folder, path.basename(folder))
  const wanted = minimumOf(JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8')))
  if (wanted === null || isAtLeast(process.versions.node, wanted)) return
  const major = String(wanted[0])
  if (installNode(major) === null)
    throw new Missing(`Node ${major} could not be installed, which ${path.basename(folder)} runs on.`)
}

/** @param {{ engines?: { node?: string } }} manifest @returns {number[] | null} major and minor of '>=22.12' */
function minimumOf(manifest) {
  const text = /^>=(\d+)\.(\d+)$/.exec(manifest.engines?.node ?? '')
  return text === null ? null : [Number(text[1]), Number(text[2])]
}

function buildAddon() {
  const stampFile = path.join(root, 'target', '.holdover-build')
  // package.json holds the build command and the addon's name.
  const others = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'package.json']
  const inputs = [...filesBelow('src'), ...others.filter((name) => fs.existsSync(path.join(root, name)))]
  if (!inputs.includes('Cargo.toml')) throw new Missing('Cargo.toml is missing; this clone is not complete.')
  if (isFresh(stampFile, inputs) && hasBinding()) return

  say('building the addon')
  // Taken before the build: a file that changes meanwhile must be built next time.
  const hash = hashOf(inputs)
  const npm = npmCommand()
  run(npm.command, [...npm.args, 'run', '--silent', 'build'], 'npm run build')
  writeStamp(stampFile, hash)
}

function hasBinding() {
  const names = fs.readdirSync(path.join(root, 'js'))
  return names.includes('binding.js') && names.some((name) => name.endsWith('.node'))
}

/** npm as it was started for us, or the one on the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js') && path.basename(script).startsWith('npm'))
    return { command: process.execPath, args: [script] }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] }
}

/**
 * Runs quietly and shows the whole output only when the command fails.
 * @param {string} command @param {string[]} args @param {string} label @param {string} [cwd] @param {NodeJS.ProcessEnv} [env]
 */
function run(command, args, label, cwd = root, env = process.env) {
  const result = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: command.endsWith('.cmd')
  })
  if (result.status === 0) return result.stdout
  if (result.error) throw new Missing(`\`${label}\` could not be started: ${result.error.message}`)
  process.stderr.write(result.stdout + result.stderr)
  throw new Missing(`\`${label}\` failed${result.signal ? ` (${result.signal})` : ''}; its output is above.`)
}

/**
 * @param {string} stampFile
 * @param {string[]} inputs paths below the root
 */
function isFresh(stampFile, inputs) {
  return fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === hashOf(inputs)
}

/**
 * @param {string} stampFile
 * @param {string} hash
 */
function writeStamp(stampFile, hash) {
  fs.mkdirSync(path.dirname(stampFile), { recursive: true })
  fs.writeFileSync(stampFile, hash)
}

/** @param {string[]} inputs */
function hashOf(inputs) {
  const hash = createHash('sha256')
  for (const name of [...inputs].sort()) {
    const file = path.join(root, name)
    hash.update(`${name}\0`)
    if (fs.existsSync(file)) hash.update(fs.readFileSync(file))
    hash.update('\0')
  }
  return hash.digest('hex')
}

/**
 * @param {string} folder below the root
 * @returns {string[]} every file in it, as paths below the root
 */
function filesBelow(folder) {
  const start = path.join(root, folder)
  if (!fs.existsSync(start)) return []
  return fs
    .readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
}

/** @param {string} action */
function say(action) {
  process.stdout.write(`holdover: ${action}\n`)
}

module.exports = { requireNode, run, npmCommand, Missing, minimumNode, minimumOf }

if (require.main === module) main(process.argv.slice(2))
