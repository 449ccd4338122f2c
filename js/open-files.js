'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { fileURLToPath } = require('node:url')

/** Real paths looked up in full for one look at the table: each is a system call for each of its folders. */
const MAX_REAL_PATHS = 256
/** Linux: one link for each descriptor of this process, to what it is. */
const TABLE = '/proc/self/fd'
/** Descriptors read at once; a process with more is not looked at, since that would stop it for long. */
const MAX_READ = 4_096
/** What Linux puts behind the name of a file that was removed and is still open. */
const REMOVED = ' (deleted)'

/** Taken at load: hosts and mocks replace them. */
const { readdirSync, readlinkSync, realpathSync } = fs

/**
 * The open files of this process.
 * @returns {Map<number, string> | null} paths by descriptor; null where there is no such table, or it is too long
 */
function openFiles() {
  try {
    const names = readdirSync(TABLE)
    if (names.length > MAX_READ) return null
    const files = new Map()
    for (const name of names) {
      const target = targetOf(name)
      if (target !== null) files.set(Number(name), target)
    }
    return files
  } catch {
    return null
  }
}

/** @param {string} name */
function targetOf(name) {
  try {
    const target = readlinkSync(`${TABLE}/${name}`)
    // Sockets and pipes have no path.
    if (!target.startsWith('/')) return null
    return target.endsWith(REMOVED) ? target.slice(0, -REMOVED.length) : target
  } catch {
    // Closed meanwhile, as is the descriptor that the table itself was read through.
    return null
  }
}

/** What `fs` was given, as an absolute path; null where it is none. @param {any} given */
function absolutePath(given) {
  try {
    if (typeof given === 'string') return path.resolve(given)
    if (Buffer.isBuffer(given)) return path.resolve(given.toString())
    return given instanceof URL ? fileURLToPath(given) : null
  } catch {
    return null
  }
}

/** The same path without links, as the table has it. @param {string} file absolute */
function realPath(file) {
  try {
    return realpathSync(file)
  } catch {
    return path.join(realFolder(path.dirname(file)), path.basename(file))
  }
}

/** @param {string} folder */
function realFolder(folder) {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}

/**
 * Real paths of many files, of which a link in a folder's path is found for all, and one at its end for so many.
 * Thousands of files may have been opened since the last look, and a file is seldom reached through a link of its own.
 */
class RealPaths {
  constructor() {
    /** @type {Map<string, string>} by folder as it was given */
    this.folders = new Map()
    this.left = MAX_REAL_PATHS
  }

  /** @param {string} file absolute */
  of(file) {
    if (this.left > 0) {
      this.left--
      return realPath(file)
    }
    const folder = path.dirname(file)
    let real = this.folders.get(folder)
    if (real === undefined) {
      real = realFolder(folder)
      this.folders.set(folder, real)
    }
    return real === folder ? file : path.join(real, path.basename(file))
  }
}

/** The path of one descriptor, or null. @param {number} fd */
function openFile(fd) {
  return targetOf(String(fd))
}

/** Whether the system says which files are open. */
const knowsOpenFiles = hasTable()

function hasTable() {
  try {
    return fs.existsSync(TABLE)
  } catch {
    // Node's permission model (20, 22) throws where a path may not be read.
    return false
  }
}

module.exports = { knowsOpenFiles, openFile, openFiles, absolutePath, realPath, RealPaths }
