/** A place in the source. `file` is absolute; lines and columns count from 1. */
export interface Site {
  file: string | null
  line: number
  column: number
  function: string
}

export type Certainty = 'sure' | 'likely'
export type ResourceKind =
  | 'listener'
  | 'interval'
  | 'timeout'
  | 'immediate'
  | 'socket'
  | 'server'
  | 'child-process'
  | 'worker'
  | 'watcher'
  | 'file'
  | 'stream'
  | 'port'
  | 'collection'
  | 'promise'
  | 'closure'
  | 'heap'
  | 'external'
export type Verdict = 'clean' | 'leaks' | 'inconclusive'
export type Level = 'off' | 'counts' | 'sites' | 'full'

/** What jobs left behind again and again, growing with the number of jobs. */
export interface Leak {
  /** Stable id: kind, shape and job name; no addresses, the same in tests and production. */
  fingerprint: string
  certainty: Certainty
  kind: ResourceKind
  /** In words, for example `'end' listener`. */
  description: string
  /** The job name, or `(between jobs)`. */
  job: string
  /** How many of it one job leaves behind, on average. */
  perJob: number
  /** How many are alive now. */
  count: number
  jobsFinished: number
  /** In how many threads some are alive now; `jobsFinished` and `perJob` are of all threads that live. */
  threads: number
  /** Jobs that left something, by how they ended. */
  jobsLeaving: { completed: number; failed: number; timedOut: number }
  /** Where it was created; null when that was never sampled. */
  site: Site | null
  sites: Array<Site & { count: number }>
  stack: string[]
  /** The line of the generated file, where a source map led to `site`. */
  generated: Site | null
  /** Where a library created it: the line of the application that called the library. */
  calledFrom: Site | null
  /** `app`, `node`, `library:<name>@<version>`, or `unknown` where no place is known. */
  owner: string
  /** `node`: registered by Node's own code on behalf of that line. */
  via: 'user' | 'node' | null
  /** The text of the line, trimmed; null when the file cannot be read. */
  source: string | null
  /** What holds it, for listeners. */
  holder: { class: string | null; event: string | null; owners: number; listenersNow: number } | null
  /** The longest delay of a timer, milliseconds. */
  heldMs: number | null
  /** The call that ends it. */
  fix: string
  onlyWhenFailing: boolean
  /** Other listeners that the same line left, counted here and not again. */
  companions: string[]
  /** The client, pool or agent that jobs make at `site` and never close, where that is known; in a check alone. */
  client: { class: string; site: Site; count: number } | null
  /** A leak that the package has mended since: in which version, and the issue or line of the changelog that says so. */
  known: { fixedIn: string; evidence: string } | null
  evidence: {
    windows: number
    survivors: number
    perJobLow: number
    perJobHigh: number
    collections: number
    cohortAlive: number
  }
  /** Bytes that it keeps alive; null where no snapshots of the heap were taken. */
  retainedBytes: number | null
  /** Of these, how many come with each job. */
  bytesPerJob: number | null
  /** The way from the root to one of them, step by step. */
  retainingPath: string[] | null
  /** Milliseconds since the epoch. */
  firstSeen: number
  lastSeen: number
  /** Of an accepted leak: the reason of the rule that accepts it; null where the list of fingerprints does. */
  ignoredBecause: string | null
}

/** Retained, but not a leak. */
export interface Kept {
  /** The id that it has, or would have, as a leak. */
  fingerprint: string
  kind: ResourceKind
  description: string
  job: string
  count: number
  reason: string
  /** More jobs may still turn it into a leak. */
  undecided: boolean
  site: Site | null
}

/** A finding that was withdrawn because it was released. */
export interface Returned {
  fingerprint: string
  kind: ResourceKind
  description: string
  job: string
  peak: number
  now: number
  site: Site | null
}

export interface OpenJob {
  job: string
  /** The id given to `runJob`, or null. */
  jobId: string | null
  /** The thread it runs in, 0 for the main thread. */
  thread: number
  openForMs: number
  stuck: boolean
  /** Where it last created something that was sampled. */
  lastSite: Site | null
  holds: Array<{ kind: ResourceKind; description: string; count: number }>
}

/** A thread that takes part. */
export interface ThreadRow {
  /** As `require('node:worker_threads').threadId`, 0 for the main thread. */
  thread: number
  jobsFinished: number
  heapUsedBytes: number
  heapLimitBytes: number
  /** CPU time that holdover used in it, ms. */
  ownCpuMs: number
}

/** Of the process: heaps are a thread's own and add up, `rssBytes` is one. */
export interface Memory {
  heapUsedBytes: number
  /** Heap in use right after the last major collection. */
  afterGcBytes: number | null
  externalBytes: number
  arrayBuffersBytes: number
  rssBytes: number
  /** The container's limit, else the machine's memory. */
  limitBytes: number | null
  /** Seconds until rss reaches the limit at its present slope; null when it does not grow. */
  secondsToLimit: number | null
  slopes: {
    heapUsedBytesPerJob: number | null
    afterGcBytesPerJob: number | null
    externalBytesPerJob: number | null
    arrayBuffersBytesPerJob: number | null
    rssBytesPerJob: number | null
    rssBytesPerMin: number | null
  }
}

/** Plain data; `schemaVersion` changes when a field changes its meaning. */
export interface Report {
  schemaVersion: 1
  worker: string
  mode: 'production' | 'check'
  verdict: Verdict
  leaks: Leak[]
  /** Leaks that the baseline accepts: they decide nothing. */
  accepted: Leak[]
  kept: Kept[]
  returned: Returned[]
  openJobs: OpenJob[]
  jobs: Array<{ name: string; completed: number; failed: number; timedOut: number; open: number }>
  /** The threads that take part, by id; empty in a check, which is of its own thread alone. */
  threads: ThreadRow[]
  memory: Memory
  /** What holdover itself cost: a share of one CPU (null in a check), bytes of its books, what it did not record. */
  self: { cpuShare: number | null; bytes: number; dropped: Record<string, number> }
  notes: string[]
  /** Errors of the jobs of a check, with how often each occurred. */
  jobErrors?: Record<string, number>
  /** Whether a check had seen enough. */
  next?: { action: 'more' | 'enough'; reason: string }
  env: { holdover: string; node: string; platform: string }
}

/** Anything with these methods: `console`, pino, winston. */
export interface Logger {
  info(...args: any[]): void
  warn(...args: any[]): void
  error(...args: any[]): void
}

/** Each option can also be set by an environment variable; see docs/configuration.md. */
export interface StartOptions {
  /** How this worker is called in reports. Default: the script's name and the process id. */
  name?: string
  /** Default `sites`. */
  level?: Level
  /** Share of one CPU that holdover may use. Default 0.01. */
  budget?: number
  /** How long after a job's end before its leftovers are judged, ms. Default 30,000. */
  graceMs?: number
  report?: {
    /** How often to look for changes to print, ms; 0 never. Default 60,000. */
    everyMs?: number
    format?: 'auto' | 'text' | 'json'
    /** Print the whole report when the process ends, or the tracker is stopped. Default false. */
    atExit?: boolean
    /** Print the whole report whenever the process gets this signal, for example SIGUSR2. Default none. */
    signal?: string
    logger?: Logger
  }
  /** File of accepted leaks, written by `--update-baseline`: they are shown as accepted and decide nothing. */
  baseline?: string
}

export interface Tracker {
  /** What the jobs of the process hold: of this thread now, of the others as of their last look. */
  report(): Report
  /** Prints the whole report now. Of several threads one prints by itself, any prints when asked. */
  print(): void
  readonly level: Level
  setLevel(level: Level): void
  on(event: 'report', listener: (report: Report) => void): this
  on(event: 'leak', listener: (leak: Leak) => void): this
  on(event: 'returned', listener: (returned: Returned) => void): this
  on(event: 'pressure', listener: (memory: Memory) => void): this
  /** Leaking and near its limit: let the process go after the current job. */
  shouldRecycle(): boolean
  /**
   * Puts every patched function of this thread back and forgets what was recorded in it, after one last look: what is
   * asked later is answered by the report of that moment.
   */
  stop(): void
}

export type Ident = string | { name: string; id?: string | number }

export interface CheckOptions {
  /** The job's name in the report. Default: the function's name. */
  name?: string
  /** Measured jobs. Default: 20 to 5,000, by evidence. */
  jobs?: number
  /** Jobs before them whose leftovers are not counted. Default 5. */
  warmupJobs?: number
  /** Look for what piles up in the heap too; true, but false in the matchers, in Jest and in Vitest. */
  heap?: boolean
  /** Jobs at a time. Default 1. */
  concurrency?: number
  /** Time for everything, ms. Default 60,000. */
  timeoutMs?: number
  /** How long leftovers may take to go, ms. Default 500. */
  graceMs?: number
  /** Fail on anything retained, also by one job. Default false. */
  strict?: boolean
  /** Let `assertNoLeaks` pass where the evidence does not suffice. Default false. */
  allowInconclusive?: boolean
  /** File of accepted leaks, written by `--update-baseline`: they fail nothing. */
  baseline?: string
}

/**
 * Starts watching this thread's jobs. All threads that start make one report; `name` and `graceMs` are those of the first.
 * Calling it again returns the running tracker.
 */
export function start(options?: StartOptions): Tracker

/**
 * Runs `fn` in the scope of a new job and returns what it returns. The job is over when `fn` returns,
 * throws, or its promise settles.
 */
export function runJob<T>(job: Ident, fn: () => T): T

/** The same for a processor; keeps its `length`, `name`, `this` and arguments. */
export function wrapJob<F extends (...args: any[]) => any>(
  job: Ident | ((...args: Parameters<F>) => Ident),
  fn: F
): F

/** Runs `fn` outside the current job: what it makes belongs to the process. */
export function outside<T>(fn: () => T): T

/** Calls `job(i)` again and again and judges what it leaves behind. */
export function check(job: (i: number) => unknown, options?: CheckOptions): Promise<Report>

/** `check`, then throws a LeakError whose message is the report, unless the verdict is clean. */
export function assertNoLeaks(job: (i: number) => unknown, options?: CheckOptions): Promise<Report>

/** A heap snapshot as a whole. */
export interface HeapTotals {
  nodes: number
  edges: number
  shallowBytes: number
}

/** Where the constructor of a class stands; lines and columns count from 1. */
export interface HeapPlace {
  /** Null where no function of that script is in the heap. */
  file: string | null
  /** V8's number of the script, in that process. */
  scriptId: number
  line: number
  column: number
}

/** A class of a heap snapshot, named as in Chrome DevTools. */
export interface HeapClass {
  name: string
  place: HeapPlace | null
  count: number
  /** Steps from what the program itself holds; null where only V8's own roots lead there. */
  distance: number | null
  shallowBytes: number
  /** What would be freed if all objects of the class went. */
  retainedBytes: number
}

/** A heap snapshot by class, the one that retains most first. */
export interface HeapSummary {
  /** Null for a snapshot of this process that is in no file. */
  file: string | null
  schemaVersion: 1
  snapshot: HeapTotals
  classes: HeapClass[]
}

/** What happened to a class between two snapshots; the table of Chrome DevTools' Comparison view. */
export interface HeapClassChange {
  name: string
  place: HeapPlace | null
  /** Objects that are only in the later snapshot. */
  newCount: number
  /** Objects that are only in the earlier one. */
  deletedCount: number
  countDelta: number
  newBytes: number
  deletedBytes: number
  bytesDelta: number
}

/** One step of a path, from below the root on. */
export interface HeapPathStep {
  /** V8's type of the reference: `context` is a variable, `property` a property. */
  edge: 'context' | 'element' | 'property' | 'internal' | 'hidden' | 'shortcut' | 'weak' | 'other'
  /** Null where it is a position in an array or table. */
  edgeName: string | null
  /** The class of what it leads to; of a function, its name. */
  to: string
  toType: string
  id: number
  /** Where a function stands. */
  place: HeapPlace | null
  /** Where the constructor of an object stands. */
  classPlace?: HeapPlace
}

/** New objects that are held alike. */
export interface HeapHolding {
  /** The class of the heads. */
  headClass: string
  /** New objects that hang on an old one. */
  heads: number
  /** These, and the new objects that hang on them. */
  objects: number
  bytes: number
  /** The path to one of the heads. */
  path: HeapPathStep[]
  /** From this step on it is suspect: the last name before the head. */
  suspectFrom: number
}

/** Two snapshots of one process, the class that grew most first. */
export interface HeapComparison {
  /** Null for a snapshot of this process that is in no file. */
  files: { before: string | null; after: string | null }
  schemaVersion: 1
  before: HeapTotals
  after: HeapTotals
  classes: HeapClassChange[]
  /** With `paths`: the hundred ways of holding with most bytes. */
  holdings?: HeapHolding[]
}

export interface TakeSnapshotOptions {
  /** Where to keep it as well, for Chrome DevTools: readable by this user alone, and there once it is whole. */
  file?: string
  /** Take it whatever it may cost. */
  force?: boolean
  /** Refuse it where the thread would probably stand still for longer. Default: no limit. */
  maxPauseMs?: number
}

/** What a snapshot would cost, from the heap in use; rather too much than too little. */
export interface HeapSnapshotCost {
  nodes: number
  /** How long V8 stops the thread. */
  pauseMs: number
  /** Resident memory on top of the present one, while V8 takes it. */
  memoryBytes: number
  /** What the machine and the container have left. */
  availableBytes: number
}

/**
 * A snapshot of this process, held in native memory until `close`, or until the object is collected. It can stand wherever
 * the path of a snapshot can.
 */
export interface HeapSnapshot {
  /** Null where it is in no file. */
  readonly file: string | null
  /** How V8's bytes came: through a pipe, or a temporary file where the system has no path to a pipe. */
  readonly route: 'pipe' | 'file'
  readonly nodes: number
  readonly edges: number
  /** Memory held; 0 once it is closed. */
  readonly bytes: number
  /** How long V8 stopped the thread. */
  readonly pauseMs: number
  readonly predicted: HeapSnapshotCost
  close(): void
}

export interface ExpectCollectedOptions {
  /** How long it may take. Default 5000; there are at least three collections. */
  timeoutMs?: number
  /** Take the snapshot that says what holds it whatever that may cost. */
  force?: boolean
}

/** A file that V8 wrote, what `open` gave of one, or a snapshot of this process. */
export type HeapSource = string | { file: string } | HeapSnapshot

/** How something grows with the jobs: things, or bytes, for each. */
export interface HeapRate {
  /** `undecided`: it grew, and these snapshots cannot tell whether it goes on. */
  status: 'grows' | 'undecided'
  /** `sure`: the same rate from one snapshot to the next, and nothing of the kind went meanwhile. */
  certainty: 'sure' | 'likely' | null
  perJob: number
  perJobLow: number
  perJobHigh: number
}

/** An object by its class, a function by its name. */
export interface HeapThing {
  name: string
  /** V8's type of the node. */
  type: string
  /** Of the constructor, or of the function. */
  place: HeapPlace | null
}

/** A variable or property on which things pile up. */
export interface HeapKeeper extends HeapRate {
  /** What is counted. */
  of: HeapThing
  /** Entries are counted; else what hangs on a few of them, as in a list whose entries hang on each other. */
  countsEntries: boolean
  /** They are in several objects that are held alike: in a list for each of many listeners, say. */
  scattered: boolean
  /** How many of those that are there now were there in each snapshot. */
  counts: number[]
  /** Entries and all that hangs on them, now. */
  objects: number
  bytes: number
  bytesPerJob: number
  /** V8's, Node's or holdover's own. */
  own: boolean
  /** The same by class, most bytes first, eight at most. */
  parts: (HeapThing & { count: number; bytes: number; perJob: number })[]
  /** The path to one of the entries. */
  path: HeapPathStep[]
  /** From this step on: the variable or property, and the entry. */
  suspectFrom: number
}

/** One object that becomes larger: a buffer, a text, an array of numbers. Rates are in bytes. */
export interface HeapGrowingObject extends HeapRate {
  of: HeapThing
  /** Its size in each snapshot. */
  bytes: number[]
  own: boolean
  path: HeapPathStep[]
  suspectFrom: number
}

/** A class of which there are more with the jobs. */
export interface HeapGrowingClass extends HeapRate {
  name: string
  place: HeapPlace | null
  counts: number[]
  bytes: number[]
  own: boolean
}

/** Snapshots of one process after more and more jobs. */
export interface HeapGrowth {
  schemaVersion: 1
  /** Of what is not V8's or Node's own. */
  verdict: 'grows' | 'steady' | 'inconclusive'
  snapshots: (HeapTotals & { file: string | null; jobs: number })[]
  /** What grows first, most bytes for each job first. */
  keepers: HeapKeeper[]
  objects: HeapGrowingObject[]
  classes: HeapGrowingClass[]
}

/** References from elsewhere that read alike. */
export interface HeapRetainer {
  /** How many objects they lead to. */
  objects: number
  references: number
  /** Shallow sizes of the objects. */
  bytes: number
  path: HeapPathStep[]
  suspectFrom: number
}

/** What holds the objects of a class, or one object. */
export interface HeapRetainers {
  file: string | null
  schemaVersion: 1
  snapshot: HeapTotals
  objects: number
  bytes: number
  /** Of them, those that something else holds; the others hang on these. */
  held: number
  /** How many ways of holding there are. */
  ways: number
  /** Most objects first, as many as were asked for. */
  retainers: HeapRetainer[]
}

/** For all that reads snapshots. */
export interface HeapWorkOptions {
  /** Rejects with its reason when it is aborted. */
  signal?: AbortSignal
  /** Told about 20 times a second how much has been read. What comes after the last byte takes about as long again. */
  onProgress?: (progress: { doneBytes: number; totalBytes: number }) => void
}

export interface HeapGrowthOptions extends HeapWorkOptions {
  /** Jobs finished when each snapshot was taken, rising. */
  jobs: number[]
}

export interface HeapRetainersOptions extends HeapWorkOptions {
  /** Name of the class, as `open` has it. */
  class?: string
  /** Or V8's id of one object. */
  id?: number
  /** Ways of holding to tell; 100 by default. */
  paths?: number
}

export interface HeapWatchOptions {
  /** A snapshot after so many more finished jobs. */
  everyJobs?: number
  /** One after so long, if a job has finished since the last. Default 600000, without `everyJobs`. */
  everyMs?: number
  /** None where the thread would probably stand still for longer. Default 5000. */
  maxPauseMs?: number
  /** The thread may stand still for this share of the time: after a second, 99 seconds pass by. Default 0.01. */
  budget?: number
  /** Where it is told what grows, once for as long as nothing else does. Default: the console; null: nowhere. */
  logger?: Logger | null
  /** Aborted, it ends the watch. */
  signal?: AbortSignal
}

/** A snapshot that a watch took. */
export interface HeapWatchSnapshot {
  /** Jobs of this thread that had finished. */
  jobs: number
  nodes: number
  /** How long V8 stopped the thread. */
  pauseMs: number
  /** Memory that the watch keeps of all snapshots so far. */
  keptBytes: number
}

/** A watch on the heap of this thread. It never keeps the process alive, and never throws. */
export interface HeapWatch {
  /** From the second snapshot on: what has grown since the first. From the third on with a verdict. */
  on(event: 'growth', listener: (growth: HeapGrowth) => void): this
  on(event: 'snapshot', listener: (snapshot: HeapWatchSnapshot) => void): this
  /** No snapshot was taken, or it could not be used: with the reason. */
  on(event: 'refused', listener: (error: HoldoverError) => void): this
  stop(): void
}

/** Heap snapshots of Node 20 to 26: files, and of this process. */
export const heap: {
  /**
   * Takes a snapshot of this thread's heap, at once: V8 stops the thread meanwhile. While another one of the process is
   * taken, it waits for that. Rejects with `HOLDOVER_SNAPSHOT_TOO_COSTLY`, and `predicted`, where memory would not suffice.
   */
  takeSnapshot(options?: TakeSnapshotOptions): Promise<HeapSnapshot>
  /** Sums a snapshot up by class. Rejects with `HOLDOVER_SNAPSHOT_…` and a `byteOffset`. */
  open(snapshot: HeapSource, options?: HeapWorkOptions): Promise<HeapSummary>
  /**
   * What changed between two snapshots of one process. With `paths` also what holds the new objects, which takes about as
   * long again.
   */
  compare(
    before: HeapSource,
    after: HeapSource,
    options?: HeapWorkOptions & { paths?: boolean }
  ): Promise<HeapComparison>
  /**
   * What grows with the jobs, and which variable keeps it: two snapshots of one process or more, each after more jobs. From
   * three on there is a verdict. Rejects with `HOLDOVER_SNAPSHOT_PROCESS` where they are of several processes.
   */
  growth(list: HeapSource[], options: HeapGrowthOptions): Promise<HeapGrowth>
  /** What holds the objects of a class, or one object. Rejects with `HOLDOVER_HEAP_NONE` where there is none. */
  retainers(snapshot: HeapSource, options: HeapRetainersOptions): Promise<HeapRetainers>
  /**
   * Resolves once the object was collected, after forced collections; rejects with `HOLDOVER_NOT_COLLECTED` and what holds
   * it. Let go of it yourself: what is in a variable of the function that awaits this is held by that.
   */
  expectCollected(object: object, options?: ExpectCollectedOptions): Promise<void>
  /**
   * Takes a snapshot of this thread's heap again and again, as its jobs go on, and tells what grows with them and which
   * variable keeps it. Of earlier snapshots it keeps three bytes for each object.
   */
  watch(options?: HeapWatchOptions): HeapWatch
}

/** Every error of holdover itself; `code` starts with `HOLDOVER_`. */
export class HoldoverError extends Error {
  readonly code: string
  /** For a file that is no heap snapshot: where that shows. */
  readonly byteOffset?: number
  /** For a snapshot that was not taken since it may cost too much. */
  readonly predicted?: HeapSnapshotCost
  /** Of an object that was not collected: how often that was tried. */
  readonly collections?: number
  /** And what holds it; null where no snapshot could be taken. */
  readonly retainers?: HeapRetainers | null
}

export class LeakError extends HoldoverError {
  readonly report: Report
}
