'use strict'

/** Maps as nobody should write them: the generated place is shown, nothing throws and nothing waits. */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { OriginalSites } = require('../js/original-sites')
const { describeStack } = require('../js/site')
const { mappingUrl } = require('../js/source-map')
const { workFolder } = require('./helpers/compiled')

const folder = workFolder()
let files = 0

/** A generated file whose first place is src/a.ts:6:1, with a map that a test may spoil. */
const GOOD = {
  version: 3,
  sources: ['src/a.ts'],
  names: [],
  mappings: 'AAKA',
  sourcesContent: ['1\n2\n3\n4\n5\n six\n']
}

/** @param {any} map JSON, or the text of its file; null: none @param {(name: string) => string} [comment] */
function generated(map, comment = (name) => `//# sourceMappingURL=${name}`) {
  const name = `generated-${++files}.js`
  const file = path.join(folder, name)
  if (map !== null) fs.writeFileSync(`${file}.map`, typeof map === 'string' ? map : JSON.stringify(map))
  fs.writeFileSync(file, `bus.on('end', fn)\n${comment(`${name}.map`)}\n`)
  return file
}

/** @param {string} file @param {Partial<import('../js/site').Frame>[]} [frames] */
function look(file, frames = [{}]) {
  const captured = frames.map((frame) => ({ file, line: 1, column: 1, function: 'job', ...frame }))
  const sites = new OriginalSites(() => JSON.stringify(describeStack(captured)))
  sites.learn([7])
  return { sites, site: sites.shown([7])[7] ?? null, notes: sites.notes([7]) }
}

const sourceOf = (file) => {
  const { site } = look(file)
  return site && `${path.relative(folder, site.file)}:${site.line}:${site.column}`
}

describe('where a map is found', () => {
  const json = JSON.stringify(GOOD)
  const base64 = Buffer.from(json).toString('base64')
  const comments = {
    'a file beside it': (name) => `//# sourceMappingURL=${name}`,
    'the old form of the comment': (name) => `//@ sourceMappingURL=${name}`,
    'a block comment': (name) => `/*# sourceMappingURL=${name} */`,
    'a file URL': (name) =>
      `//# sourceMappingURL=${require('node:url').pathToFileURL(path.join(folder, name))}`,
    'base64 data': () => `//# sourceMappingURL=data:application/json;charset=utf-8;base64,${base64}`,
    'percent-encoded data': () => `//# sourceMappingURL=data:application/json,${encodeURIComponent(json)}`,
    'the last of several comments': (name) =>
      `//# sourceMappingURL=nowhere.map\n//# sourceMappingURL=${name}`,
    'a comment before other comments': (name) => `//# sourceMappingURL=${name}\n// the end`,
    'a comment before a string that looks like one': (name) =>
      `//# sourceMappingURL=${name}\nx = '//# sourceMappingURL='`
  }
  for (const [what, comment] of Object.entries(comments)) {
    test(what, () => assert.equal(sourceOf(generated(GOOD, comment)), path.join('src', 'a.ts:6:1')))
  }

  test('lines that end the way of Windows', () => {
    assert.equal(mappingUrl('code\r\n//# sourceMappingURL=a.map\r\n'), 'a.map')
  })

  test('a guard against running it as a script is no JSON and no fault', () => {
    assert.equal(sourceOf(generated(`)]}'\n${json}`)), path.join('src', 'a.ts:6:1'))
  })
})

describe('where a source is', () => {
  const project = path.join(folder, 'project')
  fs.mkdirSync(path.join(project, 'dist'), { recursive: true })
  fs.writeFileSync(path.join(project, 'package.json'), '{}')
  fs.mkdirSync(path.join(project, 'src'), { recursive: true })
  fs.writeFileSync(path.join(project, 'src', 'with space.ts'), '')
  const url = require('node:url').pathToFileURL(path.join(project, 'src', 'a.ts')).href
  const cases = {
    '../src/a.ts': 'project/src/a.ts',
    [url]: 'project/src/a.ts',
    'webpack://name/./src/a.ts?1234': 'project/src/a.ts',
    'webpack:///src/a.ts': 'project/src/a.ts',
    'turbopack:///[project]/src/a.ts': 'project/src/a.ts',
    '../src/with%20space.ts': 'project/src/with space.ts',
    'webpack://name/webpack/bootstrap': null,
    'webpack://name/external "fs"': null,
    'a\u001b[31m.ts': null,
    '': null
  }
  for (const [source, expected] of Object.entries(cases)) {
    test(`${JSON.stringify(source)} is ${expected ?? 'nowhere'}`, () => {
      const file = path.join(project, 'dist', `worker-${++files}.js`)
      fs.writeFileSync(`${file}.map`, JSON.stringify({ ...GOOD, sources: [source] }))
      fs.writeFileSync(file, `x\n//# sourceMappingURL=${path.basename(file)}.map`)
      const { site } = look(file)
      assert.equal(site && path.relative(folder, site.file), expected)
    })
  }

  test('below a sourceRoot', () => {
    assert.equal(sourceOf(generated({ ...GOOD, sourceRoot: 'lib/' })), path.join('lib', 'src', 'a.ts:6:1'))
  })

  test('its line comes with the map where it is not on disk', () => {
    const { sites, site } = look(generated(GOOD))
    assert.equal(sites.lineOf(site.file, 6), 'six')
    assert.equal(sites.lineOf(site.file, 7), null)
  })
})

describe('a bundle holds code of several owners', () => {
  // Columns 0, 5, 10, 15 come from holdover itself, a library, the application, and another line of it.
  const map = {
    ...GOOD,
    sources: ['node_modules/holdover/js/scope.js', 'node_modules/any-signal/index.js', 'src/a.ts'],
    mappings: 'AAAA,KCCA,KCCA,KACA'
  }

  test('the library is named, with the line of the application that called it', () => {
    const { site } = look(generated(map), [{ column: 6 }, { column: 11 }, { column: 16 }, { column: 1 }])
    assert.equal(site.owner, 'library:any-signal@2.1.2')
    assert.equal(
      `${path.relative(folder, site.calledFrom.file)}:${site.calledFrom.line}`,
      path.join('src', 'a.ts:3')
    )
    assert.deepEqual(site.generated, { file: site.generated.file, line: 1, column: 6, function: 'job' })
  })

  test('two generated places of one source place are one, and their neighbour is another', () => {
    const file = generated({ ...GOOD, mappings: 'AAAA,KAAA,KACA' })
    const columns = [1, 6, 11]
    const sites = new OriginalSites((id) =>
      JSON.stringify(describeStack([{ file, line: 1, column: columns[id], function: '' }]))
    )
    sites.learn([0, 1, 2])
    assert.equal(sites.keyOf(0), sites.keyOf(1))
    assert.notEqual(sites.keyOf(0), sites.keyOf(2))
  })

  test('holdover itself is no place to look at', () => {
    const { site } = look(generated(map), [{ column: 1 }, { column: 11 }, { column: 1 }])
    assert.equal(site.frames.length, 1)
    assert.equal(site.owner, 'app')
  })

  test('a function is called by the name that the map gives the call', () => {
    const file = generated(
      { ...GOOD, names: ['sendEmail'], mappings: 'AAKA,MAAAA' },
      (name) => `//# sourceMappingURL=${name}`
    )
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace("bus.on('end', fn)", 'await a(1)'))
    const { site } = look(file, [{ function: 'a' }, { column: 7, function: 'b' }])
    assert.deepEqual(
      site.frames.map(([, , , name]) => name),
      ['sendEmail', 'b']
    )
    assert.equal(
      look(file, [{ function: 'c' }, { column: 7 }]).site.function,
      'c',
      'another function than the one called'
    )
  })
})

describe('a map that is none', () => {
  const none = (file, pattern) => {
    const { site, notes } = look(file)
    assert.equal(site, null)
    assert.equal(notes.length, pattern === null ? 0 : 1, notes[0])
    if (pattern !== null) assert.match(notes[0], pattern)
  }
  const spoilt = {
    'is empty': ['', /not JSON/],
    'breaks off': [JSON.stringify(GOOD).slice(0, -20), /not JSON/],
    'is null': ['null', /no source map of version 3/],
    'is of version 2': [{ ...GOOD, version: 2 }, /no source map of version 3/],
    'has no mappings': [{ ...GOOD, mappings: undefined }, /no source map of version 3/],
    'has mappings that are no text': [{ ...GOOD, mappings: [1] }, /no source map of version 3/],
    'has mappings that are no base64': [{ ...GOOD, mappings: '????' }, /not base64/],
    'has sources that are no list': [{ ...GOOD, sources: { 0: 'a.ts' } }, /no source map of version 3/],
    'has a source that is no text': [{ ...GOOD, sources: [{ a: 1 }] }, null],
    'points beyond its sources': [{ ...GOOD, sources: [] }, null],
    'points before line 1': [{ ...GOOD, mappings: 'AADA' }, null],
    'has sections that are none': [{ version: 3, sections: [null] }, /cannot be read/],
    'has a million sections': [{ version: 3, sections: Array(100_000).fill(0) }, /sections/]
  }
  for (const [what, [map, pattern]] of Object.entries(spoilt)) test(what, () => none(generated(map), pattern))

  test('names and prototypes of JavaScript are names like others', () => {
    const { site } = look(
      generated({ ...GOOD, sources: ['__proto__'], names: { __proto__: 1 }, sourcesContent: 5 })
    )
    assert.equal(path.basename(site.file), '__proto__')
    assert.equal(Object.keys(Object.prototype).length, 0)
  })

  test('is at an address: nothing is fetched', () => {
    none(
      generated(null, () => '//# sourceMappingURL=http://127.0.0.1:9/worker.js.map'),
      /http: address, and nothing is fetched/
    )
  })

  test('is a folder, or not there', () => {
    none(
      generated(null, () => '//# sourceMappingURL=.'),
      /not there/
    )
    none(generated(null), /not there/)
  })

  test('is a pipe that nobody writes to', { skip: process.platform === 'win32' }, () => {
    execFileSync('mkfifo', [path.join(folder, 'pipe.map')])
    none(
      generated(null, () => '//# sourceMappingURL=pipe.map'),
      /not there/
    )
    none(path.join(folder, 'pipe.map'), null)
  })

  test('is too large', () => {
    const file = generated('')
    fs.truncateSync(`${file}.map`, 33 * 1024 * 1024)
    none(file, /larger than 32 MB/)
  })

  test('is a file of a package: that is shown as it is installed', () => {
    const file = path.join(folder, 'packages', 'node_modules', 'lib', 'index.js')
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.copyFileSync(generated(GOOD), file)
    none(file, null)
  })

  test('more than three of them are counted', () => {
    const ids = [1, 2, 3, 4, 5]
    const bad = ids.map(() => generated('{'))
    const sites = new OriginalSites((id) =>
      JSON.stringify(describeStack([{ file: bad[id - 1], line: 1, column: 1, function: '' }]))
    )
    sites.learn(ids)
    assert.equal(sites.notes(ids).length, 4)
    assert.equal(sites.notes(ids)[3], '2 more source maps are not used')
    assert.deepEqual(sites.notes([]), [])
  })

  test('is read once, and what it said stays', () => {
    const file = generated(GOOD)
    let asked = 0
    const sites = new OriginalSites(() => {
      asked++
      return JSON.stringify(describeStack([{ file, line: 1, column: 1, function: '' }]))
    })
    sites.learn([1])
    fs.rmSync(`${file}.map`)
    sites.learn([1, 2])
    assert.equal(asked, 2)
    assert.equal(sites.shown([2])[2].line, 6)
    assert.equal(sites.keyOf(1), sites.keyOf(2))
  })
})
