'use strict'

const fs = require('node:fs')
const fsPromises = require('node:fs/promises')
const { KIND } = require('../kinds')
const { patch, reusable } = require('./patch')
const sink = require('./sink')

/**
 * Where files are opened, renamed and watched. What Node reads and writes on its own account (`readFile`, `require`) does not come
 * this way. No callback is wrapped and no promise is waited for: which descriptor a path got is asked of the table of open
 * files. One literal for each function, for speed: see event-emitter.js.
 */

/** @param {Function} original */
function observeOpenSync(original) {
  return function observed(/** @type {any} */ path) {
    // @ts-expect-error `this` is the caller's
    const fd = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.openedFile(KIND.file, path, fd, observed)
    return fd
  }
}

/** @param {Function} original */
function observeOpen(original) {
  return function observed(/** @type {any} */ path) {
    // @ts-expect-error `this` is the caller's
    const result = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.openedFile(KIND.file, path, undefined, observed)
    return result
  }
}

/** A folder that is read entry by entry has a descriptor too. @param {Function} original */
function observeOpendirSync(original) {
  return function observed(/** @type {any} */ path) {
    // @ts-expect-error `this` is the caller's
    const folder = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.openedFile(KIND.file, path, undefined, observed)
    return folder
  }
}

/** @param {Function} original */
function observeOpendir(original) {
  return function observed(/** @type {any} */ path) {
    // @ts-expect-error `this` is the caller's
    const result = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.openedFile(KIND.file, path, undefined, observed)
    return result
  }
}

/** An async function and no constructor. @param {Function} original */
function observePromisedOpen(original) {
  const { open } = {
    open(/** @type {any} */ path) {
      const result = Reflect.apply(original, this, arguments)
      if (sink.recorder !== null) sink.recorder.openedFile(KIND.file, path, undefined, open)
      return result
    }
  }
  return open
}

/** A file that is open is found by its path. @param {Function} original */
function observeRename(original) {
  return function observed(/** @type {any} */ from, /** @type {any} */ to) {
    // @ts-expect-error `this` is the caller's
    const result = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.renamedFile(from, to)
    return result
  }
}

/** An async function and no constructor. @param {Function} original */
function observePromisedRename(original) {
  const { rename } = {
    rename(/** @type {any} */ from, /** @type {any} */ to) {
      const result = Reflect.apply(original, this, arguments)
      if (sink.recorder !== null) sink.recorder.renamedFile(from, to)
      return result
    }
  }
  return rename
}

/** @param {Function} original */
function observeReadStream(original) {
  return function observed(/** @type {any} */ path) {
    // @ts-expect-error `this` is the caller's
    const stream = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.openedFile(KIND.stream, path, stream, observed)
    return stream
  }
}

/** @param {Function} original */
function observeWriteStream(original) {
  return function observed(/** @type {any} */ path) {
    // @ts-expect-error `this` is the caller's
    const stream = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.openedFile(KIND.stream, path, stream, observed)
    return stream
  }
}

/** @param {Function} original */
function observeWatch(original) {
  return function observed() {
    // @ts-expect-error `this` is the caller's
    const watcher = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.opened(KIND.watcher, watcher, observed)
    return watcher
  }
}

/** @param {Function} original */
function observeWatchFile(original) {
  return function observed() {
    // @ts-expect-error `this` is the caller's
    const watcher = Reflect.apply(original, this, arguments)
    if (sink.recorder !== null) sink.recorder.opened(KIND.watcher, watcher, observed)
    return watcher
  }
}

module.exports = reusable(() => [
  patch([{ owner: fs, name: 'openSync' }], observeOpenSync),
  patch([{ owner: fs, name: 'open' }], observeOpen),
  patch([{ owner: fsPromises, name: 'open' }], observePromisedOpen),
  patch([{ owner: fs, name: 'opendirSync' }], observeOpendirSync),
  patch([{ owner: fs, name: 'opendir' }], observeOpendir),
  patch([{ owner: fsPromises, name: 'opendir' }], observeOpendir),
  patch([{ owner: fs, name: 'renameSync' }], observeRename),
  patch([{ owner: fs, name: 'rename' }], observeRename),
  patch([{ owner: fsPromises, name: 'rename' }], observePromisedRename),
  patch([{ owner: fs, name: 'createReadStream' }], observeReadStream),
  patch([{ owner: fs, name: 'createWriteStream' }], observeWriteStream),
  patch([{ owner: fs, name: 'watch' }], observeWatch),
  patch([{ owner: fs, name: 'watchFile' }], observeWatchFile)
])
