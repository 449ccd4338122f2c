'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { render, renderError } = require('../../js/reporters/github')
const { leak, libraryLeak, report, surroundings } = require('../helpers/report')

/** What the runner of GitHub makes of a line, by its own rules. @param {string} line */
function parsed(line) {
  const [, level, properties, data] = /** @type {any} */ (/^::(\w+) (.*?)::(.*)$/.exec(line))
  const read = (/** @type {string} */ text) =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%')
  const pairs = properties
    .split(',')
    .map((/** @type {string} */ pair) => [pair.split('=')[0], read(pair.slice(pair.indexOf('=') + 1))])
  return { level, ...Object.fromEntries(pairs), message: read(data) }
}

const lines = (changes, around) =>
  render(report(changes), surroundings(around))
    .split('\n')
    .filter((line) => line !== '')
    .map(parsed)

test('a leak is an error on its line, relative to the root, with rate, evidence, fix and id', () => {
  assert.equal(
    render(report({ leaks: [leak()] }), surroundings()),
    "::error file=jobs/send-email.js,line=31,col=9,title=holdover%3A +1.00 'end' listener per send-email::" +
      "sure, YOURS, left by 40 of 40 jobs%0Aon: one long-lived Redis, now 40 listeners on 'end'%0A" +
      "fix: redis.off('end', fn) in a finally block%0Aid L-5f31c2\n"
  )
})

test('what a library makes is on the line of yours that called it, and names the line of the library', () => {
  const [command] = lines({ leaks: [libraryLeak] })
  assert.deepEqual([command.file, command.line, command.col], ['jobs/thumb.js', '12', '17'])
  assert.match(command.message, /^created at node_modules\/ioredis\/built\/Redis\.js:210$/m)
})

test('no text ends a command or a property early', () => {
  const odd = '100 %: a,b::c\r\n::error::x %0A'
  const [command, ...others] = lines({
    leaks: [leak({ job: odd, fix: odd, site: { file: '/app/a,b:c %.js', line: 3, column: 1, function: '' } })]
  })
  assert.deepEqual(others, [])
  assert.equal(command.file, 'a,b:c %.js')
  assert.equal(command.title, `holdover: +1.00 'end' listener per ${odd}`)
  assert.ok(command.message.includes(`fix: ${odd}\n`))
})

test('a place outside the root, and none, are no annotation on a file', () => {
  for (const site of [{ file: '/elsewhere/a.js', line: 3, column: 1, function: '' }, null]) {
    const [command] = lines({ leaks: [leak({ site })] })
    assert.deepEqual([command.file, command.line], [undefined, undefined])
  }
})

test('a job that hangs is a warning; no verdict is an error, or a warning where it is allowed', () => {
  const openJobs = [
    {
      job: 'mail',
      jobId: '7',
      thread: 0,
      openForMs: 90_000,
      stuck: true,
      lastSite: { file: '/app/mail.js', line: 4, column: 2, function: '' },
      holds: []
    }
  ]
  const changes = { verdict: 'inconclusive', openJobs, notes: ['only 3 finished jobs were looked at'] }
  const [stuck, verdict] = lines(changes)
  assert.deepEqual([stuck.level, stuck.file, stuck.title], ['warning', 'mail.js', 'holdover: mail is stuck'])
  assert.deepEqual([verdict.level, verdict.message], ['error', 'only 3 finished jobs were looked at'])
  assert.equal(lines(changes, { allowInconclusive: true })[1].level, 'warning')
})

test('a clean report, and what the baseline accepts, print nothing', () => {
  assert.equal(render(report({ verdict: 'clean', accepted: [leak()] }), surroundings()), '')
})

test('an error without a report is an annotation too', () => {
  assert.deepEqual(parsed(renderError('x.js: 50 %\nno job').trimEnd()), {
    level: 'error',
    title: 'holdover',
    message: 'x.js: 50 %\nno job'
  })
})
