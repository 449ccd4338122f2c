'use strict'

/**
 * Keeps README.md and docs/ true: pasted outputs are compared with real ones, code is run, links and bounds are looked
 * up, and the generated page is generated again.
 *
 * Where a pasted output is out of date, the failure shows the block to paste.
 */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { START, CHECK } = require('../js/config')
const { MESSAGES } = require('../js/errors')
const { configurationPage, FILE: CONFIGURATION } = require('../scripts/docs')
const { ROOT, runNode } = require('./helpers/child')
const { findings, lastReport, pasted } = require('./helpers/pasted')

/**
 * The report is about the jobs that are past their grace period, and the worker waits only one second for that. On a
 * loaded machine a pass may be late, and the report then counts fewer jobs.
 */
const ATTEMPTS = 6

const read = (name) => fs.readFileSync(path.join(ROOT, name), 'utf8')
const README = read('README.md')
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...fs.readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`)
].filter((name) => name.endsWith('.md'))

/** Figures that differ from run to run. @param {string} report */
function withoutFigures(report) {
  return report
    .replace(/[\d.,]+ (B|kB|MB|GB|%)(?= |\/|\)|$|,)/gm, '# $1')
    .replace(/[+-](?=# )/g, '')
    .replace(/ \(# \w+\/job\)/g, '')
}

describe('outputs in README.md', { concurrency: 1 }, () => {
  test('the example worker prints the findings that are pasted', async () => {
    const expected = findings(pasted(README, 'npm start'))
    assert.equal(expected.length, 5)
    let report = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { code, stderr } = await runNode(['examples/worker/index.js'])
      assert.equal(code, 0, stderr)
      report = lastReport(stderr)
      if (findings(report).join() === expected.join()) break
    }
    assert.deepEqual(findings(report), expected, `paste this into README.md:\n${report}`)
    const jobs = /^ jobs: .*$/m
    assert.equal(jobs.exec(report)?.[0], jobs.exec(pasted(README, 'npm start'))?.[0])
  })

  test('the check example prints what is pasted', async () => {
    const [prompt, ...lines] = pasted(README, 'npx holdover check examples/check/convert-price.js').split(
      '\n'
    )
    const args = prompt.replace('$ npx holdover ', '').split(' ')
    const { code, stdout, stderr } = await runNode(['js/cli/main.js', ...args])
    assert.equal(code, 1, stderr)
    assert.equal(withoutFigures(stdout.trimEnd()), withoutFigures(lines.join('\n')), `paste:\n${stdout}`)
  })

  test('the first code block runs, and sees the jobs', async () => {
    const code = README.split('```js\n')[1].split('```')[0]
    const before = 'const processJob = async () => {};'
    const after = `;(async () => {
      for (let n = 0; n < 3; n++) await queue.push({ name: 'send-email', id: n })
      process.stdout.write(JSON.stringify(tracker.report().jobs))
    })()`
    const { stdout, stderr } = await runNode(['-e', before + code + after], {
      env: { HOLDOVER_GRACE_MS: '0' }
    })
    assert.deepEqual(
      JSON.parse(stdout),
      [{ name: 'send-email', completed: 3, failed: 0, timedOut: 0, open: 0 }],
      stderr
    )
  })
})

describe('documentation', () => {
  for (const page of PAGES) {
    test(`links in ${page} lead somewhere`, () => {
      const text = read(page).replace(/```.*?```/gs, '')
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1])
      const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link))
      assert.deepEqual(broken, [])
    })
  }

  test('README.md links to every page', () => {
    const missing = PAGES.filter((page) => page !== 'README.md' && !README.includes(`(${page})`))
    assert.deepEqual(missing, [])
  })

  test('docs/configuration.md is what scripts/docs.js writes', () => {
    assert.equal(fs.readFileSync(CONFIGURATION, 'utf8'), configurationPage(), 'run node scripts/docs.js')
  })

  test('docs/configuration.md has every option and every variable that the code reads', () => {
    const text = fs.readFileSync(CONFIGURATION, 'utf8')
    const options = [START, CHECK].flatMap((table) => Object.keys(table))
    const variables = new Set(
      sources().flatMap((source) =>
        [...source.matchAll(/(?:env\.|env: ')((?:HOLDOVER\w*|NO_COLOR))/g)].map((match) => match[1])
      )
    )
    assert.ok(variables.has('HOLDOVER') && variables.has('HOLDOVER_GRACE_MS'))
    const missing = [...options, ...variables].filter((name) => !text.includes(`\`${name}\``))
    assert.deepEqual(missing, [])
  })

  test('docs/cli.md has every flag, exit code and error code', async () => {
    const text = read('docs/cli.md')
    const help = await Promise.all(
      ['check', 'run'].map(async (command) => (await runNode(['js/cli/main.js', command, '--help'])).stdout)
    )
    const flags = new Set(help.join('').match(/--[a-z-]+/g))
    assert.ok(flags.has('--strict') && flags.has('--exit-after'))
    const missing = [...flags, ...Object.keys(MESSAGES)].filter((name) => !text.includes(`\`${name}`))
    assert.deepEqual(missing, [])
    for (const [, code, word] of help[0].matchAll(/(\d) (clean|leaks|error|inconclusive)/g))
      assert.match(text, new RegExp(`^\\| ${code} \\| ${word}`, 'm'))
  })

  test('docs/report-format.md has every field of the types', () => {
    const types = read('js/index.d.ts')
    const text = read('docs/report-format.md')
    const names = ['Leak', 'Kept', 'Returned', 'OpenJob', 'Memory', 'Report']
    const fields = names.flatMap((name) => {
      const body = types.split(`export interface ${name} {`)[1].split('\n}')[0]
      return [...body.matchAll(/^ {2}(\w+)[?]?:/gm)].map((match) => match[1])
    })
    assert.ok(fields.length > 50)
    assert.deepEqual(
      fields.filter((field) => !text.includes(`\`${field}\``)),
      []
    )
  })

  test('the bounds in docs/limits.md are those of the code', () => {
    const rows = [
      ...read('docs/limits.md').matchAll(/^\| [^|]+ \| ([\d,]+) \| [^|]+ \| `(\w+)` in `([\w./-]+)` \|$/gm)
    ]
    assert.ok(rows.length >= 10)
    for (const [, bound, constant, file] of rows) {
      const value = new RegExp(`const ${constant}(?:: usize)? = ([\\d_]+)`).exec(read(file))?.[1]
      assert.equal(value?.replaceAll('_', ''), bound.replaceAll(',', ''), `${constant} in ${file}`)
    }
  })

  test('every file that docs/architecture.md names is there', () => {
    const named = [...read('docs/architecture.md').matchAll(/`((?:js|src|__test__|scripts)\/[\w./-]*)`/g)]
    assert.ok(named.length > 20)
    assert.deepEqual(
      named.map((match) => match[1]).filter((name) => !fs.existsSync(path.join(ROOT, name))),
      []
    )
  })
})

/** @param {string} page @param {string} link relative to the page, with or without an anchor */
function leadsSomewhere(page, link) {
  const [file, anchor] = link.split('#')
  const target = file === '' ? page : path.join(path.dirname(page), file)
  if (!fs.existsSync(path.join(ROOT, target))) return false
  return anchor === undefined || anchors(read(target)).includes(anchor)
}

/** Headings as links name them. @param {string} text */
function anchors(text) {
  return [...text.replace(/```.*?```/gs, '').matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  )
}

/** The text of every JavaScript file of holdover. */
function sources() {
  const folder = path.join(ROOT, 'js')
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && name !== 'binding.js')
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
}
