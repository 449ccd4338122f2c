'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { fixtures } = require('./helpers/fixtures')
const { line } = require('./helpers/leak-lines')
const { ROOT, runNode } = require('./helpers/child')
const { assertValidReport } = require('./helpers/schemas')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')

describe('holdover check over the clean half of the corpus', { concurrency: 3 }, () => {
  for (const fixture of fixtures('clean')) {
    test(`check finds nothing in ${fixture.name}`, async () => {
      const { code, stdout, stderr } = await runNode([CLI, 'check', fixture.file, '--json', ...fixture.args])
      const report = JSON.parse(stdout)
      assertValidReport(report)
      assert.deepEqual(report.leaks.map(line), [])
      assert.equal(code, 0, stderr)
    })
  }
})
