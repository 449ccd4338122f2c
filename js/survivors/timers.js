'use strict'

const originals = require('../originals')
const { storage } = require('../context')
const { Birth } = require('../job')
const { timerShape } = require('../shape')
const { KIND } = require('../kinds')
const { INTEREST } = require('../pass')
const { forgetOldest } = require('../bounded')

/** Distinct durations remembered; more are counted as dropped. */
const MAX_DURATIONS = 4_096
/** Slots of the direct-mapped memory of recent durations; a power of two. */
const RECENT = 256
/**
 * Timers of one duration looked at before others have their turn, about a millisecond's work. Shorter lists are looked
 * at as a whole, so that none of them can fire meanwhile.
 */
const CHUNK = 4_096
/** Node's own bound: a longer delay becomes 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1
/**
 * Production waits until a one-shot timer is due before it judges it, but not longer than this: one
 * that is due in a day is memory today.
 */
const ONE_SHOT_HORIZON_MS = 3_600_000
/** No pass takes so long that an interval of this period or a longer one fires twice in it. */
const LONG_PERIOD_MS = 3_600_000
/** Durations of timers/promises remembered per job, with where each was asked for. */
const MAX_PROMISED = 64
/** Recorded timers held, in the fallback without timer lists. */
const MAX_RECORDED = 65_536

/** Maps of shapes, and jobs in a row that share one; powers of two. */
const SHAPE_MAPS = 64
const JOBS_PER_MAP = 256

const noop = () => {}

/** The list a delay belongs to, as Node reads it, without touching an object that is not a number. @param {unknown} delay */
function coerceDelay(delay) {
  return typeof delay === 'number' && delay >= 1 && delay <= MAX_DELAY_MS ? Math.trunc(delay) : 1
}

/**
 * Timers that outlive their job. Node hangs every Timeout on one list per duration and stores the
 * async context on each, so a duration is all that is remembered: no object is held, and a timer
 * costs two loads and a compare. A pass finds each list again through a timer of that duration
 * that it makes and clears at once.
 *
 * Where a Node keeps timers differently, each one made in a job is recorded instead.
 */
class Timers {
  /**
   * @param {import('../watch').Watch} watch
   * @param {import('../hooks/internals').Internals} internals
   */
  constructor(watch, internals) {
    this.watch = watch
    this.internals = internals
    this.enumerates = internals.timerStore !== null && internals.timerLists
    /** @type {number[]} */
    this.recent = new Array(RECENT).fill(0)
    /** @type {Set<number>} */
    this.durations = new Set()
    /** @type {WeakMap<any, Birth>} what is known of a timer beyond its context */
    this.births = new WeakMap()
    /**
     * Of all others only the shape is kept, as a number. Many small maps: a large one stops the loop while it grows,
     * and the timers of jobs that ran together lie together.
     * @type {Array<WeakMap<any, number>>}
     */
    this.shapes = Array.from({ length: SHAPE_MAPS }, () => new WeakMap())
    /** Stands for one such timer at a time, during one look. */
    this.transient = new Birth(null, 0, 0)
    /** @type {WeakMap<any, Map<number, Birth>>} timers/promises.setInterval: its Timeout is made later */
    this.promised = new WeakMap()
    /** @type {Array<{ ref: WeakRef<any>, birth: Birth }>} fallback only */
    this.recorded = []
    /** Intervals counted on the present list that may fire, and so be met again, before it is done. @type {WeakSet<any>} */
    this.counted = new WeakSet()
    /** The clock of Node's timers at the present chunk. */
    this.loopNow = 0
    /** In a check: all that came through a wrapper, in a job or not. @type {WeakSet<any> | null} */
    this.known = watch.exact ? new WeakSet() : null
    this.dropped = 0
  }

  /** Those that are live and keep the process from ending, of all known ones; null: nobody can tell. */
  countKnown() {
    if (!this.enumerates) return null
    let count = 0
    for (const duration of this.durations) {
      for (let timer = this.peek(duration).newest; isTimer(timer); timer = timer._idleNext)
        if (this.isKnown(timer, duration) && timer.hasRef()) count++
    }
    return count
  }

  /** @param {any} timer @param {number} duration */
  isKnown(timer, duration) {
    return (
      this.known?.has(timer) || (this.births.get(timer) ?? this.birthFromContext(timer, duration)) !== null
    )
  }

  /** @param {number} duration ms, as Node keeps it */
  remember(duration) {
    const slot = duration & (RECENT - 1)
    if (this.recent[slot] === duration) return
    this.recent[slot] = duration
    if (this.durations.size < MAX_DURATIONS) this.durations.add(duration)
    else if (!this.durations.has(duration)) this.dropped++
  }

  /** @param {any} timer @param {Birth} birth */
  record(timer, birth) {
    this.births.set(timer, birth)
  }

  /** Fallback: keeps a timer of an open job in view. @param {any} timer @param {Birth} birth */
  recordWeakly(timer, birth) {
    if (this.recorded.length >= MAX_RECORDED) {
      this.recorded = this.recorded.filter((entry) => entry.ref.deref()?._destroyed === false)
      if (this.recorded.length >= MAX_RECORDED) {
        this.dropped++
        return
      }
    }
    this.recorded.push({ ref: new WeakRef(timer), birth })
  }

  /**
   * A timer of timers/promises was asked for.
   * @param {number} duration ms, see coerceDelay
   * @param {Birth | null} birth null: nothing to note beyond the duration
   */
  promise(duration, birth) {
    this.remember(duration)
    if (birth === null || !this.enumerates) return
    const { newest } = this.peek(duration)
    if (newest !== null && !this.births.has(newest) && newest._repeat === null) {
      const store = this.internals.timerStore?.(newest)
      if (store === (birth.scope ?? undefined)) {
        this.births.set(newest, birth)
        return
      }
    }
    if (birth.scope === null) return
    let byDuration = this.promised.get(birth.scope)
    if (byDuration === undefined) {
      byDuration = new Map()
      this.promised.set(birth.scope, byDuration)
    }
    byDuration.set(duration, birth)
    forgetOldest(byDuration, MAX_PROMISED)
  }

  /**
   * The newest live timer of a duration, or null, and what time it is for Node's timers.
   * @param {number} duration @returns {{ newest: any, nowMs: number }}
   */
  peek(duration) {
    return storage.exit(() => {
      const probe = /** @type {any} */ (originals.setTimeout(noop, duration))
      const newest = probe._idleNext
      const list = probe._idlePrev
      const nowMs = probe._idleStart
      originals.dropTimer(probe)
      return { newest: newest === list ? null : newest, nowMs }
    })
  }

  /** @param {import('../pass').Pass} pass */
  *survivors(pass) {
    if (!this.internals.timerState) return
    if (this.enumerates) yield* this.enumerate(pass)
    else yield* this.readRecorded(pass)
  }

  /** @param {import('../pass').Pass} pass */
  *enumerate(pass) {
    this.recent.fill(0)
    for (const duration of [...this.durations]) {
      const { newest, nowMs } = this.peek(duration)
      if (newest === null) this.durations.delete(duration)
      else yield* this.walkList(pass, duration, newest, nowMs)
    }
  }

  /**
   * From the newest timer of a duration to the oldest, in chunks. Meanwhile the oldest ones fire, and an interval that
   * fired is the newest again: those are looked at last, where the walk would otherwise have missed them.
   * @param {import('../pass').Pass} pass @param {number} duration @param {any} newest @param {number} nowMs
   */
  *walkList(pass, duration, newest, nowMs) {
    this.counted = new WeakSet()
    for (let timer = newest; timer !== null; ) {
      this.loopNow = this.readLoopNow()
      const last = this.walkChunk(pass, timer, duration)
      const next = last._idleNext
      if (!isTimer(next)) break
      const cursors = [new Cursor(next), new Cursor(last)]
      yield
      timer = this.resume(cursors, duration)
    }
    this.walkRearmed(pass, duration, nowMs)
  }

  /** @param {import('../pass').Pass} pass @param {any} timer @param {number} duration @returns {any} the last one looked at */
  walkChunk(pass, timer, duration) {
    for (let i = 1; i <= CHUNK; i++) {
      this.look(pass, timer, duration)
      if (i === CHUNK || !isTimer(timer._idleNext)) break
      timer = timer._idleNext
    }
    return timer
  }

  /**
   * The next to look at, or null. Whichever of the two has not moved shows the way: thousands may have been armed in one
   * millisecond, so time alone would not find the place again.
   * @param {Cursor[]} cursors the next one and the last one @param {number} duration
   */
  resume([next, last], duration) {
    const timer = next.inPlace() ?? last.inPlace()?._idleNext
    if (isTimer(timer)) return timer
    return last.inPlace() === undefined ? this.firstArmedBefore(next.armedAt, duration) : null
  }

  /** @param {number} armedAt @param {number} duration */
  firstArmedBefore(armedAt, duration) {
    let timer = this.peek(duration).newest
    while (isTimer(timer) && timer._idleStart >= armedAt) timer = timer._idleNext
    return isTimer(timer) ? timer : null
  }

  /** @param {import('../pass').Pass} pass @param {number} duration @param {number} nowMs when the walk began */
  walkRearmed(pass, duration, nowMs) {
    for (let timer = this.peek(duration).newest; isTimer(timer); timer = timer._idleNext) {
      if (timer._idleStart <= nowMs) return
      if (!this.counted.has(timer)) this.look(pass, timer, duration)
    }
  }

  /** @param {import('../pass').Pass} pass @param {any} timer @param {number} duration */
  look(pass, timer, duration) {
    const birth = this.births.get(timer) ?? this.birthFromContext(timer, duration)
    const isInterval = timer._repeat !== null
    const interest = birth === null ? INTEREST.none : pass.interest(birth, !isInterval)
    if (birth === null || interest === INTEREST.none) return
    const kind = isInterval ? KIND.interval : KIND.timeout
    if (!isInterval && interest === INTEREST.survivor && !this.isOverdue(pass, birth, duration)) return
    if (birth.shape === 0) {
      birth.shape = pass.shape(birth, timerShape(timer._onTimeout, duration))
      if (birth === this.transient) this.shapesOf(birth.scope).set(timer, birth.shape)
      else this.births.set(timer, birth)
    }
    if (interest === INTEREST.held) {
      pass.hold(kind, birth)
      return
    }
    if (!isInterval) pass.noteDue(this.dueInMs(timer), duration)
    else if (duration < LONG_PERIOD_MS) this.counted.add(timer)
    const row = pass.survivor(kind, birth)
    row.sampledBy = duration
    if (row.heldMs < duration) row.heldMs = duration
  }

  /** @param {any} scope */
  shapesOf(scope) {
    return this.shapes[Math.trunc(scope.id / JOBS_PER_MAP) & (SHAPE_MAPS - 1)]
  }

  /**
   * A timer nobody recorded: made in an open job, or by Node itself on a job's behalf. `check`
   * records every timer of the host, so there it is Node's and none of ours.
   * @param {any} timer @param {number} duration
   * @returns {Birth | null} valid until the next look where it is `this.transient`
   */
  birthFromContext(timer, duration) {
    const scope = this.internals.timerStore?.(timer)
    if (scope === undefined || scope.exempt || scope.watch !== this.watch) return null
    const promised = timer._repeat === null ? undefined : this.promised.get(scope)?.get(duration)
    if (promised !== undefined) return promised
    if (this.watch.exact) return null
    const { transient } = this
    transient.scope = scope
    transient.shape = this.shapesOf(scope).get(timer) ?? 0
    return transient
  }

  /** @param {import('../pass').Pass} pass @param {Birth} birth @param {number} duration */
  isOverdue(pass, birth, duration) {
    if (pass.forced || duration >= ONE_SHOT_HORIZON_MS) return true
    const scope = /** @type {import('../job').JobScope | null} */ (birth.scope)
    if (scope === null) return false
    return scope.changedAt + duration + pass.graceMs < pass.startedAt
  }

  /** The clock of Node's timers: a new timer starts at it. */
  readLoopNow() {
    const probe = /** @type {any} */ (originals.setTimeout(noop, 1))
    const now = probe._idleStart
    originals.dropTimer(probe)
    return now
  }

  /** Milliseconds until a one-shot fires; one that is due now has not fired yet, and is waited for too. @param {any} timer */
  dueInMs(timer) {
    return Math.max(1, timer._idleStart + timer._idleTimeout - this.loopNow)
  }

  /** @param {import('../pass').Pass} pass */
  *readRecorded(pass) {
    for (let i = 0; i < this.recorded.length; i++) {
      const { ref, birth } = this.recorded[i]
      const timer = ref.deref()
      if (i % CHUNK === 0) this.loopNow = this.readLoopNow()
      if (timer !== undefined && timer._destroyed === false) {
        this.births.set(timer, birth)
        this.look(pass, timer, timer._idleTimeout ?? 0)
      }
      if (i % CHUNK === CHUNK - 1) yield
    }
    this.recorded = this.recorded.filter((entry) => entry.ref.deref()?._destroyed === false)
  }
}

/** A place in a list of timers, held weakly: until the next chunk its timer may be gone, or have been armed anew. */
class Cursor {
  /** @param {any} timer */
  constructor(timer) {
    this.ref = new WeakRef(timer)
    this.armedAt = timer._idleStart
  }

  /** The timer, if it is where it was. @returns {any} */
  inPlace() {
    const timer = this.ref.deref()
    return timer?._destroyed === false && timer._idleStart === this.armedAt ? timer : undefined
  }
}

/** Lists end at the list head, which has no callback. @param {any} item */
function isTimer(item) {
  return item !== null && item !== undefined && item._idleTimeout !== undefined
}

exports.Timers = Timers
exports.coerceDelay = coerceDelay
exports.ONE_SHOT_HORIZON_MS = ONE_SHOT_HORIZON_MS
