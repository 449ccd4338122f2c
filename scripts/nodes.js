'use strict'

/**
 * Other Node versions, from npm packages that hold nothing but a Node, kept in a cache folder below node_modules. They
 * are no development dependencies: they are large and each fits one platform.
 */

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const cache = path.join(__dirname, '..', 'node_modules', '.cache', 'holdover-nodes')
/** Tested beside the Node that runs the script. */
const defaultMajors = ['22', '24', '26']
const isWindows = process.platform === 'win32'
const packageName = `node-${isWindows ? 'win' : process.platform}-${process.arch}`

/** Where the binary of a major version is, or will be. @param {string} major */
function nodeBinary(major) {
  return path.join(cache, major, 'node_modules', packageName, 'bin', isWindows ? 'node.exe' : 'node')
}

/** @param {string} major @returns {string | null} path of its binary, null where it cannot be had */
function installNode(major) {
  const binary = nodeBinary(major)
  if (fs.existsSync(binary)) return binary

  const folder = path.join(cache, major)
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  process.stdout.write(`holdover: installing Node ${major}\n`)
  const npm = isWindows ? 'npm.cmd' : 'npm'
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--loglevel=error',
    `${packageName}@${major}`
  ]
  // npm says how many packages it added; only its errors are of interest.
  const result = spawnSync(npm, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: npm.endsWith('.cmd')
  })
  return result.status === 0 && fs.existsSync(binary) ? binary : null
}

/** @param {string} binary @returns {string} like v22.12.0 */
function versionOf(binary) {
  return spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim()
}

/** @param {string} version such as 22.12.0 @param {number[]} minimum such as [22, 12] */
function isAtLeast(version, [wantedMajor, wantedMinor]) {
  const [major, minor] = version.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

module.exports = { defaultMajors, nodeBinary, installNode, versionOf, isAtLeast }
