'use strict'

/**
 * CPU time that the ledger takes for one pass over a million survivors of as many jobs, by the order in which they
 * come, and for the slice that takes longest, which is how long it stops the loop.
 *
 *     node bench/fold.js [--survivors 1000000] [--rounds 5]
 */

const os = require('node:os')
const { parseArgs } = require('node:util')
const { native } = require('../js/native')
const { LAYOUT, FLUSH_WORDS } = require('../js/pass')

const PER_SLICE = Math.floor(FLUSH_WORDS / LAYOUT.survivorWords)
const LISTENER = 1
const THREAD = 0

/** Order numbers of ended jobs in the order in which a pass comes upon them. */
const orders = {
  'in order': (_random, count) => Array.from({ length: count }, (_, i) => i + 1),
  'the other way round': (_random, count) => Array.from({ length: count }, (_, i) => count - i),
  'eight jobs at a time': (random, count) =>
    orders['in order'](random, count).sort((a, b) => Math.floor(a / 8) - Math.floor(b / 8) || random() - 0.5),
  'at random': (random, count) => {
    const list = orders['in order'](random, count)
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[list[i], list[j]] = [list[j], list[i]]
    }
    return list
  }
}

/** Park and Miller, so that every run sees the same. */
function generator(seed = 42) {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** @param {number} run @param {number} pass @param {number[]} list @returns {Float64Array[]} */
function batches(run, pass, list) {
  const slices = []
  for (let from = 0; from < list.length; from += PER_SLICE) {
    const part = list.slice(from, from + PER_SLICE)
    const last = from + PER_SLICE >= list.length ? 1 : 0
    const words = [LAYOUT.version, run, THREAD, pass, last, list.length, 0, pass * 1_000, list.length]
    words.push(LAYOUT.records.key, 3, LISTENER, 2, 1, 1, 0, part.length)
    for (const order of part) words.push(order, order, 0, 0, 0)
    slices.push(Float64Array.from(words))
  }
  return slices
}

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

function main() {
  const { values } = parseArgs({ options: { survivors: { type: 'string' }, rounds: { type: 'string' } } })
  const count = Number(values.survivors ?? 1_000_000)
  const ledger = native()
  console.log(
    `node ${process.version}, ${os.cpus()[0].model.trim()}, ${new Date().toISOString().slice(0, 10)}`
  )
  for (const [name, make] of Object.entries(orders)) {
    const { run } = JSON.parse(ledger.joinRun(THREAD, '{"mode":"production"}'))
    const list = make(generator(), count)
    const totals = []
    const longest = []
    for (let pass = 1; pass <= Number(values.rounds ?? 5); pass++) {
      const slices = batches(run, pass, list).map((words) => {
        const before = cpuMs()
        ledger.apply(words)
        return cpuMs() - before
      })
      totals.push(slices.reduce((sum, ms) => sum + ms, 0))
      longest.push(Math.max(...slices))
    }
    ledger.leaveRun(run, THREAD, new Float64Array(0))
    const spread = `${Math.min(...totals).toFixed(0)}–${Math.max(...totals).toFixed(0)}`
    console.log(
      `${name.padEnd(22)} ${median(totals).toFixed(0).padStart(5)} ms (${spread}), longest slice ${median(longest).toFixed(1)} ms`
    )
  }
}

main()
