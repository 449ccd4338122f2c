'use strict'

const originals = require('../originals')
const { storage } = require('../context')
const { Birth } = require('../job')
const { timerShape } = require('../shape')
const { KIND } = require('../kinds')
const { INTEREST } = require('../pass')

/** Ended jobs with a pending immediate watched at once; more are counted as dropped. */
const MAX_CHAINS = 16_384

/**
 * Immediates that re-arm themselves after their job: a setImmediate made in the context of an ended
 * job is the only sign, so that is all that is kept, one per job. A single late immediate is forgotten in the turn in
 * which it has run: it may hold arguments of any size.
 */
class Immediates {
  /** @param {import('../watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    /** @type {Map<import('../job').JobScope, { immediate: any, birth: Birth }>} */
    this.chains = new Map()
    this.isPruneScheduled = false
    this.prune = this.prune.bind(this)
    this.dropped = 0
  }

  /**
   * @param {import('../job').JobScope} scope ended
   * @param {any} immediate @param {() => number} sample
   */
  note(scope, immediate, sample) {
    if (!this.isPruneScheduled) this.schedulePrune()
    const chain = this.chains.get(scope)
    if (chain !== undefined) {
      chain.immediate = immediate
      if (chain.birth.site === 0) chain.birth.site = sample()
      return
    }
    if (this.chains.size >= MAX_CHAINS) this.dropped++
    else this.chains.set(scope, { immediate, birth: new Birth(scope, 0, sample()) })
  }

  /** Right after the immediates of this turn. What is still pending then is a loop, or was made after this call. */
  schedulePrune() {
    this.isPruneScheduled = true
    // Outside any job, and unref'd: it is nothing to wait for.
    storage.exit(() => originals.setImmediate(this.prune).unref())
  }

  prune() {
    this.isPruneScheduled = false
    for (const [scope, { immediate }] of this.chains)
      if (immediate._destroyed !== false) this.chains.delete(scope)
    if (this.chains.size > 0) this.schedulePrune()
  }

  /** @param {import('../pass').Pass} pass */
  *survivors(pass) {
    for (const { immediate, birth } of this.chains.values()) {
      if (immediate._destroyed !== false || pass.interest(birth, true) !== INTEREST.survivor) continue
      if (birth.shape === 0) birth.shape = pass.shape(birth, timerShape(immediate._onImmediate))
      pass.survivor(KIND.immediate, birth)
    }
    yield
  }
}

exports.Immediates = Immediates
