'use strict'

/** docs/soak.md from the results in bench/results/, so that the page never says what was not measured. */

const fs = require('node:fs')
const path = require('node:path')
const { scenarios } = require('./scenarios')
const { stackSection } = require('../stack/page')
const { judge, climbBytes, overBytes, heldBytes, FLAT_BYTES, HELD_BYTES } = require('./judge')

const ROOT = path.join(__dirname, '..', '..')
const RESULTS = path.join(ROOT, 'bench', 'results')
const PAGE = path.join(ROOT, 'docs', 'soak.md')

const HEAD = `# Soak

<!-- Written by \`node bench/soak.js --record\` from bench/results/soak-*.json. Do not change it by hand. -->

What a host may do to holdover, and what that costs. Each scenario runs in a process of its own, once with
\`AsyncLocalStorage\` alone ("bare") and once with holdover at level \`sites\`. Heap is what is in use after two forced
collections. \`node bench/soak.js SCENARIO --scale 0.1\` repeats one; the scenarios are in \`bench/soak/scenarios.js\`.
`

const mb = (bytes) => (bytes / 2 ** 20).toFixed(1)

/** @returns {any[]} recorded runs, by Node version */
function recordings() {
  return fs
    .readdirSync(RESULTS)
    .filter((name) => /^soak-v\d+\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(fs.readFileSync(path.join(RESULTS, name), 'utf8')))
}

/**
 * One row per scenario, one column per Node.
 * @param {any[]} runs @param {(scenario: any) => boolean} wanted @param {(result: any) => string} cell
 */
function table(runs, wanted, cell) {
  const names = Object.keys(scenarios).filter((name) => wanted(scenarios[name]))
  const rows = names.map((name) => {
    const cells = runs.map((run) => {
      const result = run.results.find((one) => one.scenario === name)
      return result === undefined ? 'not run' : cell(result)
    })
    return `| ${scenarios[name].title} | ${cells.join(' | ')} |`
  })
  const head = `| | ${runs.map((run) => run.node).join(' | ')} |`
  return [head, `|${'---|'.repeat(runs.length + 1)}`, ...rows].join('\n')
}

function soakPage() {
  const runs = recordings()
  const machines = runs.map(({ node, machine, date }) => `* ${node}: ${date}, ${machine}`).join('\n')
  const missed = runs.flatMap(({ node, results }) =>
    results.flatMap(({ scenario, bare, watched }) =>
      judge(scenarios[scenario], bare, watched)
        .filter((goal) => !goal.isMet)
        .map(({ text }) => `* ${node}, \`${scenario}\`: ${text}`)
    )
  )
  const steppedDown = runs.flatMap(({ node, results }) => {
    const names = results
      .filter(({ watched }) => watched.holdover.level !== watched.variant)
      .map(({ scenario }) => `\`${scenario}\``)
    return names.length === 0 ? [] : [`* ${node}: ${names.join(', ')}`]
  })
  const section = stackSection()
  return `${HEAD}
${machines}

## Nothing stays

Heap over bare at the end; in brackets how much higher it was in the last third of the run than in the first. Wanted: at
most ${mb(FLAT_BYTES)} MB, and no climb.

${table(runs, ({ kind }) => kind === 'flat', flatCell)}

## Something stays

Bytes that holdover keeps for each of the things that stay and that it watches, beside its own modules. Wanted: at most
${HELD_BYTES}; for an event name or an owner of its own, and for an open job, more.

${table(runs, ({ kind }) => kind === 'held', heldCell)}

## Peak memory

Peak resident set, bare → with holdover, in MB. A forced collection stands between any two samples, so this is what a
busy stretch needs.

${table(
  runs,
  () => true,
  ({ bare, watched }) => `${mb(bare.peakRssBytes)} → ${mb(watched.peakRssBytes)}`
)}

## Bounds

What \`self.dropped\` counts where a bound ([limits.md](limits.md#bounds)) is passed on purpose.

${table(runs, ({ bounds }) => bounds !== undefined, boundCell)}

## Passes

CPU time of one pass, and of its longest slice, which is how long it stops the loop.

${table(runs, ({ kind, isQuiet }) => kind === 'held' || isQuiet, passCell)}

With one million live timers and nothing else to do for a minute. Stops of the loop are by the wall clock, so a busy machine
lengthens them; V8's own collections are among them:

${table(runs, ({ isQuiet }) => isQuiet === true, quietCell)}

## Over budget

A pass every third of a second and a report every second, as most scenarios have them, can cost more than 1 % of a CPU.
holdover then steps down to level \`counts\`; at the end of these it was there:

${steppedDown.length === 0 ? 'None.' : steppedDown.join('\n')}

## Goals that were missed

${missed.length === 0 ? 'None.' : missed.join('\n')}
${section === '' ? '' : `\n${section}`}`
}

function flatCell({ bare, watched }) {
  return `${mb(overBytes(bare, watched))} MB (${mb(climbBytes(watched.samples) - climbBytes(bare.samples))})`
}

function heldCell({ scenario, bare, watched }) {
  return heldBytes(scenarios[scenario], bare, watched).toFixed(0)
}

function boundCell({ scenario, watched }) {
  const reasons = Object.keys(scenarios[scenario].bounds)
  return reasons
    .map((reason) => `${reason} ${watched.holdover.dropped[reason].toLocaleString('en-US')}`)
    .join(', ')
}

function passCell({ watched }) {
  const { passes, passCpuMs, slices } = watched.holdover
  return `${(passCpuMs / passes).toFixed(0)} ms, ${slices.longestMs.toFixed(1)} ms`
}

function quietCell({ bare, watched }) {
  const share = (watched.figures.cpuShare * 100).toFixed(2)
  const stops = ({ loopDelayMs }) => `${loopDelayMs.p99.toFixed(1)}/${loopDelayMs.max.toFixed(0)}`
  const collections = [bare, watched].map(({ longestGcMs }) => longestGcMs.toFixed(0)).join(' → ')
  return `${share} % of a CPU; loop delay p99/max ${stops(bare)} → ${stops(watched)} ms, longest collection ${collections} ms`
}

module.exports = { soakPage, RESULTS, PAGE }
