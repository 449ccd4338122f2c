'use strict'

/** The goals of a soak run: pure, from two measurements to sentences. */

/** Heap that holdover may use beside the bare program where nothing stays. */
const FLAT_BYTES = 10 * 2 ** 20
/** Difference between the first and the last third of a run that counts as none. */
const CLIMB_BYTES = 2 ** 20
/** What one retained resource may cost, beside that heap. */
const HELD_BYTES = 200
const CPU_SHARE = 0.01

/** @param {number[]} list */
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length
/** @param {number} bytes */
const mb = (bytes) => (bytes / 2 ** 20).toFixed(1)

/** How much higher the heap is in the last third than in the first. @param {Array<{ heapBytes: number }>} samples */
function climbBytes(samples) {
  const third = Math.floor(samples.length / 3)
  if (third === 0) return 0
  const heaps = samples.map(({ heapBytes }) => heapBytes)
  return mean(heaps.slice(-third)) - mean(heaps.slice(0, third))
}

/** @param {any} bare @param {any} watched */
function overBytes(bare, watched) {
  return watched.endHeapBytes - bare.endHeapBytes
}

/** How many things stay. @param {any} scenario @param {any} watched */
function heldCount(scenario, watched) {
  return scenario.heldCount ?? watched.heldCount
}

/** For each of them. @param {any} scenario @param {any} bare @param {any} watched */
function heldBytes(scenario, bare, watched) {
  // What holdover takes for itself, modules above all, is no part of it: a small run would be all that.
  const ownBytes = watched.ownHeapBytes - watched.startHeapBytes
  return (overBytes(bare, watched) - ownBytes) / heldCount(scenario, watched)
}

/**
 * @param {any} scenario @param {any} bare @param {any} watched
 * @returns {Array<{ isMet: boolean, text: string }>}
 */
function judge(scenario, bare, watched) {
  const goals = []
  const add = (isMet, text) => goals.push({ isMet, text })
  if (scenario.kind === 'flat') {
    const over = overBytes(bare, watched)
    const climb = climbBytes(watched.samples) - climbBytes(bare.samples)
    add(over <= FLAT_BYTES, `heap ${mb(over)} MB over bare, at most ${mb(FLAT_BYTES)}`)
    add(climb <= CLIMB_BYTES, `last third ${mb(climb)} MB over the first, at most ${mb(CLIMB_BYTES)}`)
  } else {
    const held = heldBytes(scenario, bare, watched)
    const most = scenario.heldBytes ?? HELD_BYTES
    add(held <= most, `${held.toFixed(0)} bytes for each of ${heldCount(scenario, watched)}, at most ${most}`)
  }
  for (const [reason, least] of Object.entries(scenario.bounds ?? {})) {
    const count = watched.holdover.dropped[reason]
    add(count >= least, `${reason}: ${count} counted, at least ${least}`)
  }
  for (const [name, wanted] of Object.entries(scenario.figures ?? {})) {
    const found = watched.figures[name]
    add(found === wanted, `${name}: ${found}, must be ${wanted}`)
  }
  if (scenario.isQuiet) {
    const share = watched.figures.cpuShare
    add(share <= CPU_SHARE, `passes took ${(share * 100).toFixed(2)} % of a CPU, at most 1 %`)
  }
  add(watched.holdover.dropped.faults === 0, `faults: ${watched.holdover.dropped.faults}, must be 0`)
  return goals
}

module.exports = { judge, climbBytes, overBytes, heldBytes, FLAT_BYTES, HELD_BYTES }
