'use strict'

const { formatSite, formatDuration } = require('../reporters/format')
const { scopeWords } = require('../reporters/guard-text')

/** Tests named of one finding. */
const MAX_NAMES = 3
/** What is open and closes only when somebody closes it. */
const HANDLES = new Set(['server', 'socket', 'child process'])
/** Notes of one kind. */
const MAX_NOTES = 5

/**
 * @typedef {object} Group what was made at one place
 * @property {string} kind
 * @property {string} description
 * @property {number} count
 * @property {string[]} scopes names of the tests and hooks that made it, as many as are shown
 * @property {number} scopeCount
 * @property {number} lineCount the same, of this line whoever called it
 * @property {boolean} isDeclared its file is said to make things once for all
 * @property {any} site
 * @property {any} calledFrom
 * @property {string} owner
 * @property {string} via
 * @property {string | null} source
 * @property {string} fix
 * @property {number | null} heldMs
 * @property {any} holder
 * @property {boolean} holdsProcess
 * @property {boolean} isAtLoad
 * @property {boolean} isShared
 * @property {boolean} isClosing
 * @property {boolean} isOfUnknownAge
 * @property {any[]} objects
 */

/** Where it was made, whoever called. @param {any} item described @returns {string} */
function lineOf({ kind, place }) {
  return `${kind}|${formatSite(place)}`
}

/** Tests and hooks by the line they left something of. @param {any[]} items @returns {Map<string, Set<any>>} */
function scopesByLine(items) {
  const scopes = new Map()
  for (const item of items) {
    if (item.made?.scope == null) continue
    const line = lineOf(item)
    scopes.set(line, (scopes.get(line) ?? new Set()).add(item.made.scope))
  }
  return scopes
}

/** @param {any} item described @returns {string} */
function keyOf({ kind, place, holder, made }) {
  const at = place === null ? 'none' : formatSite(place) + formatSite(place.calledFrom)
  return [kind, at, holder?.event ?? '', made?.isAtLoad ?? '', made?.scope == null].join('|')
}

/** Whether the user has said of this place that what it makes is made once. @param {any} place @param {string[]} once */
function isDeclared(place, once) {
  const files = [place?.file, place?.calledFrom?.file].filter((file) => typeof file === 'string')
  return files.some((file) => once.some((path) => `/${file.replace(/\\/g, '/')}`.includes(`/${path}`)))
}

/**
 * @param {any[]} items @param {number} lineCount tests and hooks that left something of this line @param {string[]} once
 * @returns {Group}
 */
function group(items, lineCount, once) {
  const [{ kind, description, fix, place, holder = null, made }] = items
  const scopes = [...new Set(items.map((item) => item.made?.scope).filter((scope) => scope != null))]
  const names = [...new Set(scopes.map(({ name, kind: of }) => (of === 'test' ? `'${name}'` : name)))]
  return {
    kind,
    description,
    count: items.length,
    scopes: names.slice(0, MAX_NAMES),
    scopeCount: names.length,
    lineCount,
    isDeclared: isDeclared(place, once),
    site: place,
    calledFrom: place?.calledFrom ?? null,
    owner: place?.owner ?? 'unknown',
    via: place?.via ?? 'user',
    source: null,
    fix,
    heldMs: items.reduce(
      (most, { heldMs = null }) => (heldMs === null ? most : Math.max(most ?? 0, heldMs)),
      null
    ),
    holder,
    holdsProcess: items.some((item) => item.holdsProcess),
    isAtLoad: made?.isAtLoad ?? false,
    isShared: items.every((item) => item.isShared),
    isClosing: items.every((item) => item.isClosing),
    isOfUnknownAge: items.every((item) => item.made?.isOfUnknownAge),
    objects: items.map((item) => item.object)
  }
}

/**
 * Why what is there fails nothing. One run proves that something is held, and not that it is a mistake: what is made once
 * for all, and what nobody can tell from that, is information.
 * @param {Group} found
 * @returns {string | null | undefined} a reason to be shown; null: nothing worth a word; undefined: it fails
 */
function excuse(found) {
  const {
    kind,
    holdsProcess,
    isAtLoad,
    isShared,
    isClosing,
    isOfUnknownAge,
    owner,
    via,
    scopeCount,
    lineCount,
    site
  } = found
  // What Node makes for itself, a server's interval for one, is a part of something else.
  if (via === 'node' && !HANDLES.has(kind)) return null
  if (kind === 'timeout') return holdsProcess ? 'it is due and ends by itself' : null
  if (isAtLoad || scopeCount === 0) {
    if (!holdsProcess) return null
    return isAtLoad
      ? 'made while a module was loaded, so once per file; it keeps the process from ending'
      : 'made outside any test and hook; it keeps the process from ending'
  }
  if (kind === 'listener') {
    if (site === null) return 'no line is known'
    if (isOfUnknownAge) return owner === 'app' ? 'what it is on may be the own of the test' : null
    const isFirst = owner !== 'app' && lineCount < 2
    return isFirst
      ? 'the first one of this line of a library: it may be made once for all'
      : asDeclared(found)
  }
  if (!holdsProcess && lineCount < 2)
    return 'the first one of this line, and it lets the process end: it may be made once for all'
  if (isClosing) return 'it was told to end, and is not over yet'
  return isShared ? 'a later test used it too: it is shared' : asDeclared(found)
}

/** What was said to be made once, and was. @param {Group} found @returns {string | undefined} */
function asDeclared({ isDeclared, count, lineCount }) {
  return isDeclared && count === 1 && lineCount < 2
    ? 'the only one of this line, and HOLDOVER_GUARD_ONCE says that it is made once for all'
    : undefined
}

/** @param {Group} found @param {string} reason */
function noteOf(found, reason) {
  const delay = found.heldMs === null ? '' : ` of ${formatDuration(found.heldMs)}`
  const what =
    found.count === 1 ? `${found.description}${delay}` : `${found.count} × ${found.description}${delay}`
  const by = found.scopes.length === 0 ? '' : ` by ${scopeWords(found)}`
  return `${what}${by}, ${formatSite(found.calledFrom ?? found.site)}: ${reason}`
}

/**
 * @param {any[]} items what is still there, with its places
 * @param {string[]} [once] files and folders that make things once for all
 * @returns {{ failures: Group[], notes: string[], hasListeners: boolean }} sorted; whether listeners are among them
 */
function judge(items, once = []) {
  /** @type {Map<string, any[]>} */
  const byPlace = new Map()
  for (const item of items) {
    const key = keyOf(item)
    byPlace.set(key, [...(byPlace.get(key) ?? []), item])
  }
  const failures = []
  const notes = []
  let hasListeners = false
  const scopes = scopesByLine(items)
  for (const key of [...byPlace.keys()].sort()) {
    const members = byPlace.get(key) ?? []
    const found = group(members, scopes.get(lineOf(members[0]))?.size ?? 0, once)
    const reason = excuse(found)
    if (reason !== null && found.kind === 'listener') hasListeners = true
    if (reason === undefined) failures.push(found)
    else if (reason !== null) notes.push(noteOf(found, reason))
  }
  const more = notes.length - MAX_NOTES
  return {
    failures,
    hasListeners,
    notes: more > 0 ? [...notes.slice(0, MAX_NOTES), `and ${more} more of this kind`] : notes
  }
}

module.exports = { judge }
