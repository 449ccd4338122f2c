'use strict'

const { knowsOpenFiles, openFile, openFiles, absolutePath, realPath } = require('../open-files')
const { className } = require('../shape')
const { INTEREST } = require('../pass')

/** Openings in view at once; of more, those that have failed or are closed are forgotten. */
const MAX_OPENINGS = 16_384
/** An opening that has no descriptor after this long has failed, or is closed. */
const OPENING_MS = 1_000
/** Files looked at between two looks at the clock. */
const CHUNK = 1_024

/**
 * One time that a file was opened.
 * @typedef {object} Opening
 * @property {string} path absolute
 * @property {number} fd -1: not known yet
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
    /** Oldest first. @type {Opening[]} */
    this.openings = []
    /**
     * Paths by descriptor of what was open before. Read now: at the first opening its own file may be open already, since
     * another thread opens it.
     * @type {Map<number, string>}
     */
    this.before = openFiles() ?? new Map()
    /** Streams that are about to open their file through `fs.open`, by path. @type {Map<string, number>} */
    this.announced = new Map()
    /** @type {WeakMap<any, Opening>} */
    this.byStream = new WeakMap()
    this.dropped = 0
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
  open(kind, given, found, birth) {
    const path = absolutePath(given)
    if (path === null || this.isAnnounced(path, found)) return
    const fd = typeof found === 'number' ? found : -1
    if (fd !== -1) this.forget(fd)
    const isStream = typeof found === 'object'
    const opening = {
      path,
      fd,
      stream: isStream ? new WeakRef(found) : null,
      owner: isStream ? className(found) : '',
      kind,
      birth: birth(),
      openedAt: this.watch.now()
    }
    this.openings.push(opening)
    if (isStream) this.byStream.set(found, opening)
    if (this.openings.length <= MAX_OPENINGS) return
    this.match()
    this.dropped += this.openings.splice(0, this.openings.length - MAX_OPENINGS).length
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

  /** Whoever had this descriptor has closed it. @param {number} fd */
  forget(fd) {
    this.before.delete(fd)
    const at = this.openings.findIndex((opening) => opening.fd === fd)
    if (at !== -1) this.openings.splice(at, 1)
  }

  /** Keeps what is open, and what may be about to. */
  match() {
    this.openings = this.openings.filter(learn)
    const isListNeeded = this.openings.some(({ fd }) => fd === -1)
    const table = isListNeeded ? openFiles() : null
    if (isListNeeded && table === null) this.dropped++
    this.openings = this.openings.filter((opening) => opening.fd === -1 || isStillOpen(opening, table))
    if (table !== null) this.place(byPath(this.unclaimed(table)))
    const now = this.watch.now()
    this.openings = this.openings.filter(({ fd, openedAt }) => fd !== -1 || now - openedAt < OPENING_MS)
    this.announced.clear()
  }

  /** What is open and belongs to no opening yet. @param {Map<number, string>} table */
  unclaimed(table) {
    for (const [fd, path] of this.before) if (table.get(fd) === path) table.delete(fd)
    for (const { fd } of this.openings) table.delete(fd)
    return table
  }

  /** The newest first: of equal openings it is the older ones that are closed. @param {Map<string, number[]>} free */
  place(free) {
    for (let i = this.openings.length - 1; i >= 0 && free.size > 0; i--) {
      const opening = this.openings[i]
      if (opening.fd !== -1) continue
      const found = free.get(opening.path) ?? free.get(realPath(opening.path))
      opening.fd = found?.pop() ?? -1
    }
  }

  /** @param {import('../pass').Pass} pass */
  *survivors(pass) {
    if (this.openings.length === 0) return
    this.match()
    const openings = this.openings.slice()
    for (let i = 0; i < openings.length; i++) {
      if (openings[i].fd !== -1) this.look(pass, openings[i])
      if (i % CHUNK === CHUNK - 1) yield
    }
    yield
  }

  /** @param {import('../pass').Pass} pass @param {Opening} opening */
  look(pass, { kind, birth, owner }) {
    const interest = birth === null ? INTEREST.none : pass.interest(birth)
    if (birth === null || interest === INTEREST.none) return
    if (birth.shape === 0) birth.shape = pass.shape(birth, { owner })
    if (interest === INTEREST.held) {
      pass.hold(kind, birth)
      return
    }
    birth.keepEndedJobOnly()
    pass.survivor(kind, birth).sampledBy = kind
  }
}

/** Asks a stream that is still there. @param {Opening} opening @returns {boolean} false: it is closed */
function learn(opening) {
  const stream = opening.stream?.deref()
  if (typeof stream?.fd === 'number') opening.fd = stream.fd
  return stream?.closed !== true
}

/** @param {Opening} opening @param {Map<number, string> | null} table null: not read */
function isStillOpen(opening, table) {
  if (!knowsOpenFiles) return opening.stream?.deref() !== undefined
  const target = table === null ? openFile(opening.fd) : (table.get(opening.fd) ?? null)
  if (target === null) return false
  if (target !== opening.path) opening.path = realPath(opening.path)
  return target === opening.path
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
