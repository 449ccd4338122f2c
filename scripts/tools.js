'use strict'

/** Commands of development packages, run by this Node and not by whatever `npx` finds. */

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')

/**
 * The script behind a command.
 * @param {string} name of the package @param {string} bin the command @param {string} [folder] that has the package
 */
function toolFile(name, bin, folder = root) {
  const installed = path.join(folder, 'node_modules', ...name.split('/'))
  const manifest = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'))
  return path.join(installed, typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin])
}

module.exports = { toolFile }
