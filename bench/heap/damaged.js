'use strict'

/** What it takes to refuse a damaged snapshot, beside reading the sound one. */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { DAMAGES } = require('../../__test__/helpers/damages')
const { engine } = require('./engine')
const { measure } = require('./measure')

/**
 * @param {string} file a sound snapshot
 * @returns {{ name: string, code: string, cpu: number, megabytes: number }[]} the sound one first, the others by CPU time
 */
function damaged(file) {
  const sound = fs.readFileSync(file, 'latin1')
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-damaged-'))
  const copy = path.join(folder, 'copy.heapsnapshot')
  try {
    const rows = Object.entries(DAMAGES).map(([name, [code, damage]]) => {
      fs.writeFileSync(copy, damage(sound), name === 'a byte order mark' ? 'utf8' : 'latin1')
      const { cpu, megabytes, output, status } = measure([engine(), 'parse', copy])
      if (status !== 1 || !output.includes(`HOLDOVER_SNAPSHOT_${code}: `)) {
        throw new Error(`'${name}' was not refused with ${code}: ${output}`)
      }
      return { name, code, cpu, megabytes }
    })
    rows.sort((a, b) => b.cpu - a.cpu || (a.name < b.name ? -1 : 1))
    const { cpu, megabytes } = measure([engine(), 'parse', file])
    return [{ name: 'sound', code: '', cpu, megabytes }, ...rows]
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

module.exports = { damaged }
