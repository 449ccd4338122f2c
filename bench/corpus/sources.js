'use strict'

/**
 * The job modules that are compared: whatever lies in __test__/fixtures/check, and in __test__/fixtures/real, where each
 * folder is named after an npm package and has a leaking and a clean module.
 */

const fs = require('node:fs')
const path = require('node:path')
const { fixtures, readFixture } = require('../../__test__/helpers/fixtures')

const FOLDERS = /** @type {const} */ (['leaking', 'clean'])
const REAL = path.join(__dirname, '..', '..', '__test__', 'fixtures', 'real')

/**
 * @typedef {import('../../__test__/helpers/fixtures').Fixture & { id: string, isClean: boolean, isReal: boolean }} Source
 * id: `leaking/any-signal.js`, or `real/<name>/leaking.js`
 */

/** @param {string} [filter] part of an id @returns {Source[]} */
function sources(filter = '') {
  const own = FOLDERS.flatMap((folder) =>
    fixtures(folder).map((one) => ({ ...one, id: `${folder}/${one.name}`, isReal: false }))
  )
  return [...own, ...realSources()]
    .map((one) => ({ ...one, isClean: one.expected.length === 0 }))
    .filter(({ id }) => id.includes(filter))
}

function realSources() {
  if (!fs.existsSync(REAL)) return []
  // A link beside them leads to the packages.
  const packages = fs.readdirSync(REAL, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return packages.flatMap(({ name }) =>
    fs
      .readdirSync(path.join(REAL, name))
      .filter((file) => /^(leaking|clean)\.[cm]?js$/.test(file))
      .map((file) => ({
        ...readFixture(path.join(REAL, name, file)),
        id: `real/${name}/${file}`,
        isReal: true
      }))
  )
}

/** What `// check:` lines ask of a module's jobs. @param {string[]} args */
function workOf(args) {
  const value = (/** @type {string} */ flag) => {
    const at = args.indexOf(flag)
    return at === -1 ? undefined : Number(args[at + 1])
  }
  return { concurrency: value('--concurrency') ?? 1, maxJobs: value('--jobs') ?? Number.POSITIVE_INFINITY }
}

module.exports = { sources, workOf }
