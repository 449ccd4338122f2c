'use strict'

/** Snapshots of the leaking worker, by Node version and size, made when they are first needed and kept below target/. */

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { installNode } = require('../../scripts/nodes')

const folder = path.join(__dirname, '..', '..', 'target', 'heap')
const worker = path.join(__dirname, 'worker.js')

/**
 * @param {string} major of Node
 * @param {string} size small, mid or big
 * @returns {{ before: string, after: string }} paths
 */
function snapshots(major, size) {
  const [before, after] = series(major, size, [100, 1_000])
  return { before, after }
}

/**
 * @param {string} major of Node
 * @param {string} size
 * @param {number[]} counts of jobs; two, or three
 * @returns {string[]} paths
 */
function series(major, size, counts) {
  const files = counts.map((jobs) => path.join(folder, `${size}${major}-${jobs}.heapsnapshot`))
  if (files.every((file) => fs.existsSync(file))) return files
  fs.mkdirSync(folder, { recursive: true })
  const parts = files.map((file) => `${file}.part`)
  const args = ['--max-old-space-size=8000', worker, size, ...parts]
  const result = spawnSync(nodeOf(major), args, { stdio: 'inherit' })
  if (result.status !== 0) throw new Error(`no snapshots of size ${size} on Node ${major}`)
  // Renamed last, so that what is there is complete.
  for (const [at, part] of parts.entries()) fs.renameSync(part, files[at])
  return files
}

/** @param {string} major @returns {string} path of that Node */
function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const binary = installNode(major)
  if (binary === null) throw new Error(`Node ${major} could not be installed; npm says why above`)
  return binary
}

module.exports = { snapshots, series, nodeOf }
