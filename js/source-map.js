'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { findSourceMap } = require('node:module')
const { fileURLToPath } = require('node:url')

/** A generated file or a map beyond this is not read: 10 MB of map cost about 120 ms of CPU. */
const MAX_BYTES = 33_554_432
/** Comments tried from the end of a file: one inside a string has the same form. */
const MAX_COMMENTS = 8
/** Folders looked at for a package.json above a generated file. */
const MAX_LEVELS = 32
const MAX_SOURCE = 1_024

const WORD = 'sourceMappingURL='
const COMMENT = /\/[/*][#@][ \t]sourceMappingURL=([^\s'"`]+)[ \t]*(?:\*\/)?[ \t\r]*$/
const SCHEME = /^([a-z][a-z0-9+.-]+):/i
// What nobody writes into the name of a source file, and a terminal would act on.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/

/** Why a map is not used, in words for a note. */
class Unusable extends Error {}

/**
 * @typedef {object} FoundMap
 * @property {any} map parsed, as anybody may have written it
 * @property {string} folder that its sources are relative to
 * @property {string} code of the file as it is on disk, '' where it is not there
 */

/**
 * The source map of a generated file. What Node has loaded comes first: with source maps enabled (tsx, ts-node,
 * --experimental-transform-types) that is what runs, whatever is on disk.
 * @param {string} file absolute path
 * @returns {FoundMap | null} null where it has none
 * @throws {Unusable}
 */
function findMap(file) {
  const folder = path.dirname(file)
  const loaded = findSourceMap(file)?.payload
  const isThere = isFile(file)
  if (!isThere && !loaded) return null
  const code = isThere ? readBounded(file, 'the file itself') : ''
  if (loaded) return { map: loaded, folder, code }
  const url = mappingUrl(code)
  if (url === null) return null
  const [, scheme] = SCHEME.exec(url) ?? []
  if (scheme === 'data') return { map: parse(decodeDataUrl(url)), folder, code }
  if (scheme !== undefined && scheme !== 'file')
    throw new Unusable(`it is at a ${scheme}: address, and nothing is fetched`)
  const mapFile = scheme === 'file' ? fileURLToPath(url) : existing(folder, url)
  if (!isFile(mapFile)) throw new Unusable('the file that it is said to be in is not there')
  return { map: parse(readBounded(mapFile, 'its file')), folder: path.dirname(mapFile), code }
}

/** Neither a folder nor a pipe, which would never end. @param {string} file */
function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

/** @param {string} file @param {string} what */
function readBounded(file, what) {
  if (fs.statSync(file).size > MAX_BYTES)
    throw new Unusable(`${what} is larger than ${MAX_BYTES / 1024 / 1024} MB`)
  return fs.readFileSync(file, 'utf8')
}

/** The last comment counts. @param {string} code @returns {string | null} */
function mappingUrl(code) {
  let at = code.length
  for (let i = 0; i < MAX_COMMENTS && at > 0; i++) {
    at = code.lastIndexOf(WORD, at - 1)
    if (at === -1) return null
    const end = code.indexOf('\n', at)
    const url = COMMENT.exec(code.slice(Math.max(0, at - 4), end === -1 ? undefined : end))?.[1]
    if (url !== undefined) return url
  }
  return null
}

/** @param {string} url */
function decodeDataUrl(url) {
  const comma = url.indexOf(',')
  const data = url.slice(comma + 1)
  if (/;base64$/i.test(url.slice(0, comma))) return Buffer.from(data, 'base64').toString('utf8')
  return decode(data)
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    // The first line keeps browsers from running it as a script.
    return JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, ''))
  } catch {
    throw new Unusable('it is not JSON')
  }
}

/** @param {string} text percent-encoded, or not */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Tools differ in whether they encode a path as an address: what is there decides. @param {string} folder @param {string} relative */
function existing(folder, relative) {
  const plain = path.resolve(folder, relative)
  if (!relative.includes('%') || fs.existsSync(plain)) return plain
  const decoded = path.resolve(folder, decode(relative))
  return fs.existsSync(decoded) ? decoded : plain
}

/**
 * The file that an entry of `sources` names.
 * @param {any} map
 * @param {number} index
 * @param {string} folder of the map
 * @returns {string | null} absolute path; null for code that a bundler made up
 */
function sourceFile(map, index, folder) {
  const source = map.sources[index]
  if (typeof source !== 'string' || source === '' || source.length > MAX_SOURCE || CONTROL.test(source))
    return null
  const root = typeof map.sourceRoot === 'string' && map.sourceRoot.length <= MAX_SOURCE ? map.sourceRoot : ''
  const joined =
    root === '' || SCHEME.test(source) || path.isAbsolute(source)
      ? source
      : `${root.replace(/\/$/, '')}/${source}`
  // A drive letter is no scheme: a scheme has two letters or more here.
  const [, scheme] = SCHEME.exec(joined) ?? []
  if (scheme === undefined) return existing(folder, joined)
  if (scheme === 'file') return fileURLToPath(joined)
  return bundlerFile(joined, folder)
}

/**
 * `webpack://name/./src/a.ts` and its kind: a path from the project's folder, which no map names. It is the nearest
 * folder with a package.json above the generated file.
 * @param {string} url
 * @param {string} folder
 */
function bundlerFile(url, folder) {
  const rest = url
    .replace(/^[^:]+:(?:\/\/[^/]*)?\/?/, '')
    .replace(/^\[project\]\//, '')
    .replace(/\?[^/]*$/, '')
  if (/^(?:webpack\/|external |\(webpack\)|$)/.test(rest)) return null
  return existing(projectFolder(folder), path.isAbsolute(rest) ? rest : `./${rest}`)
}

/** @param {string} folder */
function projectFolder(folder) {
  let at = folder
  for (let level = 0; level < MAX_LEVELS; level++) {
    if (fs.existsSync(path.join(at, 'package.json'))) return at
    const above = path.dirname(at)
    if (above === at) break
    at = above
  }
  return folder
}

module.exports = { findMap, sourceFile, mappingUrl, Unusable }
