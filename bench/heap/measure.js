'use strict'

/** CPU time and peak memory of a process, as GNU time tells them. */

const { spawnSync } = require('node:child_process')

/** @typedef {{ cpu: number, megabytes: number, output: string, status: number | null }} Figures */

/** @param {string[]} command @returns {Figures} */
function measure([file, ...args]) {
  const { stderr, status } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30
  })
  // memlab also writes there, without an end of its line.
  const [, user, system, kilobytes] = /(\d+\.\d+) (\d+\.\d+) (\d+)\s*$/.exec(stderr)?.map(Number) ?? []
  return { cpu: user + system, megabytes: kilobytes / 1e3, output: stderr, status }
}

module.exports = { measure }
