'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { render } = require('../../js/reporters/markdown')
const { leak, libraryLeak, report, surroundings } = require('../helpers/report')

const markdown = (changes, around) => render(report(changes), surroundings(around))

test('the whole certificate, as it is pasted', () => {
  const worker = 'check send-email'
  assert.equal(
    markdown({ worker, leaks: [leak()], notes: ['a note'] }),
    `## holdover: 1 leak in \`check send-email\`

* Verdict: **leaks**
* Jobs: \`send-email\` 40
* How it was measured: the job of \`job.js\` was called again and again in one process, one at a time, after 5 calls to warm up; between looks a collection was forced, and what was still there 500 ms after the last job was left behind
* Memory: heap 8.0 MB (+1.0 kB per job), resident 1.42 GB (+2.0 kB per job)
* Versions: holdover 0.1.0, Node v20.0.0, linux-x64

### 1. \`+1.00 'end' listener per send-email\`

\`\`\`text
jobs/send-email.js:31:9
31 | redis.on('end', () => retry(job))
\`\`\`

* Certainty: sure; \`YOURS\`
* Rate: +1.00 per job (+1.00 to +1.00); 40 alive
* Jobs that left one: 40 of 40 jobs, none of them failed
* On: \`one long-lived Redis, now 40 listeners on 'end'\`
* Evidence: 4 intervals between looks, 100 % of the first ones still alive, outlived 2 major collections
* Fix: \`redis.off('end', fn) in a finally block\`
* Fingerprint: \`L-5f31c2\`

Notes:

\`\`\`text
a note
\`\`\`
`
  )
})

test('it names no folder of the machine: neither the project’s nor the user’s', () => {
  const text = markdown({
    leaks: [leak({ site: { file: '/users/ada/other/a.js', line: 1, column: 1, function: '' } }), libraryLeak],
    notes: ['no map for /app/dist/a.js', 'cannot read /users/ada/.cache/x']
  })
  assert.ok(!text.includes('/app') && !text.includes('/users/ada'), text)
  for (const part of [
    '~/other/a.js:1:1',
    'node_modules/ioredis/built/Redis.js:210:5',
    'dist/a.js',
    '~/.cache/x'
  ])
    assert.ok(text.includes(part), part)
})

test('errors of jobs, which may hold anything, are not in it', () => {
  const text = markdown({ jobErrors: { 'no such user ada@example.test': 3 } })
  assert.ok(!text.includes('ada@example.test'))
})

test('foreign text calls nobody and formats nothing', () => {
  const odd = '@octocat `x` **b** <img> #1\n### heading'
  const text = markdown({ worker: odd, leaks: [leak({ job: odd, fix: odd, source: '```' })], notes: ['```'] })
  for (const line of text.split('\n')) {
    const outside = line.replace(/(`+)( ?).*?\2\1/g, '')
    assert.doesNotMatch(outside, /octocat|<img>|#1/, line)
  }
  assert.doesNotMatch(text, /^### heading/m)
  assert.equal(text.match(/^````text$/gm)?.length, 2)
})

test('a worker that was watched says so, and an inconclusive one says why', () => {
  const text = markdown(
    { verdict: 'inconclusive', notes: ['only 3 finished jobs were looked at'] },
    { options: null, file: '/app/worker.js' }
  )
  assert.match(text, /Verdict: \*\*inconclusive: too little evidence\*\*/)
  assert.match(text, /`worker\.js` was watched while it ran/)
  assert.match(text, /only 3 finished jobs were looked at/)
})

test('accepted leaks are listed, and hundreds of leaks are cut', () => {
  const many = Array.from({ length: 120 }, () => leak())
  const text = markdown({ leaks: many, accepted: [libraryLeak] })
  assert.equal(text.match(/^### /gm)?.length, 50)
  assert.match(text, /^And 70 more leaks\.$/m)
  assert.match(text, /Accepted by the baseline: 1\n\n\* `\+1\.00 interval of 10 s per thumb`, `L-a90e11`/)
})
