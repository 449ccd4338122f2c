'use strict'

const { turn } = require('../collect')
const { openFile } = require('../open-files')
const { className } = require('../shape')

/** Handles watched at once, and as many lost ones remembered: what is beyond is forgotten. */
const MAX_HANDLES = 16_384
/** Class of what is lost, as the report knows it. */
const LOST = 'FileHandle'
/** What Node 26 says of a descriptor that its collector has closed. */
const CLOSED = /^A FileHandle object was closed during .* File descriptor: (\d+)(?: \((.*)\))?$/s

/**
 * FileHandles that nobody keeps. Node closes the file of one when it is collected, with a warning, on Node 26 with an error
 * that ends the process (DEP0137): whoever drops it has leaked it all the same. So the descriptors that are open right before a
 * collection are looked at right after it. One that is being closed is still there, since the promise of that has it.
 */
class LostHandles {
  /** @param {import('./files').Files} files */
  constructor(files) {
    this.files = files
    /** @type {Array<WeakRef<any>>} */
    this.refs = []
    /** @type {import('./files').Opening[]} */
    this.lost = []
    /** Descriptors of which Node 26 has still to say so. @type {Set<number>} */
    this.unsaid = new Set()
    this.dropped = 0
  }

  /** @param {any} handle just constructed: it has no descriptor yet */
  note(handle) {
    if (this.refs.length < MAX_HANDLES) this.refs.push(new WeakRef(handle))
    else this.dropped++
  }

  /** A full collection; the descriptors of openings are known. @param {() => void} gc */
  async collect(gc) {
    const held = this.held()
    // What a WeakRef has given is not collected before the end of this turn.
    await turn()
    const open = Array.from(held).filter(([fd]) => openFile(fd) !== null)
    gc()
    this.unsaid.clear()
    for (const [fd, ref] of open) if (ref.deref() === undefined && openFile(fd) === null) this.lose(fd)
  }

  /** Handles that nobody has closed, nor begun to, by descriptor. */
  held() {
    /** @type {Map<number, WeakRef<any>>} */
    const held = new Map()
    this.refs = this.refs.filter((ref) => {
      const fd = fdOf(ref.deref())
      if (fd !== -1) held.set(fd, ref)
      return fd !== -1
    })
    return held
  }

  /** @param {number} fd */
  lose(fd) {
    this.unsaid.add(fd)
    this.add(this.files.forget(fd))
  }

  /** @param {import('./files').Opening | undefined} opening */
  add(opening) {
    if (opening === undefined) return
    opening.owner = LOST
    if (this.lost.length < MAX_HANDLES) this.lost.push(opening)
    else this.dropped++
  }

  /**
   * Node 26 throws, outside any job, for each of them, also where V8 collected between two looks.
   * @param {any} error @returns {boolean} whether it is such an error
   */
  heard(error) {
    const [, text, path] = CLOSED.exec(error?.message ?? '') ?? []
    if (text === undefined) return false
    const fd = Number(text)
    if (!this.unsaid.delete(fd)) this.add(this.files.forgetClosed(fd, path))
    return true
  }
}

/** Node's class is not to be had by name. @param {any} object */
const isFileHandle = (object) => className(object) === LOST

/** @param {any} handle undefined: it is gone @returns {number} -1: it is closed, or about to be */
function fdOf(handle) {
  try {
    return handle?.fd ?? -1
  } catch {
    // A class of somebody else's with that name.
    return -1
  }
}

module.exports = { LostHandles, isFileHandle }
