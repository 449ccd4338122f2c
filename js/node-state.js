'use strict'

/**
 * What Node keeps for the program until it is told not to: the variables and properties of Node's own on which that piles up,
 * what it is, the calls that put it there, and the one that takes it away. `src/report` uses it where the place is Node's.
 */

/**
 * @typedef {object} NodeState
 * @property {RegExp} place names on the way to the entries, joined by dots
 * @property {string} thing one entry
 * @property {string} fix
 * @property {string[]} calls methods and functions of the program that lead there
 * @property {boolean} [isNamed] whether the program's own variable belongs to the description
 */

/** @type {NodeState[]} */
const STATES = [
  {
    place: /(^|\.)_subscribers$/,
    thing: 'subscriber of a diagnostics channel',
    fix: 'unsubscribe(name, fn) in a finally block, or subscribe once, outside the job',
    calls: ['subscribe', 'bindStore', 'traceSync', 'tracePromise']
  },
  {
    place: /^channels(\.|$)/,
    thing: 'diagnostics channel with a subscriber',
    fix: 'unsubscribe(name, fn) in a finally block; one channel for all jobs, with the job in the message, is enough',
    calls: ['subscribe', 'channel', 'tracingChannel']
  },
  {
    place: /^active_hooks\.array$/,
    thing: 'async hook that is on',
    fix: 'hook.disable() in a finally block, or one hook for all jobs',
    calls: ['enable']
  },
  {
    place: /^storageList$/,
    thing: 'AsyncLocalStorage that was entered',
    fix: 'make one AsyncLocalStorage outside the job, and use storage.run(); or storage.disable() when the job ends',
    calls: ['enterWith', 'run']
  },
  {
    place: /^markEntryBuffer$/,
    thing: 'performance mark',
    fix: 'performance.clearMarks(name) in a finally block',
    calls: ['mark']
  },
  {
    place: /^measureEntryBuffer$/,
    thing: 'performance measure',
    fix: 'performance.clearMeasures(name) in a finally block',
    calls: ['measure']
  },
  {
    place: /^kObservers$/,
    thing: 'PerformanceObserver',
    fix: 'observer.disconnect() in a finally block',
    calls: ['observe']
  },
  {
    place: /\._cache\..*\.children$/,
    thing: 'module that was required again',
    fix: 'require it once, or read the file as data: the module that requires keeps each one among its children',
    calls: ['require']
  },
  {
    place: /\._cache$/,
    thing: 'module in require.cache',
    fix: 'do not write modules for single jobs, or take them out of require.cache and module.children',
    calls: ['require']
  },
  {
    place: /(^|\.)loadCache$/,
    thing: 'ES module that was imported again',
    fix: 'import it by one URL: Node never lets an ES module go',
    calls: ['import']
  },
  {
    place: /^public_symbol_table$/,
    thing: 'symbol of Symbol.for()',
    fix: 'use Symbol() for what is of one job: Node never lets go of a name that Symbol.for() has seen',
    calls: ['for']
  },
  {
    place: /^environmentData$/,
    thing: 'environment data of workers',
    fix: 'setEnvironmentData(key, undefined) in a finally block',
    calls: ['setEnvironmentData']
  },
  {
    place: /\._writableState\.(<symbol kBufferedValue>|buffered)$/,
    thing: 'chunk that waits to be written',
    fix: "wait for 'drain' where write() returns false, and destroy a stream that nobody reads",
    calls: ['write', 'end', 'pipe', 'push'],
    isNamed: true
  },
  {
    place: /\._readableState\.buffer$/,
    thing: 'chunk that nobody reads',
    fix: 'read the stream, resume() it or destroy it: where push() or write() returns false, stop',
    calls: ['push', 'write', 'unshift', 'pipe'],
    isNamed: true
  }
]

/** Caches of Node's that grow beside one of the above. */
const BESIDE = [
  { place: /^markTimings$/, with: 'performance mark' },
  {
    place: /(\._pathCache|^relativeResolveCache|^realpathCache|^statCache)$/,
    with: 'module in require.cache'
  },
  { place: /(^|\.)#resolveCache$/, with: 'ES module that was imported again' },
  { place: /^channels\.(#finalizers|.*_subscribers)$/, with: 'diagnostics channel with a subscriber' }
]

/** V8's table of what `Symbol.for` made. */
const SYMBOLS = 'public_symbol_table'

/** Somebody gave it a name. @param {any} step of a retaining path */
function isWritten({ edge, edgeName }) {
  return (edge === 'context' || edge === 'property') && edgeName !== null
}

/** The names that somebody wrote on the way, from a variable on. @param {any} row */
function placeName({ path, suspectFrom, countsEntries }) {
  if (path.some((/** @type {any} */ step) => step.edgeName === SYMBOLS)) return SYMBOLS
  const way = path.slice(0, countsEntries ? -1 : path.length)
  const from = way.findLastIndex((/** @type {any} */ step) => step.edge === 'context')
  const steps = way.slice(from === -1 ? suspectFrom : from).filter(isWritten)
  return steps.map((/** @type {any} */ step) => step.edgeName).join('.')
}

/** What of Node's a keeper is, if it is. @param {any} row @returns {NodeState | null} */
function stateOf(row) {
  const name = placeName(row)
  return STATES.find(({ place }) => place.test(name)) ?? null
}

/**
 * Without what only grows beside something else that is told.
 * @param {{ keepers: any[], objects: any[] }} grown keepers each with its `state`
 */
function withoutBeside({ keepers, objects }) {
  const told = new Set(keepers.filter(({ status }) => status === 'grows').map(({ state }) => state?.thing))
  const isOfItsOwn = (/** @type {any} */ row) => {
    const name = placeName(row)
    return !BESIDE.some((beside) => told.has(beside.with) && beside.place.test(name))
  }
  return { keepers: keepers.filter(isOfItsOwn), objects: objects.filter(isOfItsOwn) }
}

module.exports = { isWritten, stateOf, withoutBeside }
