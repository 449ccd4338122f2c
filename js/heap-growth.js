'use strict'

const { residentBytes } = require('./usage')
const { Allocations, isForeign } = require('./signals/allocations')
const { growth, takeSnapshot } = require('./heap')
const { objection, predictCost } = require('./heap/cost')
const { HeapSites, seenByOf } = require('./heap-sites')
const { HEAP_KINDS } = require('./kinds')
const { stateOf, withoutBeside } = require('./node-state')
const { toPath } = require('./site')
const { stepsText } = require('./reporters/heap-paths')

/** Snapshots from which growth is worked out. */
const MIN_SNAPSHOTS = 3
/** All snapshots of a check may take this share of the time that is left, and this long. */
const TIME_SHARE = 0.5
const MAX_PAUSES_MS = 20_000
/** The last snapshot may be of a heap so many times as large as that of the first. */
const LONGER_FACTOR = 3
/** Snapshots that a check takes: three, and a last one that confirms what they say. */
const SNAPSHOTS = 4

/**
 * Storage that takes more for each entry is mostly empty: what V8 keeps where entries came under ever larger numbers and went
 * again. An entry of a table that has just doubled takes a hundred bytes at most.
 */
const MAX_BYTES_PER_ENTRY = 128

/** In js/cli/check.js. */
const SETUP_VARIABLE = 'ctx'

/**
 * Whether the heap grows with the jobs of a check, and where. When something is asked is decided in src/verdict; here it is
 * done: V8's profiler, snapshots, and what grew between them.
 */
class HeapGrowth {
  /** @param {import('./watch').Watch} watch */
  constructor(watch) {
    this.allocations = new Allocations()
    this.sites = new HeapSites(watch)
    /** Functions that allocated what was alive at the last reading. @type {any[]} */
    this.allocated = []
    /** @type {Array<{ jobs: number, allocations: any[] }>} */
    this.readings = []
    /** @type {Array<{ jobs: number, held: import('./heap/held').HeapSnapshot }>} */
    this.snapshots = []
    /** Numbers of functions that allocate, by place. @type {Map<string, number>} */
    this.numbers = new Map()
    /** @type {string | null} */
    this.outOfReach = null
    /** @type {{ keepers: any[], objects: any[], classes: any[] }} */
    this.grown = { keepers: [], objects: [], classes: [] }
    /** Whether the last report has something that only snapshots show. */
    this.hasFinding = false
    /** Memory that snapshots took, which is not the job's. */
    this.tookBytes = 0
  }

  /** Of how many jobs what was allocated so far tells how closely to look. @param {number} jobs */
  warmedUp(jobs) {
    this.allocations.stop(jobs)
  }

  /** Jobs are measured from here on. */
  start() {
    this.allocations.start()
  }

  /** Asks where live memory comes from. @param {number} jobs finished */
  measure(jobs) {
    this.allocated = this.allocations.read()
    const allocations = this.allocated.map(({ counts, storageBytes, ...place }) => {
      return { site: this.numberOf(place), counts, storageBytes }
    })
    this.readings.push({ jobs, allocations })
  }

  /** @param {{ file: string, line: number, column: number }} place */
  numberOf({ file, line, column }) {
    const key = `${file}:${line}:${column}`
    const number = this.numbers.get(key) ?? this.numbers.size + 1
    this.numbers.set(key, number)
    return number
  }

  /**
   * Takes a snapshot, and from the third on works out what grew.
   * @param {number} jobs finished @param {number} remainingMs of the check
   */
  async snapshot(jobs, remainingMs) {
    const residentBefore = residentBytes()
    try {
      this.requireTime(remainingMs)
      const held = await takeSnapshot()
      // Of two after the same jobs the later one counts.
      if (this.snapshots.at(-1)?.jobs === jobs) this.snapshots.pop()?.held.close()
      this.snapshots.push({ jobs, held })
      if (this.snapshots.length >= MIN_SNAPSHOTS) this.grown = await this.grow()
    } catch (error) {
      this.outOfReach = /** @type {Error} */ (error).message
    }
    this.tookBytes += Math.max(0, residentBytes() - residentBefore)
  }

  /** Whether the last snapshot, if there will be one, would not take much longer than the first. */
  get canAffordMore() {
    if (!this.hasFinding || this.snapshots.length === 0) return true
    return predictCost().pauseMs < LONGER_FACTOR * this.snapshots[0].held.predicted.pauseMs
  }

  /** @param {any} report */
  note(report) {
    const isOfHeap = (/** @type {any} */ row) => HEAP_KINDS.includes(row.kind)
    this.hasFinding =
      report.leaks.some(isOfHeap) ||
      report.kept.some((/** @type {any} */ row) => row.undecided && isOfHeap(row))
  }

  /** Something grew as far as seen: a last snapshot tells whether it is still there. */
  get awaitsConfirmation() {
    return this.outOfReach === null && this.hasFinding
  }

  /** @param {number} remainingMs */
  requireTime(remainingMs) {
    if (remainingMs <= 0) throw new Error('the time is up')
    const left = Math.max(1, SNAPSHOTS - this.snapshots.length)
    const maxPauseMs = Math.min(MAX_PAUSES_MS, remainingMs * TIME_SHARE) / left
    const reason = objection(predictCost(), maxPauseMs)
    if (reason !== null) throw new Error(reason)
  }

  async grow() {
    const jobs = this.snapshots.map(({ jobs }) => jobs)
    if (this.allocations.isRunning) {
      this.allocated = this.allocations.read()
      this.allocations.stop(jobs.at(-1) ?? 0)
    }
    const grown = await growth(
      this.snapshots.map(({ held }) => held),
      { jobs }
    )
    const { keepers, objects } = withoutBeside({
      keepers: grown.keepers.map(withFiles).filter(isOfProgram).map(withState),
      objects: grown.objects
        .map(withFiles)
        .filter((/** @type {any} */ row) => isOfProgram(row) && !this.isMostlyEmpty(row))
    })
    return { keepers: this.placed(keepers), objects: this.placed(objects), classes: grown.classes }
  }

  /** @param {any} row an object that became larger */
  isMostlyEmpty(row) {
    const entries = this.allocations.entriesOf(row.path.at(-1).id)
    return entries !== null && entries * MAX_BYTES_PER_ENTRY < row.bytes.at(-1)
  }

  /** With the line at which it piles up. @param {any[]} rows */
  placed(rows) {
    return rows.map((row) => ({
      ...row,
      site: this.sites.siteOf(row, this.allocated),
      words: stepsText(row.path)
    }))
  }

  /** What the report is made of. @param {string} job its name */
  facts(job) {
    const { readings, outOfReach, grown } = this
    return { job, readings, snapshots: this.snapshots.map(({ jobs }) => jobs), outOfReach, ...grown }
  }

  close() {
    this.allocations.close()
    for (const { held } of this.snapshots) held.close()
  }
}

/** Where the heap is not looked at. */
class UnwatchedHeap {
  tookBytes = 0
  canAffordMore = true
  awaitsConfirmation = false
  start() {}
  warmedUp() {}
  measure() {}
  async snapshot() {}
  note() {}
  facts() {
    return {}
  }
  close() {}
}

/** V8 calls files of ES modules by their URL. @param {any} row */
function withFiles(row) {
  const withFile = (/** @type {any} */ place) => place && { ...place, file: place.file && toPath(place.file) }
  const path = row.path.map((/** @type {any} */ step) => {
    return { ...step, place: withFile(step.place), classPlace: withFile(step.classPlace) }
  })
  return { ...row, path }
}

/** @param {any} row */
function withState(row) {
  return { ...row, state: stateOf(row) }
}

/**
 * Not V8's, nor what holdover or the test runner keep for themselves: in objects of their classes, or in variables of
 * their files. What `setup` of a job module made is held by a variable of holdover's, and the program's.
 * @param {any} row
 */
function isOfProgram(row) {
  if (row.own) return false
  const { path, suspectFrom } = row
  // V8 keeps values beside the shape of an object for a while.
  if (path.some((/** @type {any} */ step) => step.toType === 'object shape')) return false
  const isTheirs = (/** @type {any} */ step) => isForeign(step.classPlace?.file)
  // Whatever is farther up holds the program's modules as well.
  if (path.slice(Math.max(0, suspectFrom - 1)).some(isTheirs)) return false
  const files = path.slice(suspectFrom).map((/** @type {any} */ step) => step.place?.file)
  const suspect = path[suspectFrom]
  // A mock of the runner's keeps its calls: on the way, or in properties of what the way leads to.
  if (files.some(isForeign) || isForeign(withProperties(path, suspectFrom)?.place?.file)) return false
  // A function of the program's, in a variable of the runner's, whose own variables V8 gave no name (Vitest's modules).
  if (files.some((/** @type {any} */ file) => file && !file.startsWith('node:'))) return true
  const isSetup = suspect?.edgeName === SETUP_VARIABLE
  return suspect?.edge !== 'context' || isSetup || !isForeign(seenByOf(row)?.file)
}

/**
 * What has the property that the suspect part begins with, or the object in which that is: `fn.mock.calls`. Farther up, a
 * runner's function leads to modules of the program.
 * @param {any[]} path @param {number} suspectFrom
 */
function withProperties(path, suspectFrom) {
  const isProperty = (/** @type {number} */ at) => path[at]?.edge === 'property'
  if (!isProperty(suspectFrom)) return undefined
  return path[suspectFrom - (isProperty(suspectFrom - 1) ? 2 : 1)]
}

module.exports = { HeapGrowth, UnwatchedHeap }
