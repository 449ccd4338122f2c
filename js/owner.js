'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { forgetOldest } = require('./bounded')

const MARKER = `${path.sep}node_modules${path.sep}`

/** Packages whose version is remembered; beyond it a version is read again. */
const MAX_VERSIONS = 1_024

/** Names and versions by package folder. @type {Map<string, string>} */
const versions = new Map()

/**
 * As published: a package installed under an alias (`npm:debug@4.1.1`) is known by its own name to who maintains it.
 * @param {string} folder @param {string} name of the folder
 */
function packageOf(folder, name) {
  let version = versions.get(folder)
  if (version === undefined) {
    version = readPackage(folder, name)
    versions.set(folder, version)
    forgetOldest(versions, MAX_VERSIONS)
  }
  return version
}

/** @param {string} folder @param {string} name */
function readPackage(folder, name) {
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    return `${manifest.name ?? name}@${manifest.version}`
  } catch {
    return `${name}@unknown`
  }
}

/** @param {string} file absolute path or node: URL */
function isLibrary(file) {
  return file.includes(MARKER)
}

/** What a package is called where it is installed. @param {string} file of a library */
function packageName(file) {
  const parts = file.slice(file.lastIndexOf(MARKER) + MARKER.length).split(path.sep)
  return parts[0].startsWith('@') ? `${parts[0]}/${parts[1]}` : parts[0]
}

/**
 * Who owns the code in a file: 'app', 'library:<name>@<version>' or 'node'.
 * @param {string} file absolute path or node: URL
 */
function ownerOf(file) {
  if (file.startsWith('node:')) return 'node'
  const at = file.lastIndexOf(MARKER)
  if (at === -1) return 'app'
  const name = packageName(file)
  const folder = file.slice(0, at + MARKER.length) + name.split('/').join(path.sep)
  return `library:${packageOf(folder, name)}`
}

module.exports = { ownerOf, isLibrary, packageName }
