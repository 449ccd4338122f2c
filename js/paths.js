'use strict'

const path = require('node:path')
const { pathToFileURL } = require('node:url')

/**
 * A file as a repository names it: relative to its root, with slashes.
 * @param {string} file absolute @param {string} root
 * @returns {string | null} null where it is not below the root
 */
function repositoryPath(file, root) {
  const relative = path.relative(root, file)
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return null
  return relative.split(path.sep).join('/')
}

/** The same as part of a URI. @param {string} file absolute @param {string} root */
function repositoryUri(file, root) {
  const relative = repositoryPath(file, root)
  return relative === null ? null : relative.split('/').map(encodeURIComponent).join('/')
}

/** @param {string} file absolute */
function fileUri(file) {
  return pathToFileURL(file).href
}

module.exports = { repositoryPath, repositoryUri, fileUri }
