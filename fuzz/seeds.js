'use strict'

/**
 * Seeds for `cargo fuzz run snapshot`: the first nodes of real heap snapshots, in the layout of their Node, as files that
 * are sound. Of the Node that runs this, and of the files that are named. And one for `cargo fuzz run facts`.
 *
 *     node fuzz/seeds.js [FILE.heapsnapshot …]
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const v8 = require('node:v8')

const corpus = path.join(__dirname, 'corpus', 'snapshot')
const facts = path.join(__dirname, 'corpus', 'facts')
const NODE_COUNTS = [3, 40, 200]

/** What a check hands in: a Map that grows, and rules of a baseline. */
const FACTS = {
  nowMs: 9_000,
  check: { elapsedMs: 100, fixedJobs: 400 },
  memory: { samples: [{ jobs: 100, afterGcBytes: 4_000_000 }] },
  ignore: [{ reason: 'bounded by tenants', kind: 'collection', job: 'th*b', file: 'jobs/thumb.js' }],
  accepted: ['L-123456'],
  heap: {
    job: 'thumb',
    readings: [{ jobs: 100, allocations: [{ site: 1, counts: [2, 3, 2, 1, 2, 3, 2, 2], storageBytes: 0 }] }],
    snapshots: [100, 140, 180, 400],
    classes: [{ name: '{id}' }],
    keepers: [
      {
        status: 'grows',
        certainty: 'sure',
        perJob: 1,
        perJobLow: 1,
        perJobHigh: 1,
        countsEntries: true,
        of: { name: '{id}', type: 'object' },
        counts: [100, 140, 180, 400],
        bytes: 40_000,
        bytesPerJob: 100,
        suspectFrom: 1,
        parts: [{ name: 'ArrayBuffer', type: 'native', bytes: 9 }],
        path: [
          { edge: 'property', edgeName: 'job', to: 'job', toType: 'closure', place: { file: '/app/a.js', line: 3 } },
          { edge: 'context', edgeName: 'cache', to: 'Map', toType: 'object' },
          { edge: 'property', edgeName: '_events', to: 'Object', toType: 'object' },
          { edge: 'internal', edgeName: null, to: '{id}', toType: 'object' }
        ]
      }
    ]
  }
}

function main() {
  fs.mkdirSync(corpus, { recursive: true })
  fs.mkdirSync(facts, { recursive: true })
  fs.writeFileSync(path.join(facts, 'check'), JSON.stringify(FACTS))
  const own = path.join(os.tmpdir(), `holdover-seed-${process.pid}.heapsnapshot`)
  v8.writeHeapSnapshot(own)
  const files = [own, ...process.argv.slice(2)]
  for (const [at, file] of files.entries()) {
    const text = fs.readFileSync(file, 'utf8')
    for (const count of NODE_COUNTS) {
      const seed = shortened(JSON.parse(text), count, /\d\n,/.test(text))
      fs.writeFileSync(path.join(corpus, `real-${at}-${count}`), seed)
    }
  }
  fs.rmSync(own)
}

/**
 * The first nodes, and the edges between them.
 *
 * @param {any} file
 * @param {number} count of nodes
 * @param {boolean} hasLineFeeds behind each row
 * @returns {string}
 */
function shortened({ snapshot, nodes, edges, locations, strings }, count, hasLineFeeds) {
  const fields = snapshot.meta.node_fields
  const [name, edgeCount] = [fields.indexOf('name'), fields.indexOf('edge_count')]
  const isNumbered = [1, 4]
  /** @type {string[]} */
  const texts = []
  const text = (/** @type {number} */ index) => {
    const known = texts.indexOf(strings[index])
    return known === -1 ? texts.push(strings[index]) - 1 : known
  }
  const rows = { nodes: /** @type {number[][]} */ ([]), edges: /** @type {number[][]} */ ([]) }
  let next = 0
  for (let node = 0; node < count; node++) {
    const row = nodes.slice(node * fields.length, (node + 1) * fields.length)
    const end = next + row[edgeCount] * 3
    row[name] = text(row[name])
    row[edgeCount] = 0
    for (; next < end; next += 3) {
      const [type, label, to] = edges.slice(next, next + 3)
      if (to >= count * fields.length) continue
      rows.edges.push([type, isNumbered.includes(type) ? label : text(label), to])
      row[edgeCount]++
    }
    rows.nodes.push(row)
  }
  const places = Array.from({ length: locations.length / 4 }, (_, at) => locations.slice(at * 4, at * 4 + 4))
  const array = (/** @type {number[][]} */ all) =>
    `[${all.map((row) => row.join(',') + (hasLineFeeds ? '\n' : '')).join(',')}]`
  const meta = { ...snapshot, node_count: count, edge_count: rows.edges.length }
  const located = places.filter(([node]) => node < count * fields.length)
  return `{"snapshot":${JSON.stringify(meta)},"nodes":${array(rows.nodes)},"edges":${array(rows.edges)},"locations":${array(located)},"strings":${JSON.stringify(texts)}}`
}

main()
