'use strict'

const { Birth } = require('../job')
const { timerShape } = require('../shape')
const { KIND } = require('../kinds')
const { INTEREST } = require('../pass')

/** Ended jobs with a pending immediate watched at once; more are counted as dropped. */
const MAX_CHAINS = 16_384

/**
 * Immediates that re-arm themselves after their job: a setImmediate made in the context of an ended
 * job is the only sign, so that is all that is kept, one per job. A single late immediate is gone by the next look.
 */
class Immediates {
  /** @param {import('../watch').Watch} watch */
  constructor(watch) {
    this.watch = watch
    /** @type {Map<import('../job').JobScope, { immediate: any, birth: Birth }>} */
    this.chains = new Map()
    this.dropped = 0
  }

  /**
   * @param {import('../job').JobScope} scope ended
   * @param {any} immediate @param {() => number} sample
   */
  note(scope, immediate, sample) {
    const chain = this.chains.get(scope)
    if (chain !== undefined) {
      chain.immediate = immediate
      if (chain.birth.site === 0) chain.birth.site = sample()
      return
    }
    if (this.chains.size >= MAX_CHAINS) this.prune()
    if (this.chains.size >= MAX_CHAINS) this.dropped++
    else this.chains.set(scope, { immediate, birth: new Birth(scope, 0, sample()) })
  }

  prune() {
    for (const [scope, { immediate }] of this.chains)
      if (immediate._destroyed !== false) this.chains.delete(scope)
  }

  /** @param {import('../pass').Pass} pass */
  *survivors(pass) {
    this.prune()
    for (const { immediate, birth } of this.chains.values()) {
      if (pass.interest(birth, true) !== INTEREST.survivor) continue
      if (birth.shape === 0) birth.shape = pass.shape(birth, timerShape(immediate._onImmediate))
      pass.survivor(KIND.immediate, birth)
    }
    yield
  }
}

exports.Immediates = Immediates
