'use strict'

/**
 * The workers of `npm run silence`: one folder per habit below __test__/fixtures/silence, each with a clean worker and
 * a leaking twin, the same program with one mistake. Markers are those of __test__/helpers/fixtures.js, and a line
 *
 *     // silence: graceMs=10000 burst=100
 *
 * says where a worker needs something else than the others; the comment beside it says why.
 */

const fs = require('node:fs')
const path = require('node:path')
const { readFixture } = require('../../__test__/helpers/fixtures')

const folder = path.join(__dirname, '..', '..', '__test__', 'fixtures', 'silence')
/** Words of a silence line: number of each. */
const WORDS = ['graceMs', 'burst']

/**
 * @typedef {object} Worker
 * @property {string} habit
 * @property {'clean' | 'leaking'} twin
 * @property {string} file absolute path
 * @property {string[]} args for `holdover check`
 * @property {import('../../__test__/helpers/fixtures').Expectation[]} expected
 * @property {number} [graceMs]
 * @property {number} burst jobs started at once
 * @property {boolean} timeless its life does not depend on the clock
 */

/** @param {string} [filter] part of a habit's name @returns {Worker[]} by habit, the clean one first */
function workers(filter = '') {
  return fs
    .readdirSync(folder)
    .filter((habit) => habit.includes(filter))
    .sort()
    .flatMap((habit) => [readWorker(habit, 'clean'), readWorker(habit, 'leaking')])
}

/** @param {string} habit @param {'clean' | 'leaking'} twin @returns {Worker} */
function readWorker(habit, twin) {
  const name = fs.readdirSync(path.join(folder, habit)).find((one) => one.startsWith(`${twin}.`))
  if (name === undefined) throw new Error(`${habit} has no ${twin} worker`)
  const file = path.join(folder, habit, name)
  const { args, expected } = readFixture(file)
  if ((twin === 'clean') !== (expected.length === 0)) throw new Error(`${file} has the wrong markers`)
  return { habit, twin, file, args, expected, burst: 1, timeless: false, ...settingsOf(file) }
}

/** @param {string} file */
function settingsOf(file) {
  const line = /^\/\/ silence: (.+)$/m.exec(fs.readFileSync(file, 'utf8'))?.[1] ?? ''
  const settings = {}
  for (const word of line.split(/\s+/).filter((one) => one !== '')) {
    const [name, value] = word.split('=')
    if (name === 'timeless') settings.timeless = true
    else if (WORDS.includes(name) && Number(value) > 0) settings[name] = Number(value)
    else throw new Error(`${file} has an unknown word in its silence line: ${word}`)
  }
  return settings
}

module.exports = { workers }
