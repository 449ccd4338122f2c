'use strict'

/**
 * Which of Node's tests are run, and with what flags. A suite is the `test/` folder of Node's repository.
 */

const fs = require('node:fs')
const path = require('node:path')

const FOLDER = 'parallel'
const TEST_FILE = /^test-.*\.m?js$/
const COLLECTS = /^\/\/ Flags:.*--expose[-_]gc/m
const ABOUT_MEMORY = /(^|-)gc(-|$)|leak|memory|weak/

/**
 * Sets by name: the parts of Node that holdover patches, the tests that look at what was collected, what opens handles
 * and files, and the parts that stand on the first.
 * @type {Record<string, (name: string, text: () => string) => boolean>}
 */
const SETS = {
  core: matcher([
    'test-timer*',
    'test-event*',
    'test-nodeeventtarget*',
    'test-whatwg-events-*',
    'test-abort*',
    'test-promise*',
    'test-async-local-storage-*',
    'test-stream*',
    'test-readable-*',
    'test-webstream*',
    'test-whatwg-*stream*'
  ]),
  gc: (name, text) => ABOUT_MEMORY.test(name) || COLLECTS.test(text()),
  handles: matcher([
    'test-net-*',
    'test-dgram*',
    'test-child-process*',
    'test-worker*',
    'test-message*',
    'test-broadcastchannel*',
    'test-fs-*',
    'test-file*',
    'test-http-agent*',
    'test-tls-connect*',
    'test-tls-net*'
  ]),
  wide: matcher([
    'test-http*',
    'test-net-*',
    'test-zlib*',
    'test-process*',
    'test-child-process*',
    'test-worker*',
    'test-async-hooks*',
    'test-diagnostics-channel*',
    'test-perf*'
  ])
}

/** Without --filter; `wide` takes half an hour for each way. */
const DEFAULT_SETS = ['core', 'gc']

/** @param {string[]} globs of names without extension; `*` and `?` only */
function matcher(globs) {
  const source = globs.map((glob) =>
    glob
      .replace(/\.m?js$/, '')
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')
  )
  const pattern = new RegExp(`^(${source.join('|')})$`)
  return (/** @type {string} */ name) => pattern.test(name)
}

/**
 * @typedef {object} SuiteTest
 * @property {string} name below the suite: 'parallel/test-x.js'
 * @property {string} file
 * @property {string[]} flags of its `// Flags:` lines
 * @property {Record<string, string>} env of its `// Env:` lines
 */

/**
 * @param {string} suite the `test/` folder
 * @param {string[]} filters names of sets, or globs; a glob with a slash names another folder than parallel/
 * @returns {SuiteTest[]} sorted by name
 */
function selectTests(suite, filters) {
  /** @type {Map<string, SuiteTest>} */
  const selected = new Map()
  for (const filter of filters) {
    const slash = filter.lastIndexOf('/')
    const folder = slash < 0 ? FOLDER : filter.slice(0, slash)
    const accepts = SETS[filter] ?? matcher([filter.slice(slash + 1)])
    for (const base of fs.readdirSync(path.join(suite, folder)).sort()) {
      const name = `${folder}/${base}`
      if (!TEST_FILE.test(base) || selected.has(name)) continue
      const file = path.join(suite, folder, base)
      const text = () => fs.readFileSync(file, 'utf8')
      if (accepts(base.replace(/\.m?js$/, ''), text)) selected.set(name, { name, file, ...header(text()) })
    }
  }
  return [...selected.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** @param {string} text of a test file @returns {{ flags: string[], env: Record<string, string> }} */
function header(text) {
  const words = (/** @type {string} */ key) =>
    [...text.matchAll(new RegExp(`^// ${key}:[ \\t]*(.+)$`, 'gm'))].flatMap(([, rest]) =>
      rest.trim().split(/\s+/)
    )
  const env = Object.fromEntries(words('Env').map((pair) => [pair.split('=')[0], pair.split('=')[1] ?? '']))
  return { flags: words('Flags'), env }
}

module.exports = { SETS, DEFAULT_SETS, selectTests, header }
