'use strict'

const { LAYOUT } = require('../../js/pass')

/** Stands in for the native ledger where a test asks what was sent, not what it means. */
class RecordingLedger {
  constructor() {
    this.texts = [[null], [null], [null]]
    this.batches = []
  }

  intern(table, text) {
    const known = this.texts[table].indexOf(text)
    return known === -1 ? this.texts[table].push(text) - 1 : known
  }

  siteText(id) {
    return this.texts[2][id]
  }

  apply(words) {
    this.batches.push(Array.from(words))
  }

  /** Survivors of the last whole pass: one row per key. */
  lastPass() {
    const number = this.batches[this.batches.length - 1][3]
    return this.batches.filter((batch) => batch[3] === number).flatMap((batch) => this.decode(batch))
  }

  decode(words) {
    const rows = []
    let at = LAYOUT.headerWords
    while (at < words.length) {
      const tag = words[at++]
      if (tag === LAYOUT.records.jobs) at += 10
      else if (tag === LAYOUT.records.id) at += 3 + words[at + 2]
      else if (tag === LAYOUT.records.open) at += 5 + 3 * words[at + 4]
      else {
        const [name, kind, shape, owners, holders, heldMs, count] = words.slice(at, at + 7)
        at += 7
        const survivors = []
        for (let i = 0; i < count; i++, at += LAYOUT.survivorWords) {
          const [origin, order, bornAt, site, flags] = words.slice(at, at + LAYOUT.survivorWords)
          survivors.push({
            origin,
            order,
            bornAt,
            site: site === 0 ? null : JSON.parse(this.texts[2][site]),
            flags
          })
        }
        rows.push({
          job: this.texts[0][name],
          kind,
          shape: JSON.parse(this.texts[1][shape]),
          owners,
          holders,
          heldMs,
          survivors
        })
      }
    }
    return rows
  }
}

module.exports = { RecordingLedger }
