'use strict'

/**
 * Who watches. Each variant prepares this process and returns how a job is run in it.
 */

const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { AsyncLocalStorage, createHook } = require('node:async_hooks')

const PEERS = path.join(__dirname, '..', 'peers', 'node_modules')
const plain = (/** @type {() => any} */ work) => work()

function withStorage() {
  const storage = new AsyncLocalStorage()
  return (/** @type {() => any} */ work) => storage.run({ id: 1 }, work)
}

/** @param {'counts' | 'sites' | 'full'} level */
function withHoldover(level) {
  const holdover = require('../..')
  holdover.start({ level, report: { everyMs: 0 } })
  return (/** @type {() => any} */ work) => holdover.runJob('job', work)
}

/** What a leak finder of one's own looks like: a stack for each resource, by async id. */
function withStacks() {
  const stacks = new Map()
  createHook({
    init(id, type) {
      if (type !== 'PROMISE') stacks.set(id, new Error(type).stack)
    },
    destroy(id) {
      stacks.delete(id)
    }
  }).enable()
  return plain
}

/** @type {Record<string, { peer: boolean, prepare: () => any }>} in the order of the tables */
const VARIANTS = {
  bare: { peer: false, prepare: () => plain },
  als: { peer: false, prepare: withStorage },
  counts: { peer: false, prepare: () => withHoldover('counts') },
  sites: { peer: false, prepare: () => withHoldover('sites') },
  full: { peer: false, prepare: () => withHoldover('full') },
  'async_hooks + stacks': { peer: true, prepare: withStacks },
  'leaked-handles': {
    peer: true,
    prepare() {
      require(path.join(PEERS, 'leaked-handles')).set({ timeout: 1e9 })
      return plain
    }
  },
  'why-is-node-running': {
    peer: true,
    async prepare() {
      await import(pathToFileURL(path.join(PEERS, 'why-is-node-running', 'index.js')).href)
      return plain
    }
  },
  wtfnode: {
    peer: true,
    prepare() {
      require(path.join(PEERS, 'wtfnode')).init()
      return plain
    }
  }
}

module.exports = { VARIANTS }
