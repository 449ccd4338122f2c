'use strict'

const path = require('node:path')
const { execFileSync } = require('node:child_process')

const root = path.join(__dirname, '..', '..')
let isBuilt = false

/** The heap engine as a program of its own, up to date. @returns {string} its path */
function engine() {
  if (!isBuilt) {
    execFileSync('cargo', ['build', '--quiet', '--release', '--example', 'heap'], {
      cwd: root,
      stdio: 'inherit'
    })
    isBuilt = true
  }
  return path.join(root, 'target', 'release', 'examples', process.platform === 'win32' ? 'heap.exe' : 'heap')
}

module.exports = { engine }
