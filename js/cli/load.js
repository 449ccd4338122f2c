'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { HoldoverError } = require('../errors')

/** @param {any} error */
function reasonOf(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** @param {string} file as given */
function resolveFile(file) {
  const resolved = path.resolve(file)
  if (!fs.existsSync(resolved) || !fs.statSync(resolved).isFile())
    throw new HoldoverError('HOLDOVER_FILE', { file })
  return resolved
}

/** Loads CommonJS, ESM, or TypeScript that this Node can load. @param {string} file as given */
async function loadModule(file) {
  const resolved = resolveFile(file)
  try {
    return await import(pathToFileURL(resolved).href)
  } catch (error) {
    throw new HoldoverError('HOLDOVER_LOAD', { file, reason: reasonOf(error) }, { cause: error })
  }
}

/**
 * The module's job, setup and teardown, as named exports or on the default export.
 * @param {string} file as given
 */
async function loadJob(file) {
  const namespace = await loadModule(file)
  const pick = (/** @type {string} */ name) => namespace[name] ?? namespace.default?.[name]
  const job = pick('job')
  if (typeof job !== 'function') {
    const names = new Set([...Object.keys(namespace), ...Object.keys(Object(namespace.default))])
    names.delete('default')
    names.delete('module.exports')
    throw new HoldoverError('HOLDOVER_NO_JOB', {
      file,
      exports: names.size === 0 ? 'nothing' : [...names].join(', ')
    })
  }
  return { job, setup: pick('setup'), teardown: pick('teardown') }
}

module.exports = { loadJob, loadModule, resolveFile, reasonOf }
