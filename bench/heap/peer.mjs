/**
 * Other tools on the same snapshots, each doing as little as its interface allows for the task:
 *
 *     node bench/heap/peer.mjs TOOL TASK FILE…      TASK: parse, compare, measure, growth
 */

import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(new URL('./peers/package.json', import.meta.url))

const TOOLS = {
  JSON: {
    parse: (file) => JSON.parse(fs.readFileSync(file, 'utf8')).nodes.length
  },
  memlab: {
    parse: (file) => memlabParse(file),
    // It knows no table of classes: what is new by id is the nearest that it does.
    async compare(before, after) {
      const { default: core } = await import(pathToFileURL(require.resolve('@memlab/core')).href)
      const ids = await core.utils.getSnapshotNodeIdsFromFile(before, {})
      const snapshot = await memlabParse(after)
      let count = 0
      snapshot.nodes.forEach((node) => {
        if (!ids.has(node.id)) count++
      })
      return count
    },
    async measure(file) {
      const { default: analysis } = await import(pathToFileURL(require.resolve('@memlab/heap-analysis')).href)
      return (await analysis.getFullHeapFromFile(file)).nodes.length
    },
    // Its leak finder, as `memlab find-leaks` calls it: what came with the second snapshot and is in the third.
    async growth(...files) {
      const { default: core } = await import(pathToFileURL(require.resolve('@memlab/core')).href)
      const { config, fileManager, analysis } = core
      config.useExternalSnapshot = true
      config.externalSnapshotFilePaths = files
      config.chaseWeakMapEdge = false
      const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-memlab-'))
      try {
        fileManager.initDirs(config, { workDir })
        return (await analysis.checkLeak()).length
      } finally {
        fs.rmSync(workDir, { recursive: true })
      }
    }
  },
  toolkit: {
    async compare(before, after) {
      const { parse, diff } = await import(pathToFileURL(require.resolve('heap-snapshot-toolkit')).href)
      const open = (file) => parse(fs.createReadStream(file, 'utf8'))
      return Object.keys(await diff(await open(before), await open(after))).length
    }
  }
}

async function memlabParse(file) {
  const { default: core } = await import(pathToFileURL(require.resolve('@memlab/core')).href)
  return core.utils.getSnapshotFromFile(file, { buildNodeIdIndex: true, verbose: false })
}

const [tool, task, ...files] = process.argv.slice(2)
const result = await TOOLS[tool][task](...files)
console.log(typeof result === 'number' ? result : 'done')
process.exit(0)
