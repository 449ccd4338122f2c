'use strict'

/**
 * What the test files of `fixtures/runners/matchers` must come to in each runner. Their tests are named by what is
 * expected of them: `leaky …` fails with the line that the file marks, `refused …` fails for another reason, `clean …`
 * passes.
 */

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { expectationsIn } = require('./fixtures')

/** What a refusal must say, by the name of its test. */
const REFUSALS = {
  'three jobs':
    /only 3 finished jobs were looked at: at least 20 are needed[\s\S]*jobs: leave it out .* or give more than 3/,
  'jobs that all fail':
    /no job completed[\s\S]*let the job succeed; it failed \d+ times with Error: no database/,
  'jobs too slow for the time of the test':
    /only \d finished jobs? (was|were) looked at[\s\S]*timeoutMs: the check had [34](\.\d)? s; give more/,
  'a job that hangs': /only 0 finished jobs were looked at[\s\S]*timeoutMs: the check had 300 ms/,
  'not, on a clean job': /\d+ jobs finished after the warm-up and left nothing behind/,
  'not, on too few jobs': /the leak is likely, and `\.not` needs one that is sure/,
  'the heap': /the heap is not looked at in Jest, whose console and mocks keep/,
  'a promise': /the job must be a function, got a promise: what has started already has no scope/,
  'not, on a promise': /the job must be a function, got a promise/,
  'a number': /the job must be a function, got 5/,
  'an unknown option': /option 'jobz' is not known/,
  'an interval on a fake clock': /their clock holds \d+ timers more than before the jobs \(\+1\.00 per job\)/,
  'an interval on a clock that the job makes fake':
    /fake timers are on: timers made through them are not seen/,
  'a fake clock that is gone before the end': /fake timers are on: timers made through them are not seen/,
  'an interval on legacy fake timers': /fake timers are on: timers made through them are not seen/,
  'a heap that grows':
    /holdover BEYOND its memory: (fill|job), 100 jobs after 5 to warm up; allowed heap \+5 MB[\s\S]* 50 .*\+[789]\.\d MB/,
  'twenty jobs are too few to allow ten': /missing: only 10 jobs finished: at least 20 are needed/,
  'no limit': /limits must be an object with heapMb, rssMb or both, got \{/,
  'not, on a heap that does not grow': /holdover within its memory/,
  'an interval on mock timers': /fake timers are on: timers made through them are not seen/,
  'an interval made by a function that was imported too early':
    /the test runner has copies of node:timers from before holdover \(set\w+.*\): timers .* are not seen/,
  'not, on a fake clock': /there is no verdict, and `\.not` needs a leak that is sure/
}

/** What a leak is called, by its kind. */
const TITLES = {
  listener: /\+1\.00 '\w+' listener per/,
  collection: /\+1\.00 entry in .+ \(Array\) per/
}

/**
 * @typedef {object} Result of one test
 * @property {string} group `leaky`, `refused` or `clean`
 * @property {string} name
 * @property {boolean} passed
 * @property {string} message of its failure
 */

/**
 * @param {string} file of the tests, absolute
 * @param {Result[]} results in the order of the file
 */
function areAsMarked(file, results) {
  const of = (/** @type {string} */ group) => results.filter((result) => result.group === group)
  const marked = expectationsIn(file)
  const leaky = of('leaky')
  assert.equal(leaky.length, marked.length, `${file}: one leaky test for each marked line`)
  for (const [i, { name, passed, message }] of leaky.entries()) {
    const { kind, line } = marked[i]
    assert.equal(passed, false, `${name} leaks`)
    assert.match(message, TITLES[kind] ?? new RegExp(`\\+1\\.00 ${kind} of`))
    const place = `${path.basename(file)}:${line}:`
    assert.ok(
      message.split('\n').some((at) => at.includes(place) && at.includes(`${line} | `)),
      `${place}\n${message}`
    )
  }
  for (const { name, passed, message } of of('refused')) {
    assert.equal(passed, false, `${name} is no pass`)
    assert.match(message, REFUSALS[name] ?? /^$/, name)
  }
  for (const { name, passed, message } of of('clean')) assert.ok(passed, `${name}: ${message}`)
  const known = ['leaky', 'refused', 'clean']
  assert.deepEqual(
    results.filter(({ group }) => !known.includes(group)),
    []
  )
}

/**
 * Reads what Jest or Vitest has written into results.json, and holds it against the test files.
 * @param {import('./runners').RunnerProject} project
 * @param {string[]} names of the test files that must have run
 * @param {string} printed by the runner
 */
function areAsNamed(project, names, printed) {
  const output = path.join(project.folder, 'results.json')
  assert.ok(fs.existsSync(output), printed)
  const { testResults } = JSON.parse(fs.readFileSync(output, 'utf8'))
  const ran = testResults.map((/** @type {any} */ { name }) => path.basename(name)).sort()
  assert.deepEqual(ran, [...names].sort(), printed)
  for (const { name, assertionResults, message } of testResults) {
    assert.ok(assertionResults.length > 0, message)
    areAsMarked(name, assertionResults.map(toResult))
  }
}

/** @param {any} result as Jest writes it, and Vitest after it @returns {Result} */
function toResult({ ancestorTitles, title, status, failureMessages }) {
  const message = (failureMessages ?? []).join('\n')
  return { group: ancestorTitles[0], name: title, passed: status === 'passed', message }
}

module.exports = { areAsNamed, areAsMarked }
