'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runNode } = require('../helpers/child')
const { assertValidJunit, assertValidReport, assertValidSarif } = require('../helpers/schemas')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')

/** A repository with a job in a folder of it: it leaks a listener, unless FIXED is set. */
function repository() {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-outputs-')))
  const folder = path.join(root, 'packages', 'mails')
  fs.mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'job.js')
  fs.writeFileSync(
    file,
    `const { EventEmitter } = require('node:events')
const redis = new EventEmitter().setMaxListeners(0)
exports.job = () => {
  if (!process.env.FIXED) redis.on('end', () => {})
  if (process.env.WORSE) setInterval(() => {}, 60_000)
  process.stdout.write('x')
}
`
  )
  const holdover = (/** @type {string[]} */ args, env = {}) =>
    runNode([CLI, 'check', 'job.js', '--jobs', '40', '--grace', '20', ...args], {
      cwd: folder,
      // As on this machine, wherever the test itself runs.
      env: { GITHUB_WORKSPACE: undefined, CI_PROJECT_DIR: undefined, GITHUB_STEP_SUMMARY: undefined, ...env }
    })
  return { root, folder, file, holdover }
}

describe('outputs of holdover check', { concurrency: 2 }, () => {
  test('each format into its file, the text on stdout, and annotations and the summary for GitHub', async () => {
    const { root, folder, file, holdover } = repository()
    const summary = path.join(root, 'summary.md')
    fs.writeFileSync(summary, 'from a step before\n')
    const files = { json: 'out/r.json', junit: 'out/deep/r.xml', sarif: 'r.sarif', markdown: 'r.md' }
    const flags = Object.entries(files).map(([format, name]) => `--${format}=${name}`)
    const env = { GITHUB_WORKSPACE: root, GITHUB_STEP_SUMMARY: summary }
    const { code, stdout } = await holdover([...flags, '--github'], env)
    assert.equal(code, 1)
    assert.match(stdout, /^x+holdover LEAKING check job: 1 leak/)
    const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8')

    const report = JSON.parse(read(files.json))
    assertValidReport(report)
    assert.equal(report.leaks[0].site.file, file)
    await assertValidJunit(read(files.junit))
    assert.match(read(files.junit), /<failure type="leak" message="\+1\.00 'end' listener per job">/)
    const { physicalLocation } = assertValidSarif(read(files.sarif)).runs[0].results[0].locations[0]
    assert.equal(physicalLocation.artifactLocation.uri, 'packages/mails/job.js')
    assert.equal(physicalLocation.region.startLine, 4)
    assert.match(stdout, /^::error file=packages\/mails\/job\.js,line=4,col=\d+,title=holdover%3A /m)
    assert.match(read(files.markdown), /^packages\/mails\/job\.js:4:\d+\n4 \| if/m)
    assert.equal(fs.readFileSync(summary, 'utf8'), `from a step before\n${read(files.markdown)}`)
    for (const name of [files.markdown, files.sarif]) assert.ok(!read(name).includes(root), name)
  })

  test('one format on stdout is alone there: what the job prints and the annotations go to stderr', async () => {
    const { holdover } = repository()
    const { code, stdout, stderr } = await holdover(['--sarif', '--github'])
    assert.equal(code, 1)
    assert.equal(assertValidSarif(stdout).runs[0].results.length, 1)
    assert.match(stderr, /^x+::error file=job\.js,line=4,/)
  })

  test('a baseline: what it accepts passes, a new leak fails, and what is gone is said and can be taken out', async () => {
    const { folder, holdover } = repository()
    const file = path.join(folder, 'baseline.json')
    const first = await holdover(['--baseline', 'baseline.json', '--update-baseline'])
    assert.deepEqual(
      [first.code, first.stderr],
      [0, 'holdover: baseline.json: 1 accepted, 1 of them new; 0 gone\n']
    )
    assert.equal(JSON.parse(fs.readFileSync(file, 'utf8')).accepted[0].place, 'job.js:4')

    const args = ['--baseline', 'baseline.json', '--junit=r.xml']
    const accepted = await holdover(args)
    assert.equal(accepted.code, 0)
    assert.match(
      accepted.stdout,
      /holdover clean .*\n\n accepted {2}\+1\.00 'end' listener per job, job\.js:4:\d+: id L-/
    )

    const worse = await holdover(args, { WORSE: '1' })
    assert.equal(worse.code, 1)
    assert.match(worse.stdout, / 1 LEAK .*interval[\s\S]* accepted {2}\+1\.00 'end' listener/)
    assert.doesNotMatch(worse.stdout, / 2 LEAK /)
    assert.match(fs.readFileSync(path.join(folder, 'r.xml'), 'utf8'), /failures="1"/)

    const few = await holdover([...args, '--update-baseline', '--jobs', '2'], { WORSE: '1' })
    assert.equal(few.code, 3)
    assert.match(few.stderr, /baseline\.json is left as it is: the report is inconclusive/)

    const fixed = await holdover(args, { FIXED: '1' })
    assert.equal(fixed.code, 0)
    assert.match(fixed.stdout, /note {3}accepted L-[0-9a-f]{6} is gone: 'end' listener, job\n/)
    const updated = await holdover([...args, '--update-baseline'], { FIXED: '1' })
    assert.deepEqual(
      [updated.code, updated.stderr],
      [0, 'holdover: baseline.json: 0 accepted, 0 of them new; 1 gone\n']
    )
    assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')).accepted, [])
  })

  test('a link is written through and stays; the module, the baseline and another output are not written over', async () => {
    const { folder, file, holdover } = repository()
    const [link, target] = ['link.json', 'target.json'].map((name) => path.join(folder, name))
    fs.writeFileSync(target, '')
    fs.symlinkSync(target, link)
    await holdover(['--jobs', '2', '--json=link.json'])
    assert.ok(fs.lstatSync(link).isSymbolicLink())
    assertValidReport(JSON.parse(fs.readFileSync(target, 'utf8')))

    const source = fs.readFileSync(file, 'utf8')
    fs.writeFileSync(path.join(folder, 'baseline.json'), '{ "version": 1, "accepted": [] }')
    for (const flags of [
      ['--json=job.js'],
      ['--json=baseline.json', '--baseline', 'baseline.json'],
      ['--json=same', '--junit=./same'],
      ['--json=.']
    ]) {
      const { code, stdout, stderr } = await holdover(flags)
      assert.deepEqual([code, stdout], [2, ''], flags.join(' '))
      assert.match(
        stderr,
        /^holdover: cannot write .*: it is (the module, the baseline or another output|a folder) \[HOLDOVER_OUTPUT\]\n$/
      )
    }
    assert.equal(fs.readFileSync(file, 'utf8'), source)
  })

  test('where there is an error there is no report of an earlier run, and GitHub is told', async () => {
    const { folder, file, holdover } = repository()
    const old = path.join(folder, 'r.xml')
    fs.writeFileSync(old, 'old')
    fs.writeFileSync(file, "throw new Error('50 %: no REDIS_URL')\n")
    const { code, stdout, stderr } = await holdover(['--junit=r.xml', '--github'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.equal(fs.existsSync(old), false)
    assert.match(
      stderr,
      /^::error title=holdover::job\.js could not be loaded: Error: 50 %25: no REDIS_URL%0A/
    )
    assert.match(stderr, /\[HOLDOVER_LOAD\]\n$/)
  })
})
