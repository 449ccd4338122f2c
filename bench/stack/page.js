/** The results of bench/stack.js as text, and as a section of docs/soak.md. */

const fs = require('node:fs')
const path = require('node:path')
const { faultsOf } = require('./judge')

const RESULTS = path.join(__dirname, '..', 'results', 'stack.json')

const HEAD = `## A real stack

A BullMQ worker on a real Redis and Postgres and a loopback HTTP server, with ioredis, pg, undici, pino and prom-client
(default metrics on), 32 jobs at a time, as fast as it can. Its jobs set and get in Redis, insert through a pool, run
transactions, send requests with a deadline (\`AbortSignal.timeout\`, \`AbortSignal.any\`, p-timeout, a race with a timer that
nobody clears), log through a child logger, time themselves, pack a file through a pipeline of streams, and listen on
emitters of their own and of everybody. One in twenty fails and is tried again, one in two hundred fails for good, one in
twenty is delayed. \`node bench/stack.js\` runs it; the jobs are in \`bench/stack/worker.js\`.`

const mb = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1)
const count = (/** @type {number} */ n) => n.toLocaleString('en-US')
const sum = (/** @type {Record<string, number>} */ counts) =>
  Object.values(counts).reduce((all, n) => all + n, 0)
const list = (/** @type {any[]} */ items, /** @type {string} */ none) =>
  items.length === 0 ? none : items.join(', ')

/** @returns {any[]} by Node version */
function recordings() {
  return fs.existsSync(RESULTS) ? JSON.parse(fs.readFileSync(RESULTS, 'utf8')) : []
}

/** What one clean run shows, line by line. @param {any} run @returns {Array<[string, string]>} */
function cleanRows(run) {
  const { jobs, attempts, samples, spent, holdover } = run
  const along = (/** @type {string} */ name) =>
    samples.map((/** @type {any} */ one) => mb(one[name])).join(', ')
  const dropped = Object.entries(holdover.self.dropped).filter(([, n]) => /** @type {number} */ (n) > 0)
  const share = (/** @type {number} */ ms) => `${(ms / 10 / spent.seconds || 0).toFixed(2)} %`
  return [
    ['jobs, attempts at them', `${count(jobs)}, ${count(sum(attempts))}`],
    ['seconds, jobs per second', `${spent.seconds.toFixed(0)}, ${(jobs / spent.seconds).toFixed(0)}`],
    ['reports, lines printed', `${count(holdover.reports)}, ${count(holdover.printed)}`],
    ['**leaks in any of these reports**', `**${list(holdover.everCalledLeak, '0')}**`],
    ['verdict at the end', holdover.verdict],
    ['heap after a collection at 10 %, 50 %, the end, MB', along('heapUsedBytes')],
    ['resident set at these, MB', along('rssBytes')],
    ["holdover's books, kB", (holdover.self.bytes / 1_024).toFixed(0)],
    [
      'not recorded for lack of room',
      list(
        dropped.map(([name, n]) => `${name} ${n}`),
        '0'
      )
    ],
    [
      'a CPU, for passes, for call sites',
      `${share(holdover.cost.passCpuMs)}, ${share(holdover.cost.siteCpuMs)}`
    ]
  ]
}

/** @param {any} run of a worker that makes mistakes @returns {string[][]} one row for each finding */
function leakRows({ planted, attempts, holdover }) {
  return holdover.leaks.map((/** @type {any} */ leak) => [
    leak.job,
    leak.description,
    leak.calledFrom === null
      ? leak.at
      : `${leak.calledFrom} (creates it: ${leak.at.replace(/^.*node_modules\//, '')})`,
    `${planted[leak.job]} of ${count(attempts[leak.job])}`,
    (planted[leak.job] / attempts[leak.job]).toFixed(4),
    leak.perJob.toFixed(4),
    leak.certainty
  ])
}

/** CPU time of one job, ms, by round. @param {any[]} runs @param {string} level */
function cpuPerJob(runs, level) {
  return runs.filter((run) => run.level === level).map(({ spent, jobs }) => spent.cpuMs / jobs)
}

/** @param {any[]} runs @returns {Array<[string, string]>} */
function costRows(runs) {
  const [off, sites] = ['off', 'sites'].map((level) => cpuPerJob(runs, level))
  const ratios = sites.map((value, round) => `${(value / off[round]).toFixed(2)}×`)
  const heaps = (/** @type {string} */ level, /** @type {number} */ at) =>
    runs.filter((run) => run.level === level).map(({ samples }) => samples.at(at).heapUsedBytes)
  const ends = (/** @type {string} */ level) => heaps(level, -1)
  const rises = (/** @type {string} */ level) =>
    heaps(level, 0)
      .map((first, round) => mb(ends(level)[round] - first))
      .join(' and ')
  const mean = (/** @type {number[]} */ values) => values.reduce((all, n) => all + n, 0) / values.length
  const each = (/** @type {number[]} */ values) => values.map((value) => value.toFixed(2)).join(', ')
  const watched = runs.filter(({ holdover }) => holdover !== null)
  return [
    [
      'runs of',
      `${count(runs[0].jobs)} jobs, ${off.length} without and ${sites.length} with holdover, in turns`
    ],
    ['CPU per job without, ms', each(off)],
    ['CPU per job with, ms', each(sites)],
    ['with over without, by round', ratios.join(', ')],
    [
      'its own share of a CPU',
      watched.map(({ holdover }) => `${(holdover.self.cpuShare * 100).toFixed(2)} %`).join(', ')
    ],
    [
      'heap after a collection at the end, without → with, MB',
      `${mb(mean(ends('off')))} → ${mb(mean(ends('sites')))}`
    ],
    ['how much of it came after 10 % of the jobs, without → with, MB', `${rises('off')} → ${rises('sites')}`]
  ]
}

/** @param {string} name of a part @param {any} part @returns {string} for the console */
function describe(name, part) {
  const rows = name === 'clean' ? cleanRows(part) : name === 'cost' ? costRows(part) : leakRows(part)
  const lines = rows.map((/** @type {string[]} */ row) => `  ${row.join('   ')}`)
  const faults = faultsOf(name, part).map((fault) => `  FAULT ${fault}`)
  return `${[name, ...lines, ...faults].join('\n')}\n`
}

/** One column for each Node. @param {any[]} runs @param {(part: any) => Array<[string, string]>} rowsOf @param {string} part */
function columns(runs, rowsOf, part) {
  const measured = runs.filter((run) => run[part] !== undefined)
  if (measured.length === 0) return 'Not measured yet.'
  const all = measured.map((run) => rowsOf(run[part]))
  const rows = all[0].map(([label], at) => `| ${[label, ...all.map((rows) => rows[at][1])].join(' | ')} |`)
  return [
    `| | ${measured.map(({ node }) => node).join(' | ')} |`,
    `|---|${'---|'.repeat(measured.length)}`,
    ...rows
  ].join('\n')
}

/** @returns {string} empty before anything is recorded */
function stackSection() {
  const runs = recordings()
  if (runs.length === 0) return ''
  const machines = runs.map(
    ({ node, date, machine, loadAverage }) =>
      `* ${node}: ${date}, ${machine}, shared, load average ${loadAverage}`
  )
  const leaking = runs
    .filter((run) => run.leaking !== undefined)
    .flatMap(({ node, leaking }) => leakRows(leaking).map((row) => `| ${[node, ...row].join(' | ')} |`))
  const faults = runs.flatMap((run) =>
    ['clean', 'leaking', 'cost']
      .filter((part) => run[part] !== undefined)
      .flatMap((part) => faultsOf(part, run[part]).map((fault) => `* ${run.node}, ${part}: ${fault}`))
  )
  return `${HEAD}

${machines.join('\n')}

### Without a mistake

With a grace period of 2 s instead of 30 and a report every two seconds, so that a few minutes have as many grace periods as an
hour of production; and so a budget of 5 % of a CPU instead of one. Collections are forced at the three samples only. The last
report is of a worker that has had nothing to do for 14 s: what undici arms on its idle sockets has no later jobs to be judged
by, and may leave it inconclusive.

${columns(runs, cleanRows, 'clean')}

### With a mistake in one job of a hundred

A listener that stays on the shared client of Redis, an interval that is not cleared, a client of Postgres and a plain socket
that nobody closes. Asked while there is still work. The rates count attempts.

| | job | leak | place | really left | per job | reported per job | |
|---|---|---|---|---|---|---|---|
${leaking.join('\n')}

### What it costs

With the default grace period and budget.

${columns(runs, costRows, 'cost')}

${faults.length === 0 ? 'Nothing else was reported, and no job failed that was not meant to.' : `Faults:\n\n${faults.join('\n')}`}
`
}

module.exports = { RESULTS, describe, recordings, stackSection }
