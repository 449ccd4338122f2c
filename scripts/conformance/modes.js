'use strict'

/**
 * In which ways each test is run: bare, and with holdover started at a level, the test file being in some place.
 */

const path = require('node:path')
const { spawnSync } = require('node:child_process')

const PRELOAD = path.join(__dirname, 'preload.js')
const LEVELS = ['counts', 'sites', 'full']

/** Where the test file is, by the word for `--place`. */
const PLACES = {
  outside: 'preloaded',
  inside: 'inside one job',
  busy: 'inside, with passes',
  after: 'after its job'
}

/** The mode every other one is compared with. @type {import('./run').Mode} */
const BARE = { label: 'bare', preload: null, settings: {} }

/**
 * @param {object} options
 * @param {string | null} options.preload instead of holdover
 * @param {string[]} options.levels empty: sites, and full where that differs
 * @param {string[]} options.places
 * @param {string} options.node
 * @returns {{ modes: import('./run').Mode[], notes: string[] }} bare first
 */
function modesOf({ preload, levels, places, node }) {
  if (preload !== null)
    return { modes: [BARE, { label: path.basename(preload), preload, settings: {} }], notes: [] }
  const isSame = levels.length === 0 && describeLevel(node, 'sites') === describeLevel(node, 'full')
  const wanted = levels.length > 0 ? levels : isSame ? ['sites'] : ['sites', 'full']
  const modes = wanted.flatMap((level) =>
    places.map((place) => ({
      label: `${PLACES[/** @type {keyof typeof PLACES} */ (place)]}, ${level}`,
      preload: PRELOAD,
      settings: { level, place }
    }))
  )
  return { modes: [BARE, ...modes], notes: isSame ? ['level full watches as sites does here: skipped'] : [] }
}

/**
 * What a started tracker consists of at a level. Two levels with the same text hook the same things.
 * @param {string} node @param {string} level
 */
function describeLevel(node, level) {
  const script = `
    const { watch } = require('./js/index').start({ level: '${level}' })
    const look = (value, depth) => value === null || typeof value !== 'object' || depth === 0
      ? (typeof value === 'boolean' ? value : typeof value)
      : [value.constructor?.name, ...Object.keys(value).map((key) => [key, look(value[key], depth - 1)])]
    console.log(JSON.stringify(look(watch, 3)))`
  return spawnSync(node, ['-e', script], { cwd: path.join(__dirname, '..', '..'), encoding: 'utf8' }).stdout
}

/** Where a mode puts the test file; undefined for one that is not holdover's. @param {import('./run').Mode} mode @returns {string | undefined} */
function placeOf(mode) {
  return /** @type {any} */ (mode.settings).place
}

/** Whether the mode's preload counts what is recorded. @param {import('./run').Mode} mode */
function isCounted(mode) {
  return mode.preload === PRELOAD
}

module.exports = { BARE, LEVELS, PLACES, modesOf, placeOf, isCounted }
