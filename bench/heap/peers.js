'use strict'

/** What the heap engine is compared with: installed when first needed, in a folder of its own. */

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const peersFolder = path.join(__dirname, 'peers')

function installPeers() {
  if (fs.existsSync(path.join(peersFolder, 'node_modules', 'chrome-devtools-frontend'))) return
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: peersFolder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
    // memlab brings a browser, which nobody needs here.
    env: { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' }
  })
  if (result.status !== 0)
    throw new Error('the tools to compare with could not be installed; npm says why above')
}

module.exports = { installPeers, peersFolder }
