'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { fixtures } = require('./helpers/fixtures')
const { expectedLine, lineFor } = require('./helpers/leak-lines')
const { ROOT, runNode } = require('./helpers/child')
const { assertValidReport } = require('./helpers/schemas')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')

const check = (fixture) => runNode([CLI, 'check', fixture.file, '--json', ...fixture.args])

// A check of a leak mostly waits: the first leftovers must be three seconds old.
describe('holdover check over the leaking half of the corpus', { concurrency: 4 }, () => {
  for (const fixture of fixtures('leaking')) {
    test(`check names exactly what ${fixture.name} leaks`, async () => {
      const { code, stdout, stderr } = await check(fixture)
      assert.equal(code, 1, stderr)
      const report = JSON.parse(stdout)
      assertValidReport(report)
      const { leaks, verdict } = report
      assert.equal(verdict, 'leaks')
      assert.deepEqual(leaks.map(lineFor(fixture.expected)).sort(), fixture.expected.map(expectedLine).sort())
      for (const { library } of fixture.expected.filter((one) => one.library !== undefined)) {
        assert.ok(leaks.some((leak) => leak.owner.startsWith(`library:${library}@`)))
      }
      for (const { on, line } of fixture.expected.filter((one) => one.on !== undefined)) {
        const { description, retainingPath } = leaks.find((leak) => leak.site.line === line)
        assert.match(`${description} `, new RegExp(` in ${on} `))
        assert.ok(retainingPath.some((step) => step.startsWith(`variable ${on} `)))
      }
    })
  }
})
