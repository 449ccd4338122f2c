'use strict'

/** docs/corpus.md is what bench/corpus.js recorded, and what that judges is judged rightly. */

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { judge } = require('../bench/corpus/judge')
const { sources } = require('../bench/corpus/sources')
const { TOOLS } = require('../bench/corpus/tools')
const { answerOf } = require('../bench/corpus/outputs')
const { RESULTS, PAGE, corpusPage, packed, sentence, totals, unpacked } = require('../bench/corpus/page')
const { runNode } = require('./helpers/child')

const folder = path.join(path.sep, 'app', 'jobs')
const file = path.join(folder, 'mail.js')
const library = path.join(path.sep, 'app', 'node_modules', 'queue', 'index.js')
const marked = { kind: 'listener', file, line: 7, perJob: 0.25, tolerance: 0 }
const leaking = { file, isClean: false, expected: [marked] }
const clean = { file, isClean: true, expected: [] }

const at = (line, of = file) => ({ file: of, line })
const answer = (...entries) => ({ entries, isUndecided: false })
const markOf = (...entries) => judge(leaking, answer(...entries), []).marks[0]

describe('the page', () => {
  const results = unpacked(fs.readFileSync(RESULTS, 'utf8'))

  test('docs/corpus.md is what bench/corpus.js recorded', () => {
    const page = fs.readFileSync(PAGE, 'utf8')
    assert.equal(page, corpusPage(page, results))
    assert.equal(fs.readFileSync(RESULTS, 'utf8'), packed(results))
  })

  test('the README says what was recorded', () => {
    const readme = fs.readFileSync(path.join(__dirname, '..', 'README.md'), 'utf8')
    assert.ok(
      readme.replaceAll(/\s+/g, ' ').includes(sentence(results)),
      `to be pasted: ${sentence(results)}`
    )
  })

  test('every tool was asked about every module', () => {
    assert.deepEqual(Object.keys(results.tools), Object.keys(TOOLS))
    for (const { id, outcomes } of results.cells)
      assert.deepEqual(Object.keys(outcomes), Object.keys(TOOLS), id)
  })

  test('what holdover is sure of is right', () => {
    assert.equal(totals(results.cells, 'holdover').wrongSure, 0)
    assert.equal(totals(results.cells, 'holdover').alarms, 0)
  })
})

describe('what an output is worth', () => {
  const { kind, line } = marked
  const mark = { kind, line, found: true, named: true, pointed: true, rated: false }

  test('a place that comes first of the own ones is pointed at, whatever packages stand above it', () => {
    assert.deepEqual(markOf({ places: [at(3, library), at(7), at(1)] }), mark)
  })

  test('a place further down is named only', () => {
    assert.deepEqual(markOf({ places: [at(1), at(7)] }), { ...mark, pointed: false })
  })

  test('another line, and the same line of another file, are found and not named', () => {
    const found = { ...mark, named: false, pointed: false }
    assert.deepEqual(markOf({ places: [at(8)] }), found)
    assert.deepEqual(markOf({ places: [at(7, library)] }), found)
    assert.deepEqual(markOf({ places: [] }), found)
  })

  test('a rate counts within two per cent, for that kind at that place', () => {
    const rated = (changes) => markOf({ places: [at(7)], kind: 'listener', perJob: 0.25, ...changes }).rated
    assert.equal(rated({}), true)
    assert.equal(rated({ perJob: 0.2549 }), true)
    assert.equal(rated({ perJob: 0.26 }), false)
    assert.equal(rated({ perJob: undefined }), false)
    assert.equal(rated({ kind: 'interval' }), false)
    assert.equal(rated({ places: [at(8)] }), false)
  })

  test('what is listed before any job has run is neither a finding nor an alarm', () => {
    const own = { places: [] }
    assert.equal(judge(leaking, answer(own), [own]).marks[0].found, false)
    assert.equal(judge(clean, answer(own), [own]).alarms, 0)
    assert.equal(judge(clean, answer(own, own), [own]).alarms, 1)
  })

  test('an alarm on a clean module counts with the lines it shows of it', () => {
    const { alarms, placedAlarms } = judge(
      clean,
      answer({ places: [at(2)] }, { places: [at(2, library)] }),
      []
    )
    assert.deepEqual([alarms, placedAlarms], [2, 1])
  })

  test('sure of another place or kind, or of a clean module, is wrong', () => {
    const sure = { places: [at(7)], kind: 'listener', certainty: 'sure' }
    const wrong = (source, changes) => judge(source, answer({ ...sure, ...changes }), []).wrongSure
    assert.equal(wrong(leaking, {}), 0)
    assert.equal(wrong(leaking, { places: [at(8)] }), 1)
    assert.equal(wrong(leaking, { kind: 'interval' }), 1)
    assert.equal(wrong(leaking, { places: [at(8)], certainty: 'likely' }), 0)
    assert.equal(wrong(clean, {}), 1)
  })
})

describe('what tools print', () => {
  const made = (changes) => ({ code: 0, stdout: '', stderr: '', seconds: 1, ...changes })
  const placesOf = (tool, changes) =>
    answerOf(tool, made(changes)).entries.map(({ places }) =>
      places.map((place) => `${place.file}:${place.line}`)
    )

  test('why-is-node-running', () => {
    const stderr = `There are 2 handle(s) keeping the process running.

# DNSCHANNEL
(unknown stack trace)

# Timeout
${file}:9 - setInterval(renew, 1_000)
${library}:38 - await job()
`
    assert.deepEqual(placesOf('why-is-node-running', { stderr }), [[], [`${file}:9`, `${library}:38`]])
  })

  test('wtfnode, whose list of standard streams is no finding', () => {
    const stdout = `[WTF Node?] open handles:
- File descriptors: (note: stdio always exists)
  - fd 1 (stdio)
- Sockets:
  - 127.0.0.1:43052 -> 127.0.0.1:42769
- Intervals:
  - (1000 ~ 1 s) renew
    at exports.job (${file}:9:3)
`
    assert.deepEqual(placesOf('wtfnode', { stdout }), [[], [`${file}:9`]])
  })

  test('leaked-handles', () => {
    const stdout = `no of handles 2

tcp stream {
  fd: 21
}

tcp socket from server leaked at one of:
    at exports.setup (${file}:8:22)
`
    assert.deepEqual(placesOf('leaked-handles', { stdout }), [[`${file}:8`], []])
  })

  test('Jest and Vitest, with paths below the folder of the test', () => {
    const fixture = path.join(__dirname, 'fixtures', 'check', 'leaking', 'interval.js')
    const below = path.relative(path.join(__dirname, '..', 'bench', 'corpus', 'in'), fixture)
    const jest = `Jest has detected the following 1 open handle potentially keeping Jest from exiting:

  ●  Timeout

    >  9 |   setInterval(renew, 1_000)

      at exports.job (${below}:9:3)
`
    assert.deepEqual(placesOf('Jest --detectOpenHandles', { stderr: jest }), [[`${fixture}:9`]])
    const vitest = `⎯⎯⎯ Async Leaks 1 ⎯⎯⎯

Timeout leaking in vitest.test.mjs
  9|   setInterval(renew, 1_000)
 ❯ exports.job ${below}:9:3
`
    assert.deepEqual(placesOf('Vitest --detectAsyncLeaks', { stderr: vitest }), [[`${fixture}:9`]])
  })

  test('a tool that fails has no answer, which is none of nothing found', () => {
    assert.equal(answerOf('wtfnode', made({ code: 2 })).failed, 'ended with 2')
    assert.notEqual(answerOf('holdover', made({ code: 0, stdout: 'no report' })).failed, undefined)
    assert.equal(answerOf('heap growth', made({})).failed, 'printed no growth')
  })
})

describe('what is run', () => {
  const source = sources('listener-shared-emitter').find(({ isClean }) => !isClean)
  const run = async (tool) => answerOf(tool, await runNode(TOOLS[tool].command(source, false).args))

  test("Node's warning comes though the module raises the limit, and names the line", async () => {
    const outcome = judge(source, await run('MaxListenersExceededWarning'), [])
    assert.deepEqual(
      outcome.marks.map(({ found, pointed }) => [found, pointed]),
      [[true, true]]
    )
  })

  test('the corpus is what lies in its folders, and its ids are different', () => {
    const all = sources()
    assert.ok(all.length >= 190)
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
    assert.deepEqual(
      new Set(all.filter(({ id }) => id.startsWith('leaking/')).map(({ isClean }) => isClean)),
      new Set([false])
    )
  })
})
