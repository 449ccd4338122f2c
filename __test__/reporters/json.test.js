'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { FORMATS, render } = require('../../js/reporters')
const { InertTracker } = require('../../js/inert-tracker')
const { leak, libraryLeak, report, surroundings } = require('../helpers/report')
const { assertValidReport, reportSchema } = require('../helpers/schemas')

const whole = report({ leaks: [leak()], accepted: [libraryLeak] })

test('the report is written as it is, and is as the published schema says', () => {
  assert.deepEqual(JSON.parse(render('json', whole, surroundings())), whole)
  assertValidReport(whole)
  assertValidReport(new InertTracker('no verdict').report())
})

test('what is missing, of another type, or not in the schema is refused', () => {
  const { verdict: _verdict, ...without } = whole
  const changed = [
    without,
    { ...whole, verdict: 'maybe' },
    { ...whole, leaks: [{ ...leak(), perJob: '1' }] },
    { ...whole, leaks: [{ ...leak(), fingerprint: '5f31c2' }] }
  ]
  for (const broken of changed) assert.throws(() => assertValidReport(broken))
  assert.throws(() => assertValidReport({ ...whole, extra: 1 }), /additionalProperty":"extra/)
  assert.throws(() => assertValidReport({ ...whole, leaks: [{ ...leak(), extra: 1 }] }))
})

test('the schema has the version of the report, and comes with the package', () => {
  assert.equal(reportSchema().properties.schemaVersion.const, whole.schemaVersion)
  assert.deepEqual(require('holdover/report.schema.json'), reportSchema())
})

test('every format ends with a newline, and equal reports give equal text', () => {
  for (const format of Object.keys(FORMATS)) {
    const text = render(format, whole, surroundings())
    assert.ok(text.endsWith('\n'), format)
    assert.equal(text, render(format, structuredClone(whole), surroundings()), format)
  }
})
