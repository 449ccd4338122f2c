'use strict'

/**
 * Chrome DevTools' own heap snapshot worker, without a browser: the reference for every table of ours.
 *
 *     node bench/heap/devtools.js compare BEFORE AFTER     the Comparison view
 *     node bench/heap/devtools.js series FILE FILE FILE    the Comparison view of each file with the one before
 *     node bench/heap/devtools.js summary FILE             the Summary view
 *     node bench/heap/devtools.js load FILE                all that it does before it shows anything
 *     node bench/heap/devtools.js nodes FILE OUT           of each node: shallow and retained size, distance, dominator
 *
 * Both views go to stdout as JSON. Large files need --max-old-space-size.
 */

const fs = require('node:fs')
const path = require('node:path')
const { once } = require('node:events')
const { MessageChannel } = require('node:worker_threads')
const { pathToFileURL } = require('node:url')
const { installPeers, peersFolder } = require('./peers')

const bundle = path.join(peersFolder, 'node_modules', '.cache', 'devtools-heap.mjs')

/** Bundles the worker's sources, which are TypeScript and import each other, into one file. */
async function bundled() {
  installPeers()
  if (!fs.existsSync(bundle)) {
    const folder = path.join(peersFolder, 'node_modules', 'chrome-devtools-frontend', 'front_end')
    await require('esbuild').build({
      stdin: {
        contents:
          "export * from './entrypoints/heap_snapshot_worker/HeapSnapshot.js'\n" +
          "export * from './entrypoints/heap_snapshot_worker/HeapSnapshotLoader.js'\n",
        resolveDir: folder
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile: bundle,
      logLevel: 'error',
      plugins: [{ name: 'no-locales', setup: withoutLocales }]
    })
  }
  // What a page has and the sources ask for while they load.
  Object.assign(globalThis, { self: globalThis })
  return import(pathToFileURL(bundle).href)
}

/** The package comes without the file of its languages. @param {any} build */
function withoutLocales(build) {
  build.onResolve({ filter: /locales\.js$/ }, () => ({ path: 'locales', namespace: 'stub' }))
  build.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({
    contents:
      "export const LOCALES = ['en-US']; export const BUNDLED_LOCALES = ['en-US']; export const DEFAULT_LOCALE = 'en-US';" +
      "export const REMOTE_FETCH_PATTERN = ''; export const LOCAL_FETCH_PATTERN = ''"
  }))
}

/** @param {any} devtools @param {string} file */
async function open(devtools, file) {
  const loader = new devtools.HeapSnapshotLoader({ sendEvent() {} })
  for await (const chunk of fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 4 << 20 }))
    loader.write(chunk)
  loader.close()
  await loader.parsingComplete
  const { port1, port2 } = new MessageChannel()
  new devtools.SecondaryInitManager(port2)
  const snapshot = await loader.buildSnapshot(port1)
  port1.close()
  return snapshot
}

/** @param {any} devtools @param {string} before @param {string} after */
async function compare(devtools, before, after) {
  return difference(await open(devtools, before), await open(devtools, after))
}

/** Each file is opened once, as on the screen. @param {any} devtools @param {string[]} files */
async function series(devtools, ...files) {
  const rows = []
  let old = await open(devtools, files[0])
  for (const file of files.slice(1)) {
    const now = await open(devtools, file)
    rows.push(difference(old, now).length)
    old = now
  }
  return rows
}

/** @param {any} old @param {any} now */
function difference(old, now) {
  const diff = now.calculateSnapshotDiff(1, old.aggregatesForDiff(now.interfaceDefinitions()))
  return Object.entries(diff).map(([key, row]) => ({
    key,
    name: row.name,
    newCount: row.addedCount,
    deletedCount: row.removedCount,
    newBytes: row.addedSize,
    deletedBytes: row.removedSize
  }))
}

/** @param {any} devtools @param {string} file */
async function summary(devtools, file) {
  const snapshot = await open(devtools, file)
  return Object.entries(snapshot.getAggregatesByClassKey(false, 'allObjects')).map(([key, row]) => ({
    key,
    name: row.name,
    count: row.count,
    distance: row.distance,
    shallowBytes: row.self,
    retainedBytes: row.maxRet
  }))
}

/** Shallow and retained sizes as 8 bytes each, then distances and dominators as 4: four columns. */
async function nodes(devtools, file, out) {
  const snapshot = await open(devtools, file)
  const { nodeCount, nodeFieldCount, nodeSelfSizeOffset } = snapshot
  const shallow = new Float64Array(nodeCount)
  for (let node = 0; node < nodeCount; node++)
    shallow[node] = snapshot.nodes.getValue(node * nodeFieldCount + nodeSelfSizeOffset)
  const stream = fs.createWriteStream(out)
  for (const column of [shallow, snapshot.retainedSizes, snapshot.nodeDistances, snapshot.dominatorsTree]) {
    stream.write(Buffer.from(column.buffer, column.byteOffset, column.byteLength))
  }
  stream.end()
  await once(stream, 'finish')
  return { nodeCount }
}

/** @param {any} devtools @param {string} file */
async function load(devtools, file) {
  return { nodeCount: (await open(devtools, file)).nodeCount }
}

const COMMANDS = { compare, series, summary, nodes, load }

async function main([command, ...args]) {
  const devtools = await bundled()
  console.warn = () => {}
  const result = await COMMANDS[command](devtools, ...args)
  fs.writeSync(1, `${JSON.stringify(result)}\n`)
  process.exit(0)
}

main(process.argv.slice(2))
