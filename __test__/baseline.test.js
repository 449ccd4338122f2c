'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { EventEmitter } = require('node:events')
const { check, assertNoLeaks } = require('../js/index')
const { NO_BASELINE, readBaseline, writeBaseline, goneNotes } = require('../js/baseline')
const { leak, libraryLeak, report } = require('./helpers/report')

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-baseline-')))
const at = (name) => path.join(folder, name)
const MAIL = 'check send-email'
const checked = (changes) => report({ mode: 'check', worker: MAIL, ...changes })

/** A file with this text. @param {string} text */
function written(text) {
  const file = at('damaged.json')
  fs.writeFileSync(file, text)
  return file
}

test('the file is sorted, has no column and no folder, and is the same when nothing changed', () => {
  const file = at('sorted.json')
  const site = { file: at('jobs/mail.js'), line: 31, column: 9, function: 'f' }
  const found = checked({
    leaks: [leak({ site }), libraryLeak, leak({ fingerprint: 'L-000001', site: null })]
  })
  assert.equal(writeBaseline(file, NO_BASELINE, found, MAIL), `${file}: 3 accepted, 3 of them new; 0 gone`)
  const text = fs.readFileSync(file, 'utf8')
  assert.deepEqual(
    JSON.parse(text).accepted.map(({ fingerprint, place }) => `${fingerprint} ${place}`),
    ['L-000001 unknown', 'L-5f31c2 jobs/mail.js:31', 'L-a90e11 thumb.js:12']
  )
  assert.equal(
    writeBaseline(file, readBaseline(file), found, MAIL),
    `${file}: 3 accepted, 0 of them new; 0 gone`
  )
  assert.equal(fs.readFileSync(file, 'utf8'), text)
})

test('an update takes out what its own check no longer finds, and leaves what others accepted', () => {
  const file = at('shared.json')
  writeBaseline(file, NO_BASELINE, checked({ leaks: [leak()] }), MAIL)
  writeBaseline(file, readBaseline(file), checked({ leaks: [libraryLeak] }), 'check thumb')
  const both = readBaseline(file)
  assert.deepEqual(goneNotes(both, checked({ verdict: 'clean' }), MAIL), [
    "accepted L-5f31c2 is gone: 'end' listener, send-email"
  ])
  assert.deepEqual(goneNotes(both, checked({ verdict: 'inconclusive' }), MAIL), [], 'too little was seen')
  const kept = { ...leak(), undecided: false, reason: 'accepted by the baseline' }
  assert.deepEqual(
    goneNotes(both, checked({ verdict: 'clean', kept: [kept] }), MAIL),
    [],
    'it is still there'
  )
  writeBaseline(file, both, checked({ verdict: 'clean', kept: [kept] }), MAIL)
  assert.equal(readBaseline(file).accepted.length, 2)
  writeBaseline(file, both, checked({ verdict: 'clean' }), MAIL)
  assert.deepEqual(
    readBaseline(file).accepted.map((entry) => entry.reportedBy),
    ['check thumb']
  )
})

const ENTRY = '{ "fingerprint": "L-5f31c2" }'
const WHOLE = `{\n  "version": 1,\n  "accepted": [\n    ${ENTRY},\n    ${ENTRY}\n  ]\n}\n`

for (const [what, text, place] of [
  ['a trailing comma', WHOLE.replace(`${ENTRY}\n  ]`, `${ENTRY},\n  ]`), '6:3'],
  ['a missing comma', WHOLE.replace(`${ENTRY},`, ENTRY), '5:5'],
  ['a merge conflict', WHOLE.replace('    {', '<<<<<<< ours\n    {'), '4:1'],
  ['half of it', WHOLE.slice(0, 50), '4:17'],
  ['nothing', '', '1:1'],
  ['a word', 'none', '1:2'],
  ['something behind the end', `${WHOLE}x`, '8:1']
]) {
  test(`${what} is an error with line and column`, () => {
    const file = written(text)
    assert.throws(() => readBaseline(file), {
      code: 'HOLDOVER_BASELINE',
      message: new RegExp(`^baseline .*damaged\\.json:${place}: it is no JSON from there on\\. repair it`)
    })
  })
}

const rules = (...ignore) => ({ version: 1, accepted: [], ignore })

for (const [what, json, problem] of [
  ['another version', { version: 2, accepted: [] }, /version must be 1, got 2/],
  ['no version', { accepted: [] }, /version must be 1, got nothing/],
  ['no list', { version: 1, accepted: {} }, /accepted must be a list/],
  ['no object', null, /version must be 1, got nothing/],
  [
    'a bad fingerprint',
    { version: 1, accepted: [{ fingerprint: 'L-5f31c2' }, 5] },
    /accepted\[1\]\.fingerprint must be like "L-5f31c2", got nothing/
  ],
  ['a rule without a reason', rules({ kind: 'socket' }), /ignore\[0\] needs a reason, in words/],
  [
    'a rule for everything',
    rules({ reason: 'later' }),
    /ignore\[0\] would ignore everything: give one of kind,/
  ],
  [
    'a rule with an unknown field',
    rules({ reason: 'a pool', jobs: 'x' }),
    /ignore\[0\] has a field 'jobs': there are kind, job, file, library/
  ],
  ['a rule with no text', rules({ reason: 'a pool', job: 5 }), /ignore\[0\]\.job must be a text/]
]) {
  test(`${what} is an error that says what is wrong`, () => {
    const file = written(JSON.stringify(json))
    assert.throws(() => readBaseline(file), { code: 'HOLDOVER_BASELINE', message: problem })
  })
}

test('a file that is missing or cannot be read is an error, and so is one that cannot be written', () => {
  const missing = { code: 'HOLDOVER_BASELINE', message: /there is no such file\. write it with: / }
  assert.throws(() => readBaseline(at('missing.json')), missing)
  assert.throws(() => readBaseline(folder), { code: 'HOLDOVER_BASELINE', message: /EISDIR/ })
  assert.throws(() => writeBaseline(folder, NO_BASELINE, checked({}), MAIL), { code: 'HOLDOVER_BASELINE' })
})

test('a leak fails a check until it is accepted; then a new one does', async () => {
  const bus = new EventEmitter().setMaxListeners(0)
  const events = ['end']
  const job = (/** @type {number} */ i) => {
    for (const event of events) bus.on(event, () => i)
  }
  const file = at('accepted.json')
  const options = { name: 'mail', jobs: 40, graceMs: 20 }
  const before = await check(job, options)
  assert.deepEqual([before.verdict, before.accepted], ['leaks', []])
  writeBaseline(file, NO_BASELINE, before, before.worker)

  const after = await assertNoLeaks(job, { ...options, baseline: file })
  assert.deepEqual([after.verdict, after.leaks.length, after.accepted.length], ['clean', 0, 1])
  assert.ok(after.accepted[0].source, 'it is as complete as a leak')

  events.push('close')
  const error = await assertNoLeaks(job, { ...options, baseline: file }).catch((thrown) => thrown)
  assert.equal(error.code, 'HOLDOVER_LEAK')
  // Both on one line are one leak in the report, and not the one that was accepted.
  assert.match(error.message, /'close'/)

  events.length = 0
  const fixed = await check(job, { ...options, baseline: file })
  assert.equal(fixed.verdict, 'clean')
  const { fingerprint } = before.leaks[0]
  assert.deepEqual(fixed.notes, [`accepted ${fingerprint} is gone: 'end' listener, mail`])
  await assert.rejects(check(job, { ...options, baseline: at('missing.json') }), {
    code: 'HOLDOVER_BASELINE'
  })
  await check(() => {}, { ...options, jobs: 20 })
})

test('a rule accepts whatever it fits, shows its reason, and stays in the file', async () => {
  const bus = new EventEmitter().setMaxListeners(0)
  const job = () => void bus.on('end', () => {})
  const file = at('rules.json')
  const options = { name: 'mail-7', jobs: 40, graceMs: 20, baseline: file }
  const reason = 'the bus goes with the process'
  const rule = { reason, kind: 'listener', job: 'mail*', file: '__test__/baseline.test.js' }
  fs.writeFileSync(file, JSON.stringify(rules({ ...rule, file: 'other.js' })))
  assert.equal((await check(job, options)).verdict, 'leaks')
  fs.writeFileSync(file, JSON.stringify(rules(rule)))
  const found = await assertNoLeaks(job, options)
  assert.deepEqual(
    found.accepted.map((leak) => leak.ignoredBecause),
    [reason]
  )
  writeBaseline(file, readBaseline(file), found, found.worker)
  assert.deepEqual(readBaseline(file), { accepted: [], ignore: [rule] })
})
