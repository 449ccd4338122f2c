'use strict'

const { EventEmitter, getEventListeners } = require('node:events')
const { Birth } = require('../job')
const { listenerShape, looksThroughWeakRef } = require('../shape')
const { KIND } = require('../kinds')
const { INTEREST, LAYOUT } = require('../pass')
const { ACCEPTED } = require('./handles')

/** Listeners looked at from each end before a registration is taken to be still there. */
const SCAN = 64
/** Shared owners watched at once; more are counted as dropped. */
const MAX_OWNERS = 16_384
/** Event names watched per owner. */
const MAX_TYPES = 16_384
/** Event names at once from which on they are taken to carry ids. */
const MANY_EVENTS = 32
/** Registrations of one and the same function on one owner and event. */
const MAX_REPEATS = 65_536
/** Listeners looked at between two looks at the clock. */
const CHUNK = 256

const { rawListeners } = EventEmitter.prototype
const aborted = /** @type {() => boolean} */ (
  Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get
)

/** @param {any} owner */
function isEventTarget(owner) {
  return owner instanceof EventTarget
}

/** Listeners that an aborted signal still lists have fired or never will. @param {any} owner */
function isOver(owner) {
  return owner instanceof AbortSignal && aborted.call(owner)
}

/**
 * What is on a socket, server or stream that the same job left open goes with it, and so does what is on the other end.
 * @param {Birth} birth of a listener @param {Birth | typeof ACCEPTED | null} opened that of its owner
 */
function isOfOpener(birth, opened) {
  if (opened === ACCEPTED) return true
  return opened !== null && opened.scope !== null && opened.scope.id === birth.scope?.id
}

/** Several registrations of one function: the n-th that is still listed stands for the n-th birth. */
class Repeats {
  /** @param {Birth} first */
  constructor(first) {
    this.births = [first]
    /** Occurrences seen in `pass`. */
    this.seen = 0
    /** Births that were there when the last of them was seen. */
    this.known = 0
    this.pass = 0
  }

  /** What the last whole pass did not find listed any more is over; what came after it had looked stays. */
  forget() {
    if (this.seen < this.known) this.births.splice(this.seen, this.known - this.seen)
    this.pass = 0
  }
}

/** What jobs left on one long-lived emitter or target. */
class OwnerRecord {
  /** @param {any} owner @param {number} sharedAt ms */
  constructor(owner, sharedAt) {
    this.ref = new WeakRef(owner)
    this.isTarget = isEventTarget(owner)
    this.sharedAt = sharedAt
    /**
     * In use for longer than a grace period: a long-lived owner, whose list is evidence without any
     * collection. Until then it may be garbage that only this record still shows.
     */
    this.isEstablished = false
    /** More event names at once than anybody writes down: they carry ids. */
    this.hasManyEvents = false
    /** @type {Map<any, WeakMap<any, Birth | Repeats>>} listeners by event, held by the owner alone */
    this.types = new Map()
  }

  get flags() {
    return (this.isEstablished ? 0 : LAYOUT.flags.weak) | (this.isTarget ? LAYOUT.flags.target : 0)
  }
}

/**
 * Listeners that outlive their job, on owners that outlive it too.
 *
 * Invariants: a registration is held strongly for one loop turn or 64 entries at most (the birth
 * list); after that the owner alone decides: its own list is read, nothing is counted up or down.
 * An owner that one job alone has seen costs one WeakMap entry and is never a finding; the second
 * job, or one look from outside any job, makes it shared, and only then a WeakRef exists.
 */
class Listeners {
  /**
   * @param {import('../watch').Watch} watch
   * @param {import('../hooks/internals').Internals} internals
   */
  constructor(watch, internals) {
    this.watch = watch
    this.internals = internals
    /** @type {WeakMap<any, number | OwnerRecord>} who saw an owner first, or its record once shared */
    this.known = new WeakMap()
    /** @type {OwnerRecord[]} */
    this.records = []
    this.dropped = 0
    /** Shapes of listeners that reach their target through a WeakRef. @type {Set<number>} */
    this.weak = new Set()
    const record = this.share(process)
    if (record !== null) record.isEstablished = true
  }

  /**
   * Takes a registration that is still there from the birth list.
   * @param {any} owner @param {any} type @param {any} listener
   * @param {Birth} birth
   * @param {number} seenBy job id, or a negative number for a moment outside any job
   */
  keep(owner, type, listener, birth, seenBy) {
    const record = this.meet(owner, seenBy)
    if (record === null) return
    if (!record.isEstablished) {
      record.isEstablished = this.watch.now() - record.sharedAt > this.watch.graceMs
    }
    const births = this.birthsOf(record, type)
    if (births === null) return
    const before = births.get(listener)
    // Node's own functions come and go with each request on a socket that is kept alive.
    if (before === undefined || this.isOnlyOne(owner, type, listener)) births.set(listener, birth)
    else if (before instanceof Birth) births.set(listener, this.repeat(new Repeats(before), birth))
    else this.repeat(before, birth)
  }

  /** @param {any} owner @param {number} seenBy @returns {OwnerRecord | null} null: not shared (yet) */
  meet(owner, seenBy) {
    const known = this.known.get(owner)
    if (known instanceof OwnerRecord) return known
    if (known === undefined && !this.watch.exact) {
      this.known.set(owner, seenBy)
      return null
    }
    return known === seenBy && !this.watch.exact ? null : this.share(owner)
  }

  /** @param {any} owner */
  share(owner) {
    if (this.records.length >= MAX_OWNERS) {
      this.dropped++
      return null
    }
    const record = new OwnerRecord(owner, this.watch.now())
    this.known.set(owner, record)
    this.records.push(record)
    return record
  }

  /** @param {OwnerRecord} record @param {any} type @returns {WeakMap<any, Birth | Repeats> | null} null: no room */
  birthsOf(record, type) {
    const known = record.types.get(type)
    if (known !== undefined) return known
    if (record.types.size >= MAX_TYPES) {
      this.dropped++
      return null
    }
    const births = new WeakMap()
    record.types.set(type, births)
    return births
  }

  /**
   * Whether a function that was just registered is listed once: what earlier jobs did with it is over then. In doubt no.
   * @param {any} owner @param {any} type @param {any} listener
   */
  isOnlyOne(owner, type, listener) {
    const listed = this.internals.emitterEvents ? owner._events?.[type] : undefined
    if (typeof listed === 'function') return true
    if (listed === undefined || listed.length > SCAN) return false
    let count = 0
    for (let i = 0; i < listed.length; i++) if (listed[i] === listener) count++
    return count === 1
  }

  /** @param {Repeats} repeats @param {Birth} birth */
  repeat(repeats, birth) {
    if (repeats.pass !== 0 && repeats.pass !== this.watch.walkingPass) {
      repeats.forget()
    }
    if (repeats.births.length < MAX_REPEATS) repeats.births.push(birth)
    else this.dropped++
    return repeats
  }

  /** Reads the owner's own state; in doubt says yes, and the sweep looks again. @param {any} owner @param {any} type @param {any} listener */
  isAttached(owner, type, listener) {
    if (!this.internals.emitterEvents || owner._events === undefined)
      return this.isListed(owner, type, listener)
    const listed = owner._events[type]
    if (listed === undefined) return false
    if (typeof listed === 'function') return listed === listener || listed.listener === listener
    const length = listed.length
    for (let i = length - 1, end = Math.max(0, length - SCAN); i >= end; i--) {
      if (listed[i] === listener) return true
    }
    for (let i = 0, end = Math.min(length, SCAN); i < end; i++) if (listed[i] === listener) return true
    return length > 2 * SCAN
  }

  /** The same for an EventTarget, and for emitters through the public API. @param {any} owner @param {any} type @param {any} listener */
  isListed(owner, type, listener) {
    if (isEventTarget(owner)) return this.isAttachedToTarget(owner, type, listener)
    return !this.internals.emitterEvents && this.listOf(owner, type, false).includes(listener)
  }

  /** @param {any} target @param {any} type @param {any} listener */
  isAttachedToTarget(target, type, listener) {
    if (isOver(target)) return false
    const symbol = this.internals.targetEvents
    if (symbol !== null) {
      const root = target[symbol]?.get(type)
      if (root === undefined || root.size === 0) return false
      // The list is linked from its oldest end: reading a long one for each new listener is quadratic.
      if (root.size > SCAN) return true
    }
    return getEventListeners(target, type).includes(listener)
  }

  /** @param {any} owner @param {any} type @param {boolean} isTarget @returns {any[]} */
  listOf(owner, type, isTarget) {
    if (isTarget) return isOver(owner) ? [] : getEventListeners(owner, type)
    if (!this.internals.emitterEvents) return Reflect.apply(rawListeners, owner, [type])
    const listed = owner._events?.[type]
    if (listed === undefined) return []
    return typeof listed === 'function' ? [listed] : listed
  }

  /**
   * One look at every shared owner, in chunks. Nothing is held between two chunks.
   * @param {import('../pass').Pass} pass
   */
  *survivors(pass) {
    for (let i = 0; i < this.records.length; i++) {
      const record = this.records[i]
      for (const type of [...record.types.keys()]) {
        for (let from = 0; from >= 0; ) {
          from = this.walkChunk(pass, record, type, from)
          yield
        }
      }
      // Here, where events that nobody listens to any more have just been dropped.
      if (record.types.size > MANY_EVENTS) record.hasManyEvents = true
    }
    this.records = this.records.filter((record) => record.ref.deref() !== undefined)
  }

  /**
   * @param {import('../pass').Pass} pass @param {OwnerRecord} record @param {any} type @param {number} from
   * @returns {number} where to go on, -1 when done
   */
  walkChunk(pass, record, type, from) {
    const owner = record.ref.deref()
    const births = record.types.get(type)
    if (owner === undefined || births === undefined) return -1
    const list = this.listOf(owner, type, record.isTarget)
    if (list.length === 0) {
      record.types.delete(type)
      return -1
    }
    const opened = this.watch.openedBy(owner)
    const to = record.isTarget ? list.length : Math.min(list.length, from + CHUNK)
    for (let i = from; i < to; i++) {
      const birth = this.birthOf(births.get(list[i]), pass.number)
      if (birth === undefined || isOfOpener(birth, opened)) continue
      if (pass.interest(birth) !== INTEREST.none) {
        this.report(pass, record, owner, type, list, i, birth)
      }
    }
    return to < list.length ? to : -1
  }

  /** @param {Birth | Repeats | undefined} entry @param {number} passNumber */
  birthOf(entry, passNumber) {
    if (!(entry instanceof Repeats)) return entry
    if (entry.pass !== passNumber) {
      entry.pass = passNumber
      entry.seen = 0
    }
    entry.known = entry.births.length
    return entry.births[entry.seen++]
  }

  /**
   * @param {import('../pass').Pass} pass @param {OwnerRecord} record @param {any} owner @param {any} type
   * @param {any[]} list @param {number} index @param {Birth} birth
   */
  report(pass, record, owner, type, list, index, birth) {
    if (birth.shape === 0 || birth.isFolded !== record.hasManyEvents) {
      birth.isFolded = record.hasManyEvents
      const shape = listenerShape(owner, type, list[index], record.isTarget, birth.isFolded)
      const madeBy = this.watch.constructions?.makerOf(owner)
      birth.shape = pass.shape(birth, madeBy === undefined ? shape : { ...shape, madeBy })
      if (looksThroughWeakRef(list[index])) this.weak.add(birth.shape)
    }
    if (pass.interest(birth) === INTEREST.held) {
      pass.hold(KIND.listener, birth)
      return
    }
    birth.keepEndedJobOnly()
    const weak = this.weak.has(birth.shape) ? LAYOUT.flags.weak : 0
    const row = pass.survivor(KIND.listener, birth, record.flags | weak)
    row.sampledBy = type
    if (row.lastOwner !== record) {
      row.lastOwner = record
      row.owners++
    }
    if (row.holders < list.length) row.holders = list.length
  }
}

exports.Listeners = Listeners
