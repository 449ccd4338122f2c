'use strict'

/**
 * Tries the packages in target/package as a user would, on this Node and on others: installed from their tarballs in an
 * empty folder, without Rust. `node scripts/check-package.js` after `npm run package`, or with majors: `… 22 26`.
 */

const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')
const env = { ...process.env, HOLDOVER_TARBALLS: path.join(root, 'target', 'package') }
const args = ['scripts/matrix.js', ...process.argv.slice(2), '--', 'package/']
process.exitCode = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1
