'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { SourceMap } = require('node:module')
const { lookUp, lookUpIn, isBefore } = require('../js/mappings')
const { workFolder, bundle, compile } = require('./helpers/compiled')

const folder = workFolder()
const typescriptFile = path.join(compile(path.join(folder, 'tsc')), '..', 'jobs', 'send-email.js')

/** Every tenth column of every line, and places beyond the ends. @param {string} code */
function placesIn(code) {
  const places = code.split('\n').flatMap((text, line) =>
    Array.from({ length: Math.ceil((text.length + 20) / 10) }, (_, i) => ({
      line,
      column: i * 10 + (line % 10)
    }))
  )
  return [...places, { line: code.length, column: 3 }].sort((a, b) => (isBefore(a, b) ? -1 : 1))
}

/** The same in Node's words. @param {any} map @param {import('../js/mappings').Position[]} places */
function nodeSays(map, places) {
  const decoded = new SourceMap(map)
  return places.map(({ line, column }) => {
    const entry = /** @type {any} */ (decoded.findEntry(line, column))
    // Node answers with the last mapping of an earlier line where a line has none.
    if (entry.generatedLine !== line || entry.originalSource === undefined) return null
    return [entry.originalSource, entry.originalLine, entry.originalColumn, entry.name]
  })
}

/** @param {any} map @param {import('../js/mappings').Position[]} places */
function weSay(map, places) {
  return lookUpIn(map, places).map((answer) => {
    if (answer === null) return null
    const { map: of, original } = answer
    return [of.sources[original.source], original.line, original.column, of.names[original.name]]
  })
}

/** @param {string} file */
function same(file) {
  const code = fs.readFileSync(file, 'utf8')
  const map = JSON.parse(fs.readFileSync(`${file}.map`, 'utf8'))
  const places = placesIn(code)
  const ours = weSay(map, places)
  // Node 20 to 26 repeat the last name where a mapping has none.
  const node = nodeSays(map, places).map((answer, i) =>
    answer === null || ours[i]?.[3] !== undefined ? answer : [...answer.slice(0, 3), undefined]
  )
  assert.deepEqual(ours, node)
  return ours.filter((answer) => answer !== null)
}

describe("answers are those of Node's own decoder", () => {
  test('of a minified bundle, names included', () => {
    const answers = same(bundle(path.join(folder, 'min/job.mjs'), { format: 'esm', sourcemap: 'linked' }))
    assert.ok(answers.length > 100)
    assert.ok(answers.some(([, , , name]) => name === 'sendEmail'))
    assert.ok(new Set(answers.map(([source]) => source)).size >= 4)
  })

  test('of a bundle with many lines', () => {
    const options = {
      format: /** @type {const} */ ('cjs'),
      sourcemap: /** @type {const} */ ('linked'),
      minify: false
    }
    assert.ok(same(bundle(path.join(folder, 'long/job.cjs'), options)).length > 100)
  })

  test('of what tsc writes', () => {
    assert.ok(same(typescriptFile).length > 30)
  })

  test('of a map made of sections', () => {
    const map = JSON.parse(fs.readFileSync(`${typescriptFile}.map`, 'utf8'))
    const lines = fs.readFileSync(typescriptFile, 'utf8').split('\n').length
    const sections = [
      { offset: { line: 2, column: 7 }, map },
      { offset: { line: 2 + lines, column: 0 }, map: { ...map, sources: ['second.ts'] } }
    ]
    const places = placesIn(`\n\n${'x'.repeat(7)}${fs.readFileSync(typescriptFile, 'utf8').repeat(2)}`)
    const ours = weSay({ version: 3, sections }, places)
    assert.deepEqual(ours, nodeSays({ version: 3, sections }, places))
    assert.deepEqual(new Set(ours.filter(Boolean).map(([source]) => source)).size, 2)
  })
})

describe('the text of mappings', () => {
  const at = (line, column) => ({ line, column })
  const places = (mappings, ...wanted) =>
    lookUp(mappings, wanted).map((found) =>
      found === null ? null : [found.source, found.line, found.column]
    )

  test('a place belongs to the mapping before it on its own line', () => {
    // AAAA: column 0; KAKA: 5 columns on, 5 lines on; the second line has none, the third begins at column 1.
    assert.deepEqual(
      places(
        'AAAA,KAKA;;CACA',
        at(0, 0),
        at(0, 4),
        at(0, 5),
        at(0, 99),
        at(1, 0),
        at(2, 0),
        at(2, 1),
        at(3, 0)
      ),
      [[0, 0, 0], [0, 0, 0], [0, 5, 0], [0, 5, 0], null, null, [0, 6, 0], null]
    )
  })

  test('a mapping of one number says that what follows comes from nowhere', () => {
    assert.deepEqual(places('AAAA,K', at(0, 4), at(0, 5)), [[0, 0, 0], null])
  })

  test('two generated places may come from one, and two from one line', () => {
    assert.deepEqual(places('AAAA,KAAA,KACA', at(0, 1), at(0, 6), at(0, 11)), [
      [0, 0, 0],
      [0, 0, 0],
      [0, 1, 0]
    ])
  })

  test('what is no base64, breaks off or is too long is refused', () => {
    for (const mappings of ['AA!A', 'AAAé', 'AAAg', 'gggggggggggggA', 'AAAAAA', 'g;AAAA'])
      assert.throws(() => lookUp(mappings, [at(5, 0)]), SyntaxError, mappings)
  })

  test('numbers below zero or beyond every array give no answer that could be shown', () => {
    assert.deepEqual(places('DAAA', at(0, 0)), [[0, 0, 0]])
    assert.deepEqual(places('ADDD', at(0, 0)), [[-1, -1, -1]])
  })

  test('a million mappings are read for one place without a copy of them', () => {
    const mappings = `AAAA${',CACA'.repeat(1_000_000)}`
    assert.deepEqual(places(mappings, at(0, 999_999)), [[0, 999_999, 0]])
  })

  test('nothing wanted, nothing read', () => {
    assert.deepEqual(lookUp('not even base64!', []), [])
  })
})
