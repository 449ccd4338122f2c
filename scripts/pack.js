'use strict'

/**
 * Makes the npm packages as they are published, from the addons in target/package/artifacts: one package for each
 * target, with its addon, and the main package, which asks for them as optional dependencies. `--all` refuses where the
 * addon of a target is missing; without it the others are packed alone.
 */

const fs = require('node:fs')
const path = require('node:path')
const { Missing, run, npmCommand } = require('./bootstrap')
const { artifacts, addonFile } = require('./cross-build')
const { toolFile } = require('./tools')

const root = path.join(__dirname, '..')
const GENERATED = ['binding.js', 'binding.d.ts']

/**
 * @param {{ from: string, to: string, all?: boolean }} options folder of the addons, folder of the packages
 * @returns {string[]} the tarballs, the main package first
 */
function pack({ from, to, all = false }) {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const { targets } = manifest.napi
  const built = targets.filter((triple) => fs.existsSync(addonFile(from, triple)))
  if (built.length === 0 || (all && built.length < targets.length)) {
    const missing = targets.filter((triple) => !built.includes(triple))
    throw new Missing(
      `${from} has no addon for ${missing.join(', ')}; run: node scripts/cross-build.js TRIPLE`
    )
  }

  const stage = path.join(to, 'stage')
  fs.rmSync(stage, { recursive: true, force: true })
  fs.mkdirSync(stage, { recursive: true })
  // Of another version, or of an addon that is no longer there.
  for (const name of fs.readdirSync(to)) if (name.endsWith('.tgz')) fs.rmSync(path.join(to, name))
  fillStage(stage, from, publishedManifest(manifest, built))
  napi(stage, 'create-npm-dirs')
  napi(stage, 'artifacts', '--output-dir', from)
  // Only writes the optional dependencies into the main package's manifest; publishing is not our business.
  napi(stage, 'pre-publish', '--tag-style', 'npm', '--skip-optional-publish', '--no-gh-release')

  const folders = fs.readdirSync(path.join(stage, 'npm')).map((name) => path.join(stage, 'npm', name))
  for (const folder of folders) fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'))
  return [stage, ...folders.sort()].map((folder) => tarball(folder, to))
}

/** What the published manifest does not have: our scripts and tools mean nothing where their files are not. */
function publishedManifest(manifest, built) {
  const { scripts: _scripts, devDependencies: _tools, overrides: _overrides, ...published } = manifest
  return { ...published, napi: { ...manifest.napi, targets: built } }
}

/** @param {string} stage @param {string} from @param {{ files: string[] }} manifest */
function fillStage(stage, from, manifest) {
  fs.writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const isOurs = (name) => !name.endsWith('.node') && !GENERATED.includes(path.basename(name))
  for (const name of manifest.files)
    fs.cpSync(path.join(root, name), path.join(stage, name), { recursive: true, filter: isOurs })
  for (const name of GENERATED) fs.copyFileSync(path.join(from, name), path.join(stage, 'js', name))
}

/** @param {string} stage @param {string[]} args */
function napi(stage, ...args) {
  run(process.execPath, [toolFile('@napi-rs/cli', 'napi'), ...args], `napi ${args[0]}`, stage)
}

/** @param {string} folder @param {string} to @returns {string} the tarball */
function tarball(folder, to) {
  const npm = npmCommand()
  const [packed] = JSON.parse(
    run(npm.command, [...npm.args, 'pack', '--json', '--pack-destination', to], 'npm pack', folder)
  )
  return path.join(to, packed.filename)
}

module.exports = { pack }

if (require.main === module) {
  try {
    const to = path.dirname(artifacts)
    for (const file of pack({ from: artifacts, to, all: process.argv.includes('--all') }))
      process.stdout.write(`${path.relative(root, file)} ${(fs.statSync(file).size / 1000).toFixed(1)} kB\n`)
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    process.stderr.write(`holdover: ${error.message}\n`)
    process.exitCode = 1
  }
}
