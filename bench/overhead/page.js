'use strict'

/** Results of bench/overhead.js as tables, and as docs/benchmarks.md. */

const { SCENARIOS } = require('./scenarios')
const { VARIANTS } = require('./variants')

const HEAD = `# Benchmarks

<!-- Written by bench/overhead.js --record from bench/results/overhead.json. -->

What watching costs, beside a program that is not watched and beside other leak finders. All figures are CPU time of the
whole process, collector and compiler threads included, each measured in a process of its own. Variants take turns; a
figure is the median over the rounds, and in brackets are the quartiles. Differences and ratios are taken within each round.

* **bare**: nothing watches. **als**: each job runs in an \`AsyncLocalStorage\`, which is what any per-job tool needs.
* **counts**, **sites**, **full**: holdover at that level. The default is \`sites\`, with its sampling of stacks.
* **async_hooks + stacks**: a hook that keeps a stack for each resource but promises.

Read a difference of less than the brackets as no difference.

Where holdover's share comes from, found by leaving out one part at a time: about 0.1 µs a job for the promise that settles
with the job's own, 0.1 µs for reading the clock twice, 0.1 to 0.4 µs for the end of the turn at which the list of
registrations is emptied (one \`nextTick\` in each turn with registrations), and 20 to 60 ns for each registration. A request
over a connection that is kept alive is 12 registrations, all of them Node's own, and nothing else that is watched; a file that
is opened is noted, and asked of the system's table of open files at the next look, which these figures are too short to show.

Requests, sockets and files go through the kernel and Node's threads. There the same program needs up to two or three times as
much in one run as in the next, with or without holdover, and on an idle machine most, where threads sleep and are woken for
each of them: those tables show only what is far larger than that. In the best of eight runs in turns, on a busy machine, over
\`AsyncLocalStorage\` alone, at \`sites\` on Node 20: 4.3 µs for a job that opens and closes a file (24.2 → 28.5), 5.4 µs for
one with a request (105.1 → 110.5).

What reading and comparing heap snapshots takes, beside other tools: [Heap snapshots](heap.md#speed).
`

/**
 * @typedef {object} Results
 * @property {Record<string, { machine: string, date: string, rounds: number }>} runs by scenario
 * @property {Array<{ node: string, scenarios: Record<string, Record<string, number[]>> }>} nodes
 */

/** @param {number[]} values @param {number} share 0.5: the median */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)]
  return below + (sorted[Math.ceil(at)] - below) * (at % 1)
}

/** @param {number[]} values @param {(value: number) => string} format */
function withSpread(values, format) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => format(quantile(values, share)))
  return `${middle} (${low} to ${high})`
}

const microseconds = (/** @type {number} */ ns) => (ns / 1_000).toFixed(2)
const nanoseconds = (/** @type {number} */ ns) => ns.toFixed(0)
const ratio = (/** @type {number} */ value) => `${value.toFixed(2)}×`

/** @param {string} scenario @param {Record<string, number[]>} figures @returns {string} */
function table(scenario, figures) {
  const isJob = SCENARIOS[scenario].opsPerJob === undefined
  const rows = Object.keys(VARIANTS)
    .filter((variant) => figures[variant] !== undefined)
    .map((variant) => {
      const values = figures[variant]
      const over = (/** @type {string} */ other) =>
        values.map((value, round) => value / figures[other][round])
      const above = values.map((value, round) => value - figures.als[round])
      const cells = [
        variant,
        isJob ? microseconds(quantile(values, 0.5)) : nanoseconds(quantile(values, 0.5)),
        variant === 'bare' ? '' : withSpread(over('bare'), ratio),
        variant === 'bare' || variant === 'als' ? '' : withSpread(over('als'), ratio),
        variant === 'bare' || variant === 'als' ? '' : withSpread(above, isJob ? microseconds : nanoseconds)
      ]
      return `| ${cells.join(' | ')} |`
    })
  const unit = isJob ? 'µs' : 'ns'
  return [
    `| | ${unit} | over bare | over als | above als, ${unit} |`,
    '|---|---:|---:|---:|---:|',
    ...rows
  ].join('\n')
}

/** @param {Results} result @returns {string} */
function overheadTables({ runs, nodes }) {
  const parts = Object.keys(SCENARIOS).flatMap((scenario) => {
    const measured = nodes.filter(({ scenarios }) => scenarios[scenario] !== undefined)
    if (measured.length === 0) return []
    const tables = measured.map(
      ({ node, scenarios }) => `### Node ${node.slice(1)}\n\n${table(scenario, scenarios[scenario])}`
    )
    const { machine, date, rounds } = runs[scenario]
    return [`## ${SCENARIOS[scenario].unit}`, `${machine}, ${date}, ${rounds} rounds.`, ...tables]
  })
  return `${parts.join('\n\n')}\n`
}

/** @param {Results} result */
function benchmarksPage(result) {
  return `${HEAD}\n${overheadTables(result)}`
}

module.exports = { overheadTables, benchmarksPage }
