'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { runBody } = require('./helpers/child')

/** @param {Function} body prints JSON */
async function output(body) {
  const { code, stdout, stderr } = await runBody(body)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

const skip = process.platform !== 'linux' && 'the loader asks which libc there is on Linux alone'

test('finding out which libc there is leaves no setting of the host changed', { skip }, async () => {
  const result = await output(() => {
    const fs = require('node:fs')
    const read = fs.readFileSync
    // A system without ldd: the loader then asks Node for a report.
    fs.readFileSync = (file, ...rest) => {
      if (file === '/usr/bin/ldd') throw new Error('no ldd')
      return read(file, ...rest)
    }
    let reports = 0
    const getReport = process.report.getReport
    process.report.getReport = (...args) => {
      reports++
      return getReport.apply(process.report, args)
    }
    const before = process.report.excludeNetwork
    holdover.start().stop()
    console.log(JSON.stringify({ reports, kept: process.report.excludeNetwork === before }))
  })
  assert.deepEqual(result, { reports: 1, kept: true })
})

/** The note of a process in which no file or package of a binary loads. @param {(name: string) => Error} thrown */
async function noteWhere(thrown) {
  const { notes } = await output(
    Function(`
      const Module = require('node:module')
      const load = Module._load
      Module._load = function (name, ...rest) {
        if (/\\.node$|^holdover-|wasi/.test(name)) throw (${thrown})(name)
        return load.call(this, name, ...rest)
      }
      console.log(JSON.stringify({ notes: holdover.start().report().notes }))
    `)
  )
  return notes[0]
}

test('a package that was not installed is named, with what to do', async () => {
  const note = await noteWhere((name) => new Error(`Cannot find module '${name}'\nRequire stack:`))
  assert.match(note, /so there is no verdict: holdover-[a-z0-9-]+ is not installed\. Install with optional/)
  assert.doesNotMatch(note, /wasm|wasi/)
})

test('why a binary that is there does not load comes before what is not there', async () => {
  const note = await noteWhere((name) =>
    name.startsWith('holdover-')
      ? new Error("version `GLIBC_2.17' not found.\nmore")
      : new Error(`Cannot find module '${name}'`)
  )
  assert.match(note, /no verdict: version `GLIBC_2\.17' not found\. In a clone, run `npm run build`\./)
})
