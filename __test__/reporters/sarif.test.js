'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { render } = require('../../js/reporters/sarif')
const { leak, libraryLeak, report, surroundings } = require('../helpers/report')
const { assertValidSarif } = require('../helpers/schemas')

/** The one run of a log that the official schema accepts. */
const run = (changes, around) => assertValidSarif(render(report(changes), surroundings(around))).runs[0]

test('a leak is a result of its kind, on its line, with our fingerprint', () => {
  const { tool, results, automationDetails } = run({ leaks: [leak(), libraryLeak] })
  assert.deepEqual(
    tool.driver.rules.map((rule) => rule.id),
    ['interval', 'listener']
  )
  assert.equal(automationDetails.id, 'holdover/check send-email/')
  const [first, second] = results
  assert.deepEqual([first.ruleId, first.ruleIndex, first.level], ['listener', 1, 'error'])
  assert.deepEqual(first.locations[0].physicalLocation, {
    artifactLocation: { uri: 'jobs/send-email.js', uriBaseId: '%SRCROOT%' },
    region: { startLine: 31, startColumn: 9 }
  })
  assert.deepEqual(first.partialFingerprints, { 'holdoverFingerprint/v1': 'L-5f31c2' })
  assert.match(first.message.text, /left by 40 of 40 jobs\. Fix: redis\.off\('end', fn\)/)
  const uri = (place) => place.physicalLocation.artifactLocation.uri
  assert.deepEqual(
    [uri(second.locations[0]), uri(second.relatedLocations[0])],
    ['jobs/thumb.js', 'node_modules/ioredis/built/Redis.js']
  )
})

test('a likely leak is a warning', () => {
  assert.equal(run({ leaks: [leak({ certainty: 'likely' })] }).results[0].level, 'warning')
})

test('folders of this machine are not in it, and odd names are part of the URI', () => {
  const site = { file: '/app/jobs/größe #1 50%.js', line: 1, column: 1, function: '' }
  const text = render(report({ leaks: [leak({ site })] }), surroundings())
  assertValidSarif(text)
  assert.ok(!text.includes('/app/'))
  assert.ok(text.includes('jobs/gr%C3%B6%C3%9Fe%20%231%2050%25.js'))
})

test('a place outside the root is absolute, and code without a file is put at the start of the module', () => {
  const outside = leak({ site: { file: '/elsewhere/a.js', line: 2, column: 1, function: '' } })
  const [far, none] = run({ leaks: [outside, leak({ site: null })] }).results
  assert.deepEqual(far.locations[0].physicalLocation.artifactLocation, { uri: 'file:///elsewhere/a.js' })
  assert.equal(none.locations[0].physicalLocation.artifactLocation.uri, 'job.js')
})

test('without a baseline nothing is said of one; with it the accepted are suppressed and unchanged, the others new', () => {
  assert.equal(run({ leaks: [leak()] }).results[0].baselineState, undefined)
  const { results } = run({ leaks: [leak()], accepted: [libraryLeak] }, { baseline: 'b.json' })
  assert.deepEqual(
    results.map(({ baselineState, suppressions }) => [baselineState, suppressions?.[0].status]),
    [
      ['new', undefined],
      ['unchanged', 'accepted']
    ]
  )
})

test('no verdict is told as notifications of the tool', () => {
  const changes = { verdict: 'inconclusive', notes: ['too few jobs'] }
  const notification = (around) => run(changes, around).invocations[0].toolExecutionNotifications[0]
  assert.deepEqual(notification({}), { level: 'error', message: { text: 'too few jobs' } })
  assert.equal(notification({ allowInconclusive: true }).level, 'note')
})

test('a clean report has a run without results, which closes what was found before', () => {
  assert.deepEqual(run({ verdict: 'clean' }).results, [])
})
