'use strict'

/** `holdover check` on a job module of the corpus, and what must come of it. */

const assert = require('node:assert/strict')
const path = require('node:path')
const { ROOT, runNode } = require('./child')
const { expectedLine, line, lineFor } = require('./leak-lines')
const { assertValidReport } = require('./schemas')

const CLI = path.join(ROOT, 'js', 'cli', 'main.js')

/** @typedef {{ file: string, args: string[], expected: any[] }} Fixture */

/** @param {Fixture} fixture @param {string[]} options */
async function check(fixture, options) {
  const { code, stdout, stderr } = await runNode([
    CLI,
    'check',
    fixture.file,
    '--json',
    ...options,
    ...fixture.args
  ])
  const report = JSON.parse(stdout)
  assertValidReport(report)
  return { code, stderr, report }
}

/** Exactly what its markers say, by kind, line, rate and library. @param {Fixture} fixture @param {string[]} options */
async function assertNamed(fixture, ...options) {
  const { code, stderr, report } = await check(fixture, options)
  const { leaks } = report
  assert.equal(code, 1, stderr)
  assert.equal(report.verdict, 'leaks')
  assert.deepEqual(leaks.map(lineFor(fixture.expected)).sort(), fixture.expected.map(expectedLine).sort())
  const owners = leaks.map(({ owner }) => owner)
  for (const { library } of fixture.expected.filter((one) => one.library !== undefined)) {
    const isOwner = owners.some((owner) => owner.startsWith(`library:${library}@`))
    assert.ok(isOwner, owners.join())
  }
  for (const { on, line } of fixture.expected.filter((one) => one.on !== undefined)) {
    const { description, retainingPath } = leaks.find((leak) => leak.site.line === line)
    assert.match(`${description} `, new RegExp(` in ${on} `))
    assert.ok(retainingPath.some((step) => step.startsWith(`variable ${on} `)))
  }
}

/** @param {Fixture} fixture @param {string[]} options */
async function assertClean(fixture, ...options) {
  const { code, stderr, report } = await check(fixture, options)
  assert.deepEqual(report.leaks.map(line), [])
  assert.equal(code, 0, stderr)
}

module.exports = { assertNamed, assertClean }
