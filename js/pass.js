'use strict'

const { OUTCOME } = require('./job')

/**
 * One pass over everything that may have outlived its job, and the batch it becomes.
 *
 * The layout is the contract with src/ledger/batch.rs; __test__/wire.test.js compares both sides.
 */
const LAYOUT = Object.freeze({
  version: 2,
  headerWords: 9,
  keyHeadWords: 8,
  survivorWords: 5,
  records: Object.freeze({ jobs: 1, key: 2, open: 3, id: 4 }),
  flags: Object.freeze({ late: 4, weak: 8, target: 16 })
})

/** Room for kinds below a name in a row's key. */
const KINDS = 64
/** Events and durations wanted at once. */
const MAX_UNPLACED = 256
/** Words after which a slice is handed to the ledger. */
const FLUSH_WORDS = 32_768

/**
 * One-shot timers of this delay or less are waited for in a check before they are called left behind. Clients that close late
 * take up to 20 s; 30 s is what a time limit is set to that nobody clears.
 */
const MAX_DUE_WAIT_MS = 25_000

const OUTCOMES = [OUTCOME.completed, OUTCOME.failed, OUTCOME.timedOut]

/** Of a name that is younger than the mark. */
const NONE_FINISHED = [0, 0, 0]

const INTEREST = Object.freeze({ none: 0, survivor: 1, held: 2 })

/**
 * One key (job name × kind × shape). It stays from slice to slice while each brings survivors of it, so that its
 * words need no new room and an owner whose list takes several slices counts once.
 */
class Row {
  /** @param {number} name @param {number} kind @param {number} shape */
  constructor(name, kind, shape) {
    this.name = name
    this.kind = kind
    this.shape = shape
    this.owners = 0
    this.holders = 0
    this.heldMs = 0
    /** @type {any} the owner counted last */
    this.lastOwner = null
    /** @type {number[]} survivors of this slice: its first `used` ones count */
    this.words = []
    this.used = 0
    this.sites = 0
    /** Event name, or duration of a timer, 0 for immediates: what to capture the next time. @type {any} */
    this.sampledBy = 0
  }

  /** @param {number} origin @param {number} order @param {number} bornAt @param {number} site @param {number} flags */
  add(origin, order, bornAt, site, flags) {
    const { words, used } = this
    words[used] = origin
    words[used + 1] = order
    words[used + 2] = bornAt
    words[used + 3] = site
    words[used + 4] = flags
    this.used = used + LAYOUT.survivorWords
    if (site !== 0) this.sites++
  }

  /** Ready for the next slice. */
  reset() {
    this.owners = 0
    this.holders = 0
    this.heldMs = 0
    this.used = 0
    this.sites = 0
  }
}

class Pass {
  /**
   * @param {object} init
   * @param {import('./watch').Watch} init.watch
   * @param {number} init.number
   * @param {import('./job-book').Mark} init.mark jobs that ended up to here are judged
   * @param {number} init.majorCut
   * @param {number} init.startedAt
   * @param {boolean} init.forced collections were forced before it, so whatever is there is reachable
   */
  constructor({ watch, number, mark, majorCut, startedAt, forced }) {
    this.watch = watch
    this.number = number
    this.mark = mark
    this.majorCut = majorCut
    this.startedAt = startedAt
    this.forced = forced
    this.graceMs = watch.graceMs
    /** @type {Map<number, Map<number, Row>>} rows by shape, then by name and kind */
    this.rows = new Map()
    this.rowCount = 0
    this.pendingWords = 0
    this.survivors = 0
    /** Longest time until one of the one-shot timers found is due, below `watch.dueCapMs`. */
    this.dueMs = 0
    /** @type {Map<import('./job').JobScope, Map<string, number>>} "kind,shape" → count by open job */
    this.held = new Map(watch.jobs.longestOpen(startedAt).map((scope) => [scope, new Map()]))
    /** Events and durations of keys without a single known line. @type {Set<any>} */
    this.unplaced = new Set()
  }

  /** @param {import('./job').Birth} birth when the job that made it ended, as an order number */
  orderOf(birth) {
    return birth.scope === null ? birth.bornAt : birth.scope.order
  }

  /**
   * What a live resource means to this pass: left behind by a job that is over, past its grace period
   * and measured; held by a job that is open for suspiciously long; or nothing.
   *
   * What work that a warm-up job started makes later on counts, unless it may be the same thing armed anew.
   * @param {import('./job').Birth} birth
   * @param {boolean} [isEverYoung] a one-shot timer or immediate
   */
  interest(birth, isEverYoung = false) {
    const order = this.orderOf(birth)
    if (birth.scope !== null && order === 0)
      return this.held.has(openScope(birth)) ? INTEREST.held : INTEREST.none
    const madeAt = birth.bornAt > 0 && !isEverYoung ? birth.bornAt : order
    const due = madeAt > this.watch.jobs.warmupOrder && madeAt <= this.mark.order
    return due ? INTEREST.survivor : INTEREST.none
  }

  /** Counts what a job that does not end holds. @param {number} kind @param {import('./job').Birth} birth */
  hold(kind, birth) {
    const held = this.held.get(openScope(birth))
    const key = `${kind},${birth.shape}`
    held?.set(key, (held.get(key) ?? 0) + 1)
  }

  /**
   * @param {import('./job').Birth} birth
   * @param {object} shape plain data
   * @returns {number} shape id; in a check keys are also split by site
   */
  shape(birth, shape) {
    const site = this.watch.exact ? this.watch.originals.keyOf(birth.site) : undefined
    return this.watch.internShape(JSON.stringify(site === undefined ? shape : { ...shape, site }))
  }

  /**
   * @param {number} kind @param {import('./job').Birth} birth
   * @param {number} [extraFlags] LAYOUT.flags of its kind
   * @returns {Row}
   */
  survivor(kind, birth, extraFlags = 0) {
    const { scope } = birth
    const name = scope === null ? this.watch.betweenId : scope.job.id
    const row = this.row(birth.shape, name, kind)
    const flags =
      (scope === null ? 0 : scope.outcome) | (birth.bornAt > 0 ? LAYOUT.flags.late : 0) | extraFlags
    row.add(scope === null ? 0 : scope.id, this.orderOf(birth), birth.bornAt, birth.site, flags)
    this.pendingWords += LAYOUT.survivorWords
    this.survivors++
    return row
  }

  /**
   * Something that is open, told by its kind and its class alone.
   * @param {number} kind @param {import('./job').Birth} birth @param {string} owner name of the class
   */
  open(kind, birth, owner) {
    const interest = this.interest(birth)
    if (interest === INTEREST.none) return
    if (birth.shape === 0) birth.shape = this.shape(birth, { owner })
    if (interest === INTEREST.held) {
      this.hold(kind, birth)
      return
    }
    birth.keepEndedJobOnly()
    this.survivor(kind, birth).sampledBy = kind
  }

  /** @param {number} shape @param {number} name @param {number} kind */
  row(shape, name, kind) {
    const key = name * KINDS + kind
    let byName = this.rows.get(shape)
    if (byName === undefined) {
      byName = new Map()
      this.rows.set(shape, byName)
    }
    let row = byName.get(key)
    if (row === undefined) {
      row = new Row(name, kind, shape)
      byName.set(key, row)
      this.rowCount++
    }
    return row
  }

  /**
   * By its whole delay, not by what is left of it: else the first ones of a long delay would be waited for, and be gone.
   * @param {number} dueInMs @param {number} delayMs
   */
  noteDue(dueInMs, delayMs) {
    if (delayMs > MAX_DUE_WAIT_MS || dueInMs > this.watch.dueCapMs) return
    if (dueInMs > this.dueMs) this.dueMs = dueInMs
  }

  get isFull() {
    return this.pendingWords >= FLUSH_WORDS
  }

  /** @param {boolean} last @param {Float64Array} words */
  writeHeader(last, words) {
    const { watch, mark } = this
    words.set([
      LAYOUT.version,
      watch.run,
      watch.thread,
      this.number,
      last ? 1 : 0,
      mark.order,
      this.majorCut,
      Math.round(this.startedAt),
      mark.finishedAll
    ])
  }

  /** Empties the rows collected so far into words. @param {boolean} last */
  takeWords(last) {
    const jobs = last ? this.jobWords() : []
    // Of its final size from the start, and rows copied as a whole: a slice is the host's time.
    const words = new Float64Array(
      LAYOUT.headerWords + jobs.length + this.rowCount * LAYOUT.keyHeadWords + this.pendingWords
    )
    this.writeHeader(last, words)
    words.set(jobs, LAYOUT.headerWords)
    let at = LAYOUT.headerWords + jobs.length
    for (const [shape, byName] of this.rows) {
      for (const [key, row] of byName) {
        if (row.used === 0) this.dropRow(shape, byName, key)
        else at = this.writeRow(row, words, at)
      }
    }
    this.pendingWords = 0
    return words.subarray(0, at)
  }

  /** @param {number} shape @param {Map<number, Row>} byName @param {number} key */
  dropRow(shape, byName, key) {
    byName.delete(key)
    if (byName.size === 0) this.rows.delete(shape)
    this.rowCount--
  }

  /** @param {Row} row @param {Float64Array} words @param {number} at @returns {number} where the next one goes */
  writeRow(row, words, at) {
    if (row.sites === 0 && this.unplaced.size < MAX_UNPLACED) this.unplaced.add(row.sampledBy)
    const { name, kind, shape, owners, holders } = row
    const heldMs = Math.round(row.heldMs)
    const count = row.used / LAYOUT.survivorWords
    words.set([LAYOUT.records.key, name, kind, shape, owners, holders, heldMs, count], at)
    const from = at + LAYOUT.keyHeadWords
    for (let i = 0; i < row.used; i++) words[from + i] = row.words[i]
    const to = from + row.used
    row.reset()
    return to
  }

  /** @returns {number[]} */
  jobWords() {
    /** @type {number[]} */
    const words = []
    for (const job of this.watch.jobs.names.values()) {
      const finished = this.mark.finished.get(job) ?? NONE_FINISHED
      const mean = job.finishedCount === 0 ? 0 : job.totalMs / job.finishedCount
      words.push(LAYOUT.records.jobs, job.id, ...finished, job.open, Math.round(mean), Math.round(job.maxMs))
      for (const outcome of OUTCOMES) words.push(job.measured(outcome))
    }
    for (const [scope, held] of this.held) {
      if (scope.order !== 0) continue
      const openForMs = Math.max(0, Math.round(this.startedAt - scope.changedAt))
      words.push(LAYOUT.records.open, scope.job.id, scope.id, openForMs, scope.lastSite, held.size)
      for (const [key, count] of held) words.push(...key.split(',').map(Number), count)
      if (scope.userId !== undefined) writeId(words, scope, scope.userId)
    }
    return words
  }
}

/** @param {import('./job').Birth} birth of a job that is open @returns {import('./job').JobScope} */
function openScope(birth) {
  return /** @type {import('./job').JobScope} */ (birth.scope)
}

/** The host's own id of a job, as UTF-16. @param {number[]} words @param {import('./job').JobScope} scope @param {string} id */
function writeId(words, scope, id) {
  words.push(LAYOUT.records.id, scope.job.id, scope.id, id.length)
  for (let i = 0; i < id.length; i++) words.push(id.charCodeAt(i))
}

exports.Pass = Pass
exports.LAYOUT = LAYOUT
exports.FLUSH_WORDS = FLUSH_WORDS
exports.INTEREST = INTEREST
exports.MAX_DUE_WAIT_MS = MAX_DUE_WAIT_MS
