'use strict'

/** Real compilers and bundlers: the leak is shown at the line that its author wrote. */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { ROOT, runNode } = require('./helpers/child')
const { SOURCES, JOB, workFolder, bundle, compile, expectedLeaks, leakLine } = require('./helpers/compiled')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')
const WORKER = path.join(__dirname, 'helpers', 'production-worker.js')
const PREPARE = path.join(SOURCES, 'prepare-stack-trace.cjs')
const TRANSFORM = '--experimental-transform-types'

const folder = workFolder()
const at = (name) => path.join(folder, name)
const canTransform = process.allowedNodeEnvironmentFlags.has(TRANSFORM)
const canStrip = Boolean(/** @type {any} */ (process.features).typescript)

/** @type {Array<{ name: string, build: () => string, node?: string[], skip?: string | false }>} */
const ways = [
  {
    name: 'esbuild, minified ESM, map beside it',
    build: () => bundle(at('esm/job.mjs'), { format: 'esm', sourcemap: 'linked' })
  },
  {
    name: 'esbuild, minified CommonJS, map inside',
    build: () => bundle(at('cjs/job.cjs'), { format: 'cjs', sourcemap: 'inline' })
  },
  {
    name: "esbuild with --enable-source-maps and the host's own prepareStackTrace",
    build: () => bundle(at('enabled/job.cjs'), { format: 'cjs', sourcemap: 'linked' }),
    node: ['--enable-source-maps', '--require', PREPARE]
  },
  { name: 'tsc', build: () => compile(at('tsc')) },
  {
    name: 'tsc, map inside',
    build: () => compile(at('tsc-inline'), ['--sourceMap', 'false', '--inlineSourceMap'])
  },
  { name: 'tsx', build: () => JOB, node: ['--import', 'tsx'] },
  {
    name: "Node's own type stripping",
    build: () => JOB,
    skip: !canStrip && 'this Node does not strip types by itself'
  },
  {
    name: "Node's own type transformation",
    build: () => JOB,
    node: [TRANSFORM],
    skip: !canTransform && `this Node has no ${TRANSFORM}`
  }
]

/** @param {string} file @param {string[]} [node] */
async function check(file, node = []) {
  const { code, stdout, stderr } = await runNode([...node, CLI, 'check', file, '--jobs', '60', '--json'])
  assert.equal(code, 1, stderr)
  return JSON.parse(stdout)
}

/** Sixty grace periods: a leak of fewer than 500 jobs is called one after thirty. @param {string} file @param {string[]} [node] */
async function work(file, node = []) {
  const setting = { files: [file], durationMs: 6_000, jobsPerSecond: 40, graceMs: 100 }
  const { code, stdout, stderr } = await runNode([...node, WORKER, JSON.stringify(setting)])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

describe('a leak in compiled code is shown at its source', { concurrency: 2 }, () => {
  for (const { name, build, node, skip = false } of ways) {
    test(`check: ${name}`, { skip }, async () => {
      const report = await check(build(), node)
      assert.deepEqual(report.leaks.map(leakLine).sort(), expectedLeaks())
      assert.deepEqual(report.notes, [])
      const listener = report.leaks.find((leak) => leak.description === "'end' listener")
      assert.equal(listener.fix, "redis.off('end', fn) in a finally block")
      assert.ok(listener.stack[0].includes(`send-email.ts:${listener.site.line}:`))
      assert.equal(listener.site.function, 'sendEmail')
    })

    test(`production: ${name}`, { skip }, async () => {
      const { printed, report } = await work(build(), node)
      // In production one row stands for both calls into the library.
      const places = report.leaks.flatMap((leak) =>
        leak.sites.map((site) => `${leak.kind} ${site.file}:${site.line}`)
      )
      const expected = expectedLeaks().map((text) => text.replace(/^(\w+) \S+ (\S+) .*$/, '$1 $2'))
      assert.deepEqual([...new Set(places)].sort(), expected.sort())
      for (const leak of report.leaks) {
        const line = leakLine(leak).replace(/^\w+ \S+ /, '')
        assert.ok(
          expectedLeaks().some((text) => text.endsWith(line)),
          line
        )
        const text = printed.find((one) => one.includes(`id ${leak.fingerprint}`)) ?? ''
        assert.ok(text.includes(`${path.basename((leak.calledFrom ?? leak.site).file)}:`), text)
        assert.ok(text.includes(leak.source), text)
      }
    })
  }
})

describe('what a source map cannot say', { concurrency: 2 }, () => {
  test('sources that are not on disk are shown out of the map', async () => {
    const sources = at('gone/project')
    fs.cpSync(path.join(SOURCES, 'src'), path.join(sources, 'src'), { recursive: true })
    const file = bundle(
      at('gone/dist/job.mjs'),
      { format: 'esm', sourcemap: 'linked' },
      path.join(sources, 'src', 'job.ts')
    )
    fs.rmSync(sources, { recursive: true })
    const report = await check(file)
    assert.deepEqual(report.leaks.map(leakLine).sort(), expectedLeaks(sources))
  })

  test('the generated place stays beside the one of the source, with its column', async () => {
    const file = bundle(at('generated/job.mjs'), { format: 'esm', sourcemap: 'linked' })
    const { leaks } = await check(file)
    const generated = leaks.map((leak) => leak.generated)
    assert.ok(generated.every((place) => place.file === file))
    assert.ok(new Set(generated.map((place) => `${place.line}:${place.column}`)).size >= 3)
  })

  test('without a map the generated lines are shown, as they are', async () => {
    const file = bundle(at('none/job.mjs'), { format: 'esm', minify: false })
    const lines = fs.readFileSync(file, 'utf8').split('\n')
    const { leaks, notes } = await check(file)
    assert.deepEqual(notes, [])
    for (const leak of leaks) {
      assert.equal(leak.site.file, file)
      assert.equal(leak.source, lines[leak.site.line - 1].trim())
      assert.equal(leak.generated, null)
      assert.equal(leak.owner, 'app')
    }
    const called = (pattern) => leaks.filter((leak) => pattern.test(leak.source)).length
    assert.deepEqual(
      [called(/redis\.on\("end"/), called(/setInterval\(/), called(/addEventListener\("abort"/)],
      [1, 1, 1]
    )
  })

  test('a map that is not there is said once, and the generated lines are shown', async () => {
    const file = bundle(at('lost/job.mjs'), { format: 'esm', sourcemap: 'linked' })
    fs.rmSync(`${file}.map`)
    const { leaks, notes } = await check(file)
    assert.ok(leaks.every((leak) => leak.site.file === file))
    assert.equal(notes.length, 1)
    assert.match(notes[0], /its source map is not used, the file that it is said to be in is not there$/)
  })

  test('no map is read before a report asks for places, and then once', async () => {
    const file = bundle(at('lazy/job.cjs'), { format: 'cjs', sourcemap: 'linked' })
    const script = `
      const fs = require('node:fs')
      const { readFileSync } = fs
      const reads = []
      fs.readFileSync = (file, ...rest) => {
        reads.push(String(file))
        return readFileSync(file, ...rest)
      }
      const mapReads = () => reads.filter((name) => name === ${JSON.stringify(`${file}.map`)}).length
      const holdover = require(${JSON.stringify(path.join(ROOT, 'js', 'index.js'))})
      const tracker = holdover.start({ graceMs: 0, report: { everyMs: 0 } })
      const { job, setup } = require(${JSON.stringify(file)})
      const run = holdover.wrapJob('mail', job)
      const ctx = setup()
      ;(async () => {
        const counts = []
        for (let i = 0; i < 200; i++) await run(ctx, i)
        counts.push(mapReads())
        await new Promise((resolve) => setTimeout(resolve, 500))
        tracker.shouldRecycle()
        counts.push(mapReads())
        const sites = tracker.report().kept.map((kept) => kept.site.file)
        counts.push(mapReads())
        tracker.report()
        counts.push(mapReads())
        process.stdout.write(JSON.stringify({ counts, sites }))
        process.exit(0)
      })()`
    const { stdout, stderr } = await runNode(['-e', script])
    assert.equal(stderr, '')
    const { counts, sites } = JSON.parse(stdout)
    assert.deepEqual(counts, [0, 0, 1, 1])
    assert.ok(sites.some((name) => name === path.join(SOURCES, 'src', 'jobs', 'send-email.ts')))
  })

  test('holdover itself in the bundle is never the place', async () => {
    const own = at('self/node_modules/holdover')
    fs.cpSync(path.join(ROOT, 'js'), path.join(own, 'js'), { recursive: true })
    fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(own, 'package.json'))
    const entry = at('self/worker.cjs')
    fs.writeFileSync(
      entry,
      `const { check } = require('holdover')
const { EventEmitter } = require('node:events')
const bus = new EventEmitter().setMaxListeners(0)
const job = () => {
  bus.on('end', () => 'unheard')
}
check(job, { jobs: 60 }).then((report) => console.log(JSON.stringify(report)))
`
    )
    const loader = { '.node': /** @type {const} */ ('copy') }
    const file = bundle(at('self/dist/worker.cjs'), { format: 'cjs', sourcemap: 'linked', loader }, entry)
    fs.rmSync(own, { recursive: true })
    const { stdout, stderr } = await runNode([file])
    assert.equal(stderr, '')
    const [leak, ...others] = JSON.parse(stdout).leaks
    assert.deepEqual(others, [])
    assert.equal(`${leak.site.file}:${leak.site.line}`, `${entry}:5`)
    assert.equal(leak.owner, 'app')
    assert.equal(leak.source, "bus.on('end', () => 'unheard')")
    assert.deepEqual(
      leak.stack.filter((frame) => !frame.includes(entry)),
      []
    )
  })

  test('the same code built again has the same fingerprints, wherever it is put', async () => {
    const ids = async (file) => (await check(file)).leaks.map((leak) => leak.fingerprint).sort()
    const first = await ids(bundle(at('first/job.mjs'), { format: 'esm', sourcemap: 'linked' }))
    const again = await ids(bundle(at('again/job.mjs'), { format: 'esm', sourcemap: 'inline' }))
    const moved = await ids(bundle(at('moved/job.mjs'), { format: 'esm', banner: { js: '// v2\n\n' } }))
    assert.equal(first.length, 4)
    assert.deepEqual(again, first)
    assert.ok(moved.every((id) => first.includes(id)))
  })
})
