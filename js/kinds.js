'use strict'

/** Kinds of resource; the numbers go over the wire (see src/ledger/batch.rs, __test__/wire.test.js). */
const KIND = Object.freeze({
  listener: 1,
  interval: 2,
  timeout: 3,
  immediate: 4,
  socket: 5,
  server: 6,
  'child-process': 7,
  worker: 8,
  watcher: 9,
  file: 10,
  stream: 11,
  port: 12
})

/** Kinds of finding that snapshots of the heap show. */
const HEAP_KINDS = Object.freeze(['collection', 'promise', 'closure', 'external', 'heap'])

module.exports = { KIND, HEAP_KINDS }
