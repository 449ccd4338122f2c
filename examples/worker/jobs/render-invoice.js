'use strict'

// Clean: the file goes, and the number series is made once, by the first job that needs it.

const fs = require('node:fs/promises')
const path = require('node:path')

/** @type {{ next: number, timer: NodeJS.Timeout } | undefined} */
let series

module.exports = async function renderInvoice({ customer, lines }, { folder }) {
  series ??= openSeries()
  const number = `INV-${String(series.next++).padStart(6, '0')}`
  const total = lines.reduce((sum, line) => sum + line.quantity * line.cents, 0)
  const file = path.join(folder, `${number}.json`)

  await fs.writeFile(file, JSON.stringify({ number, customer, lines, total }))
  try {
    const stored = JSON.parse(await fs.readFile(file, 'utf8'))
    if (stored.total !== total) throw new Error(`${number} was not stored as it was written`)
    return stored.number
  } finally {
    await fs.rm(file)
  }
}

function openSeries() {
  const opened = { next: 1, timer: setInterval(() => opened.next, 10_000) }
  opened.timer.unref()
  return opened
}
