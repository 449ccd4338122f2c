'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { render } = require('../../js/reporters/junit')
const { leak, report, surroundings } = require('../helpers/report')
const { assertValidJunit, junitErrors } = require('../helpers/schemas')

const jobs = (...names) => names.map((name) => ({ name, completed: 40, failed: 0, timedOut: 0, open: 0 }))
const junit = (changes, around) => render(report(changes), surroundings(around))

/** Opening tags of a kind. @param {string} xml @param {string} name */
const tags = (xml, name) => xml.match(new RegExp(`<${name}[ >/][^>]*>?`, 'g')) ?? []

test('each job name is one test case, which fails with the leaks of that name', async () => {
  const xml = junit({
    jobs: jobs('send-email', 'thumb'),
    leaks: [leak(), leak({ fingerprint: 'L-000001', description: "'close' listener" })]
  })
  await assertValidJunit(xml)
  assert.match(xml, /<testsuites name="holdover" tests="2" failures="1" errors="0" time="1.500">/)
  assert.match(
    xml,
    /<testcase classname="check send-email" name="send-email leaves nothing behind"><failure type="leak" message="2 leaks; \+1\.00 'end' listener per send-email">/
  )
  assert.match(xml, / 2 LEAK {2}sure · YOURS {3}\+1\.00 'close' listener per send-email/)
  assert.match(xml, /<testcase classname="check send-email" name="thumb leaves nothing behind"\/>/)
})

test('what is made between jobs, or by a name that finished no job, is a test case too', async () => {
  const xml = junit({ leaks: [leak({ job: '(between jobs)' })] })
  await assertValidJunit(xml)
  assert.equal(tags(xml, 'testcase').length, 2)
  assert.match(xml, /name="\(between jobs\) leaves nothing behind"><failure/)
})

test('inconclusive is an error, or skipped where it is allowed, also without a single finished job', async () => {
  const changes = { verdict: 'inconclusive', notes: ['only 0 finished jobs were looked at'] }
  for (const [around, tag, other] of [
    [{}, 'error', 'skipped'],
    [{ allowInconclusive: true }, 'skipped', 'error']
  ]) {
    for (const names of [['a', 'b'], []]) {
      const xml = junit({ ...changes, jobs: jobs(...names) }, around)
      await assertValidJunit(xml)
      const count = Math.max(1, names.length)
      assert.deepEqual([tags(xml, tag).length, tags(xml, other).length], [count, 0])
      assert.match(
        xml,
        new RegExp(`errors="${tag === 'error' ? count : 0}" skipped="${tag === 'error' ? 0 : count}"`)
      )
    }
  }
})

test('a clean report passes, and lists what the baseline accepts', async () => {
  const xml = junit({ verdict: 'clean', accepted: [leak()] })
  await assertValidJunit(xml)
  assert.deepEqual([tags(xml, 'failure'), tags(xml, 'error'), tags(xml, 'skipped')], [[], [], []])
  assert.match(xml, /<system-out>holdover clean worker.* accepted {2}\+1\.00 'end' listener/s)
})

test('text that XML cannot hold is replaced, and the rest is read back as it was', async () => {
  const control = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')
  const odd = `<&>"' ]]> ${control} \uD800 \uFFFE \u{1F600} é`
  const xml = junit({ worker: odd, jobs: jobs(odd), leaks: [leak({ job: odd, source: odd })], notes: [odd] })
  await assertValidJunit(xml)
  assert.ok(xml.includes('\u{1F600} é'))
  assert.ok(!/[\uD800](?![\uDC00-\uDFFF])/.test(xml))
  // The schema's own check does see what is wrong.
  assert.notDeepEqual(await junitErrors(xml.replace('</testsuites>', '<x/></testsuites>')), [])
  assert.notDeepEqual(await junitErrors(xml.replace('é', '\u0001')), [])
})
