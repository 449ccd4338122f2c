'use strict'

const { test, before } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { ROOT, runNode } = require('../helpers/child')
const { PUBLISHED, tarballs, manifestOf, fileOf } = require('../helpers/packed-project')
const { glibcNeeded, compareVersions, GLIBC } = require('../../scripts/cross-build')
const { toolFile } = require('../../scripts/tools')
const repository = require('../../package.json')

const TOOLS = path.join(ROOT, '__test__', 'runners', 'packaging')
// Three times what it is: what makes it grow that far is looked at first.
const MAX_BYTES = 250_000

/** @type {string} */ let main
/** @type {string[]} */ let platforms
before(() => {
  ;[main, ...platforms] = tarballs()
})

/** @param {string} tarball @returns {string[]} */
function namesIn(tarball) {
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  return listed
    .split('\n')
    .filter(Boolean)
    .map((name) => name.replace(/^package\//, ''))
    .sort()
}

test('the main package has the JavaScript, its types and the texts, and no binary', (t) => {
  const names = namesIn(main)
  const js = fs
    .readdirSync(path.join(ROOT, 'js'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.node'))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath ?? entry.path, entry.name)))
  assert.deepEqual(names, [...js, 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].sort())
  const { size } = fs.statSync(main)
  t.diagnostic(`${path.basename(main)}: ${size} bytes`)
  assert.ok(size < MAX_BYTES, `${size} bytes`)
})

test('installing runs no script, and needs nothing but the packages of the platforms', () => {
  const manifest = manifestOf(main)
  assert.equal(manifest.scripts, undefined)
  assert.equal(manifest.dependencies, undefined)
  assert.ok(platforms.length > 0)
  for (const platform of platforms) {
    const { name, version, scripts, dependencies } = manifestOf(platform)
    assert.equal(manifest.optionalDependencies[name], version)
    assert.equal(version, repository.version)
    assert.deepEqual([scripts, dependencies], [undefined, undefined])
  }
})

test('the package of a platform has its binary and the licence, and is only installed there', (t) => {
  for (const platform of platforms) {
    const { main: binary, os, cpu } = manifestOf(platform)
    assert.deepEqual(namesIn(platform), ['LICENSE', 'README.md', binary, 'package.json'].sort())
    assert.deepEqual([os, cpu], [[process.platform], [process.arch]])
    t.diagnostic(`${path.basename(platform)}: ${fs.statSync(platform).size} bytes`)
  }
})

test('the loader looks for the packages under the names they have', () => {
  const loader = fileOf(main, 'package/js/binding.js').toString()
  for (const platform of platforms) assert.ok(loader.includes(`require('${manifestOf(platform).name}')`))
})

test('a binary that is published loads on old systems and names no folder of the machine that built it', {
  skip:
    PUBLISHED === undefined && 'the addon of a clone fits this machine; `npm run package` makes the others'
}, (t) => {
  for (const platform of platforms.filter((name) => name.includes('-gnu-'))) {
    const { main: binary } = manifestOf(platform)
    const file = path.join(path.dirname(platform), `.${binary}`)
    const bytes = fileOf(platform, `package/${binary}`)
    fs.writeFileSync(file, bytes)
    const needed = glibcNeeded(file)
    fs.rmSync(file)
    t.diagnostic(`${binary} needs GLIBC_${needed}`)
    assert.ok(compareVersions(needed, GLIBC) <= 0, needed)
    assert.ok(!bytes.includes(ROOT))
    assert.ok(!bytes.includes('.cargo/registry'))
  }
})

test('the glibc that a binary needs is read from the binary', { skip: process.platform !== 'linux' }, () => {
  const addon = fs.readdirSync(path.join(ROOT, 'js')).find((name) => name.endsWith('.node'))
  const bytes = fs.readFileSync(path.join(ROOT, 'js', String(addon)))
  const needed = glibcNeeded(path.join(ROOT, 'js', String(addon)))
  assert.ok(bytes.includes(`GLIBC_${needed}\0`), needed)
  assert.ok(compareVersions('2.4', '2.17') < 0)
})

test('a release builds the addon of every platform that packages are made for', () => {
  const workflow = fs.readFileSync(path.join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8')
  const targets = [...workflow.matchAll(/\{ target: ([\w-]+),/g)].map((match) => match[1])
  assert.deepEqual(targets, repository.napi.targets)
})

test('every entry point names files that are there, with types', () => {
  const names = namesIn(main)
  const files = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(files))
  for (const [key, entry] of Object.entries(manifestOf(main).exports)) {
    for (const file of files(entry)) assert.ok(names.includes(file.replace('./', '')), `${key}: ${file}`)
    if (!key.endsWith('.json')) assert.match(JSON.stringify(entry), /"types":/, key)
  }
})

test('publint and attw have nothing to say', async () => {
  const publint = await runNode([toolFile('publint', 'publint', TOOLS), main, '--strict'])
  assert.match(publint.stdout, /All good!/)
  // Node 20 and newer resolve as TypeScript calls it node16; `node10` knows no `exports`.
  // Vitest is an ES module and cannot be required, and so is what extends it.
  for (const scope of [
    ['--profile', 'node16', '--exclude-entrypoints', 'vitest', 'vitest/guard'],
    ['--profile', 'esm-only', '--entrypoints', 'vitest', 'vitest/guard']
  ]) {
    const attw = await runNode([toolFile('@arethetypeswrong/cli', 'attw', TOOLS), main, ...scope])
    assert.equal(attw.code, 0, attw.stdout)
  }
})
