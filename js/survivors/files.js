'use strict'

const { knowsOpenFiles, openFile, openFiles, absolutePath, realPath, RealPaths } = require('../open-files')
const { className } = require('../shape')
const { LostHandles } = require('./lost-handles')
const { forgetOldest } = require('../bounded')

/** Openings in view at once; of more, those that have failed or are closed are forgotten. */
const MAX_OPENINGS = 16_384
/** How many are left then: to look at all of them for each one that is opened would cost milliseconds. */
const ROOM_FOR_MORE = 12_288
/** An opening that has no descriptor after this long has failed, or is closed. */
const OPENING_MS = 1_000
/** Renamed files in view, and how often one is followed. */
const MAX_RENAMED = 4_096
const MAX_NAMES = 8
/** Files looked at between two looks at the clock. */
const CHUNK = 1_024

/**
 * One time that a file was opened.
 * @typedef {object} Opening
 * @property {string} path absolute
 * @property {WeakRef<any> | null} stream
 * @property {string} owner class of the stream
 * @property {number} kind
 * @property {import('../job').Birth | null} birth null: it is nobody's, and has a descriptor all the same
 * @property {number} openedAt ms
 */

/**
 * Files that outlive their job. An object that is gone is no file that is closed (20 dropped read streams: no object and
 * 20 open files, on Node 20 to 26), and a descriptor is a number. So what was opened is matched with the table of open
 * files. Where there is none, only streams that are still there are known to be open.
 */
class Files {
  /** @param {import('../watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    /** By descriptor: whoever had one before has closed it. @type {Map<number, Opening>} */
    this.open = new Map()
    /** Whose descriptor is not known yet, oldest first. @type {Opening[]} */
    this.pending = []
    /**
     * Paths by descriptor of what was open before. Read now: at the first opening its own file may be open already, since
     * another thread opens it.
     * @type {Map<number, string>}
     */
    this.before = openFiles() ?? new Map()
    /** Streams that are about to open their file through `fs.open`, by path. @type {Map<string, number>} */
    this.announced = new Map()
    /** What a file that was renamed is called since, so that it is found in the table. @type {Map<string, string>} */
    this.newNames = new Map()
    /** @type {WeakMap<any, Opening>} */
    this.byStream = new WeakMap()
    this.lostHandles = new LostHandles(this)
    this.tooMany = 0
  }

  get dropped() {
    return this.tooMany + this.lostHandles.dropped
  }

  /** A full collection, and what it closes. @param {() => void} gc */
  async collect(gc) {
    this.match()
    await this.lostHandles.collect(gc)
  }

  /** Openings in view. */
  get count() {
    return this.open.size + this.pending.length
  }

  /** Who opened the file of a stream that is not closed. @param {any} stream */
  birthOf(stream) {
    const opening = this.byStream.get(stream)
    return opening === undefined || stream.closed ? undefined : opening.birth
  }

  /**
   * @param {number} kind @param {any} given what the host passed as a path
   * @param {any} found the descriptor, the stream, or undefined: known later
   * @param {() => import('../job').Birth | null} birth
   */
  note(kind, given, found, birth) {
    const path = absolutePath(given)
    if (path === null || this.isAnnounced(path, found)) return
    const isStream = typeof found === 'object'
    const opening = {
      path,
      stream: isStream ? new WeakRef(found) : null,
      owner: isStream ? className(found) : '',
      kind,
      birth: birth(),
      openedAt: this.watch.now()
    }
    if (isStream) this.byStream.set(found, opening)
    if (typeof found === 'number') this.place(found, opening)
    else this.pending.push(opening)
    if (this.count > MAX_OPENINGS) this.makeRoom()
  }

  /** Whoever writes a file as a whole opens it under another name. @param {any} given @param {any} givenNew */
  renamed(given, givenNew) {
    if (this.count === 0) return
    const from = absolutePath(given)
    const to = absolutePath(givenNew)
    if (from === null || to === null || from === to) return
    this.newNames.set(from, to)
    forgetOldest(this.newNames, MAX_RENAMED)
  }

  /** The names under which a file may be open, as the table has them, the first one first. @param {string} path */
  *namesOf(path, realPathOf = realPath) {
    /** @type {string | undefined} */
    let name = path
    for (let i = 0; name !== undefined && i < MAX_NAMES; i++) {
      yield name
      yield realPathOf(name)
      name = this.newNames.get(name)
    }
  }

  /** @param {number} fd @param {Opening} opening */
  place(fd, opening) {
    this.before.delete(fd)
    // Behind the others: the oldest come first.
    this.open.delete(fd)
    this.open.set(fd, opening)
  }

  /** @param {number} fd @returns {Opening | undefined} what had it */
  forget(fd) {
    const opening = this.open.get(fd)
    this.open.delete(fd)
    return opening
  }

  /** The opening of a descriptor that is closed, whoever may have it by now: the oldest of that path. @param {number} fd @param {string} path */
  forgetClosed(fd, path) {
    const opening = this.open.get(fd)
    if (opening !== undefined && openFile(fd) === null) return this.forget(fd)
    const at = this.pending.findIndex((pending) => pending.stream === null && pending.path === path)
    return at === -1 ? undefined : this.pending.splice(at, 1)[0]
  }

  /** What is closed goes, then the oldest. */
  makeRoom() {
    this.match()
    const tooMany = this.count - ROOM_FOR_MORE
    if (tooMany <= 0) return
    this.tooMany += tooMany
    const gone = [...this.open.keys()].slice(0, tooMany)
    for (const fd of gone) this.open.delete(fd)
    this.pending.splice(0, tooMany - gone.length)
  }

  /**
   * A stream opens its file through `fs.open`, a tick after it was made: that is no other opening.
   * @param {string} path @param {any} found
   */
  isAnnounced(path, found) {
    const count = this.announced.get(path) ?? 0
    if (typeof found === 'object') this.announced.set(path, count + 1)
    if (found !== undefined || count === 0) return false
    if (count === 1) this.announced.delete(path)
    else this.announced.set(path, count - 1)
    return true
  }

  /** Keeps what is open, and what may be about to. */
  match() {
    this.pending = this.pending.filter((opening) => this.isPending(opening))
    const isListNeeded = this.pending.length > 0
    const table = isListNeeded ? openFiles() : null
    if (isListNeeded && table === null) this.tooMany++
    for (const [fd, opening] of this.open) if (!this.isStillOpen(fd, opening, table)) this.open.delete(fd)
    if (table !== null) this.placePending(byPath(this.unclaimed(table)))
    const now = this.watch.now()
    this.pending = this.pending.filter(({ openedAt }) => now - openedAt < OPENING_MS)
    this.announced.clear()
  }

  /** Whether only the table can tell; a stream that is still there says what it has. @param {Opening} opening */
  isPending(opening) {
    const stream = opening.stream?.deref()
    if (stream?.closed === true) return false
    if (typeof stream?.fd !== 'number') return true
    this.place(stream.fd, opening)
    return false
  }

  /** What is open and belongs to no opening yet. @param {Map<number, string>} table */
  unclaimed(table) {
    for (const [fd, path] of this.before) if (table.get(fd) === path) table.delete(fd)
    for (const fd of this.open.keys()) table.delete(fd)
    return table
  }

  /** The newest first: of equal openings it is the older ones that are closed. @param {Map<string, number[]>} free */
  placePending(free) {
    /** @type {Opening[]} */
    const left = []
    const realPaths = new RealPaths()
    for (const opening of this.pending.reverse()) {
      const fd = this.takeFrom(free, opening.path, realPaths)
      if (fd === undefined) left.push(opening)
      else this.place(fd, opening)
    }
    this.pending = left.reverse()
  }

  /**
   * @param {Map<string, number[]>} free descriptors by path; a path without any is taken out
   * @param {string} path @param {InstanceType<typeof RealPaths>} realPaths
   */
  takeFrom(free, path, realPaths) {
    if (free.size === 0) return undefined
    for (const name of this.namesOf(path, (file) => realPaths.of(file))) {
      const fds = free.get(name)
      const fd = fds?.pop()
      if (fds?.length === 0) free.delete(name)
      if (fd !== undefined) return fd
    }
    return undefined
  }

  /** @param {number} fd @param {Opening} opening @param {Map<number, string> | null} table null: not read */
  isStillOpen(fd, opening, table) {
    const stream = opening.stream?.deref()
    if (stream?.closed === true) return false
    if (!knowsOpenFiles) return stream !== undefined
    const target = table === null ? openFile(fd) : (table.get(fd) ?? null)
    if (target === null) return false
    for (const name of target === opening.path ? [] : this.namesOf(opening.path)) {
      if (name !== target) continue
      opening.path = target
      break
    }
    return target === opening.path
  }

  /** @param {import('../pass').Pass} pass */
  *survivors(pass) {
    if (this.count === 0 && this.lostHandles.lost.length === 0) return
    this.match()
    const open = [...this.open.values(), ...this.lostHandles.lost]
    for (let i = 0; i < open.length; i++) {
      const { kind, birth, owner } = open[i]
      if (birth !== null) pass.open(kind, birth, owner)
      if (i % CHUNK === CHUNK - 1) yield
    }
    yield
  }
}

/** @param {Map<number, string>} table @returns {Map<string, number[]>} */
function byPath(table) {
  const paths = new Map()
  for (const [fd, path] of table) {
    const fds = paths.get(path)
    if (fds === undefined) paths.set(path, [fd])
    else fds.push(fd)
  }
  return paths
}

exports.Files = Files
