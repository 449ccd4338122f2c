'use strict'

/**
 * `HOLDOVER=off`: nothing of holdover is in the process but the few files that say so. Shown from outside, by the
 * system calls where strace can follow them, and from inside, by comparing with a process that has no holdover.
 */

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { runNode, ROOT } = require('../helpers/child')

const REGISTER = path.join(ROOT, 'js', 'register.js')
const INDEX = path.join(ROOT, 'js', 'index.js')

/** A worker that uses all of the interface it may use while off. */
const WORKER = `
  const holdover = require(${JSON.stringify(INDEX)})
  const tracker = holdover.start()
  holdover.runJob('mail', () => new (require('node:events').EventEmitter)().on('x', () => {}))
  holdover.wrapJob('mail', () => setTimeout(() => {}, 5))()
  holdover.outside(() => {})
  tracker.report()
  tracker.stop()`

/**
 * Every function that can be reached from the globals and from the modules of Node, by where it is found; in a
 * context of no holdover and in one with it, the same places must hold functions with the same text.
 */
const INVENTORY = `
  const { builtinModules } = require('node:module')
  const found = {}
  const seen = new Map()
  const walk = (object, at, depth) => {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)
      for (const part of ['value', 'get', 'set']) {
        const value = descriptor[part]
        if (typeof value === 'function') note(value, at + '.' + String(key) + (part === 'value' ? '' : ' ' + part), depth)
      }
    }
  }
  const note = (fn, at, depth) => {
    // The first place where a function is found names it, so that identity counts, not only text.
    if (!seen.has(fn)) seen.set(fn, at)
    found[at] = seen.get(fn) + ' ' + fn.length + ' ' + Function.prototype.toString.call(fn)
    if (depth === 0) return
    walk(fn, at, depth - 1)
    if (fn.prototype) walk(fn.prototype, at + '.prototype', depth - 1)
  }
  // Node makes some globals when they are first read; whether somebody has is no difference of functions.
  for (const key of Reflect.ownKeys(globalThis)) {
    try {
      void globalThis[key]
    } catch {}
  }
  walk(globalThis, 'global', 2)
  for (const name of builtinModules.filter((name) => !/^_|^node:|^sys$|punycode|wasi|trace_events/.test(name)).sort())
    walk(require('node:' + name), name, 2)
  walk(Object.getPrototypeOf(require('node:timers/promises').scheduler), 'scheduler', 0)
  walk(process, 'process', 0)
  console.log(JSON.stringify(found))`

/** @param {string} script @param {Record<string, string>} env */
async function inventory(script, env) {
  const { code, stdout, stderr } = await runNode(['--no-warnings', '-e', script], { env })
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

/** Places that hold something else than in a fresh process. @param {any} fresh @param {any} other */
function changed(fresh, other) {
  return [...new Set([...Object.keys(fresh), ...Object.keys(other)])].filter((at) => fresh[at] !== other[at])
}

test('HOLDOVER=off: no function of Node is another one', async () => {
  const fresh = await inventory(INVENTORY, {})
  assert.ok(Object.keys(fresh).length > 2_000)
  const on = changed(fresh, await inventory(`${WORKER.replace('tracker.stop()', '')};${INVENTORY}`, {}))
  for (const place of [
    'global.setTimeout',
    'events.EventEmitter.prototype.on',
    'timers.setInterval',
    'scheduler.wait'
  ])
    assert.ok(on.includes(place), `${place} is another function while holdover is on; changed: ${on}`)
  const off = changed(fresh, await inventory(`${WORKER};${INVENTORY}`, { HOLDOVER: 'off' }))
  assert.deepEqual(off, [])
})

const traceable = process.platform === 'linux'

test('HOLDOVER=off: no file of holdover is opened but js/*.js, no binary mapped', {
  skip: !traceable
}, () => {
  for (const args of [
    ['-e', WORKER],
    ['--require', REGISTER, '-e', '0']
  ]) {
    const on = filesOpened(args, {})
    assert.ok(
      on.some((file) => file.endsWith('.node')),
      `on, the binary is opened: ${on}`
    )
    const off = filesOpened(args, { HOLDOVER: 'off' })
    assert.ok(off.includes(path.join('js', 'index.js')), `strace sees what is opened: ${off}`)
    assert.deepEqual(
      off.filter((file) => !/^js[\\/].+\.js$|^package\.json$/.test(file) || file.includes('binding')),
      []
    )
  }
})

/** Files of this repository that a run opened or mapped, by the kernel's word. @param {string[]} args @param {object} env */
function filesOpened(args, env) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-off-'))
  try {
    const log = path.join(folder, 'strace')
    const strace = ['-f', '-qq', '-y', '-s', '4096', '-e', 'trace=open,openat,openat2,mmap', '-o', log]
    const { error, status, stderr } = spawnSync('strace', [...strace, process.execPath, ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env }
    })
    // Not a skip: .ci/run installs it, and without it nothing is shown.
    if (error) throw new Error(`strace is needed (Debian package strace): ${error.message}`)
    assert.equal(status, 0, stderr)
    const text = fs.readFileSync(log, 'utf8')
    const opened = new Set()
    for (const [, file] of text.matchAll(/["<](\/[^">]+)[">]/g)) {
      const relative = path.relative(ROOT, file)
      if (!relative.startsWith('..') && relative !== '' && !/ENOENT/.test(file)) opened.add(relative)
    }
    return [...opened].filter((name) => fs.existsSync(path.join(ROOT, name)) && !isFolder(name)).sort()
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} name */
function isFolder(name) {
  return fs.statSync(path.join(ROOT, name)).isDirectory()
}
