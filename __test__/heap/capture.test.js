'use strict'

const { describe, test, beforeEach, afterEach } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFile } = require('node:child_process')
const { promisify } = require('node:util')
const { heap } = require('../../js')
const { ROOT, runBody } = require('../helpers/child')

const MAJOR = Number(process.versions.node.split('.')[0])

class Parcel {
  constructor(text) {
    this.text = text
  }
}

/** In a variable of a function, and so on a path that can be told. @type {any[]} */
const kept = []

/** @type {string} */
let folder
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-capture-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

/** What a promise rejects with. @param {Promise<unknown>} promise @returns {Promise<any>} */
async function rejection(promise) {
  return promise.then(
    () => assert.fail('it resolved'),
    (error) => error
  )
}

describe('a snapshot of this process', () => {
  test('shows what came since an earlier one and what holds it, and no more once that is gone', async () => {
    const before = await heap.takeSnapshot()
    for (let i = 0; i < 500; i++) kept.push(new Parcel(`text ${i}`))
    const after = await heap.takeSnapshot()
    const { files, classes, holdings } = await heap.compare(before, after, { paths: true })
    assert.deepEqual(files, { before: null, after: null })
    const grown = classes.find((row) => row.name === 'Parcel')
    assert.equal(grown.countDelta, 500)
    assert.equal(grown.place.file, __filename)
    const held = holdings.find((row) => row.headClass === 'Parcel')
    assert.deepEqual([held.heads, held.path[held.suspectFrom].edgeName], [500, 'kept'])

    kept.length = 0
    const gone = await heap.compare(before, await heap.takeSnapshot())
    assert.equal(
      gone.classes.find((row) => row.name === 'Parcel'),
      undefined
    )
  })

  test('can stand for a file wherever snapshots are asked about', async () => {
    const jobs = [10, 20, 30]
    const taken = []
    for (const count of jobs) {
      while (kept.length < count) kept.push(new Parcel('text'))
      taken.push(await heap.takeSnapshot())
    }
    const { snapshots, keepers } = await heap.growth(taken, { jobs })
    assert.deepEqual(
      snapshots.map(({ file, nodes }) => [file, nodes]),
      taken.map(({ nodes }) => [null, nodes])
    )
    assert.deepEqual(
      keepers.filter((row) => row.of.name === 'Parcel').map((row) => [row.status, row.perJob]),
      [['grows', 1]]
    )
    const { file, objects, retainers } = await heap.retainers(taken[2], { class: 'Parcel' })
    assert.deepEqual([file, objects], [null, 30])
    assert.equal(retainers[0].path[retainers[0].suspectFrom].edgeName, 'kept')
    kept.length = 0
  })

  test('says what it took and holds, and no other text than that of names', async () => {
    const snapshot = await heap.takeSnapshot()
    const route = process.platform === 'linux' ? 'pipe' : snapshot.route
    assert.deepEqual([snapshot.file, snapshot.route], [null, route])
    assert.ok(snapshot.nodes > 20_000 && snapshot.edges > snapshot.nodes, JSON.stringify(snapshot))
    assert.ok(snapshot.bytes > 17 * snapshot.nodes && snapshot.bytes < 100 * snapshot.nodes)
    assert.ok(snapshot.pauseMs > 0)
    const { nodes, memoryBytes, availableBytes } = snapshot.predicted
    assert.ok(nodes > snapshot.nodes / 2 && nodes < snapshot.nodes * 5, `${nodes} for ${snapshot.nodes}`)
    assert.ok(memoryBytes > snapshot.bytes && availableBytes > 0)
  })

  test('is in a file as well, whole and for this user alone, and the file says the same', async () => {
    const file = path.join(folder, 'now.heapsnapshot')
    fs.writeFileSync(file, 'an older one')
    const snapshot = await heap.takeSnapshot({ file })
    assert.equal(snapshot.file, file)
    assert.deepEqual(fs.readdirSync(folder), ['now.heapsnapshot'])
    if (process.platform !== 'win32') assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    assert.equal(JSON.parse(fs.readFileSync(file, 'utf8')).snapshot.node_count, snapshot.nodes)
    const [open, compare] = [await heap.open(snapshot), await heap.compare(snapshot, file)]
    assert.deepEqual(open, await heap.open(file))
    assert.deepEqual(compare.classes, [])
  })

  test('is freed by close, which what is under way survives', async () => {
    const snapshot = await heap.takeSnapshot()
    const summary = heap.open(snapshot)
    snapshot.close()
    assert.equal(snapshot.bytes, 0)
    assert.ok((await summary).classes.length > 0)
    assert.equal((await rejection(heap.open(snapshot))).code, 'HOLDOVER_SNAPSHOT_CLOSED')
    assert.equal((await rejection(heap.compare(snapshot, snapshot))).code, 'HOLDOVER_SNAPSHOT_CLOSED')
    snapshot.close()
  })

  test('is freed when nobody has it any more', async () => {
    const { stdout, stderr } = await runBody(async () => {
      const { collect } = require('./js/collect')
      const taken = async () => (await holdover.heap.takeSnapshot()).bytes
      const bytes = await taken()
      // Until it is collected V8 counts it as external memory.
      const external = []
      for (let i = 0; i < 5; i++) {
        await taken()
        await collect()
        await collect()
        external.push(process.memoryUsage().external)
      }
      console.log(JSON.stringify({ bytes, external }))
    })
    assert.equal(stderr, '')
    const { bytes, external } = JSON.parse(stdout)
    assert.ok(Math.max(...external) - Math.min(...external) < bytes / 2, stdout)
  })

  test('never shows the contents of strings', async () => {
    const before = await heap.takeSnapshot()
    for (let i = 0; i < 200; i++) kept.push(Buffer.from(`hunter${i}-secret`).toString('latin1'))
    const after = await heap.takeSnapshot()
    const comparison = await heap.compare(before, after, { paths: true })
    assert.ok(comparison.holdings.some((row) => row.headClass === '(string)' && row.heads === 200))
    const { comparisonText, summaryText } = require('../../js/reporters/heap-table')
    const summary = await heap.open(after)
    const limits = { rows: Number.POSITIVE_INFINITY, all: true }
    const said = [comparison, summary, comparisonText(comparison, limits), summaryText(summary, limits)]
    assert.doesNotMatch(JSON.stringify(said), /hunter\d+-secret/)
    kept.length = 0
  })
})

describe('captures leave nothing behind', () => {
  test('no descriptor, no thread and no file after twenty, and as many that fail', async () => {
    const { stdout, stderr } = await runBody(async () => {
      const { readdirSync, mkdtempSync } = require('node:fs')
      const folder = mkdtempSync(`${require('node:os').tmpdir()}/holdover-capture-`)
      const file = `${folder}/a.heapsnapshot`
      const count = () => [readdirSync('/proc/self/fd').length, readdirSync('/proc/self/task').length]
      ;(await holdover.heap.takeSnapshot()).close()
      const before = count()
      for (let i = 0; i < 20; i++) (await holdover.heap.takeSnapshot(i % 2 ? { file } : {})).close()
      for (let i = 0; i < 20; i++)
        await holdover.heap.takeSnapshot({ file: folder }).then(process.abort, () => {})
      console.log(JSON.stringify([before, count(), readdirSync(folder)]))
    })
    assert.equal(stderr, '')
    const [before, after, files] = JSON.parse(stdout)
    assert.deepEqual(after, before)
    assert.deepEqual(files, ['a.heapsnapshot'])
  })

  test('several at once wait for each other, also those of other threads', async () => {
    const { stdout, stderr } = await runBody(async () => {
      const { Worker } = require('node:worker_threads')
      const source = `const { heap } = require(${JSON.stringify(process.cwd())})
        Promise.all([heap.takeSnapshot(), heap.takeSnapshot()]).then((all) =>
          require('node:worker_threads').parentPort.postMessage(all.map((snapshot) => snapshot.nodes)))`
      const workers = [1, 2].map(() => new Worker(source, { eval: true }))
      const answers = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)))
      const own = await Promise.all([1, 2, 3].map(() => holdover.heap.takeSnapshot()))
      console.log(JSON.stringify([own.map((snapshot) => snapshot.nodes), ...(await Promise.all(answers))]))
    })
    assert.equal(stderr, '')
    const nodes = JSON.parse(stdout)
    assert.deepEqual(
      nodes.map((all) => all.length),
      [3, 2, 2]
    )
    assert.ok(
      nodes.flat().every((count) => count > 20_000),
      stdout
    )
  })

  test('a thread that is ended while it takes one gives the turn back', async () => {
    const { code, stdout, stderr } = await runBody(async () => {
      const { Worker } = require('node:worker_threads')
      const { readdirSync } = require('node:fs')
      const count = () => readdirSync('/proc/self/fd').length
      const source = `const { heap } = require(${JSON.stringify(process.cwd())})
        const { parentPort } = require('node:worker_threads')
        parentPort.postMessage('ready')
        ;(async () => { for (;;) (await heap.takeSnapshot()).close() })()`
      let before = 0
      for (let i = 0; i < 8; i++) {
        const worker = new Worker(source, { eval: true })
        await new Promise((resolve) => worker.once('message', resolve))
        await new Promise((resolve) => setTimeout(resolve, 40 * i))
        await worker.terminate()
        // Node itself opens something with the first one.
        if (i === 0) before = count()
      }
      const { nodes } = await holdover.heap.takeSnapshot()
      console.log(JSON.stringify([nodes > 20_000, count() - before]))
    })
    assert.deepEqual([code, stderr, stdout], [0, '', '[true,0]\n'])
  })
})

describe('what goes wrong is an error with a code, and the process lives', () => {
  const cut = { skip: process.platform === 'win32' && 'no ulimit' }

  test('the disk is full: what was written is removed', cut, async () => {
    for (const route of ['pipe', 'file']) {
      const script = `
        const fs = require('node:fs')
        const { heap } = require(${JSON.stringify(ROOT)})
        if (${JSON.stringify(route)} === 'file') {
          const native = require(${JSON.stringify(path.join(ROOT, 'js/native'))}).native()
          const begin = native.beginCapture
          native.beginCapture = (file) => begin(file, false)
        }
        const fds = () => fs.readdirSync('/proc/self/fd').length
        heap.takeSnapshot().catch(() => {}).then(async () => {
          const before = fds()
          const error = await heap.takeSnapshot({ file: ${JSON.stringify(path.join(folder, 'a'))} }).catch((error) => error)
          const left = fds() - before
          console.log(error.code, error.message)
          console.log(left)
        })`
      const { stdout, stderr } = await promisify(execFile)('sh', [
        '-c',
        'ulimit -f 1000; exec "$0" -e "$1"',
        process.execPath,
        script
      ])
      assert.equal(stderr, '')
      const [said, fds] = stdout.split('\n')
      if (route === 'pipe') {
        assert.match(
          said,
          /^HOLDOVER_SNAPSHOT_FILE .*holdover-capture-\w+\/a cannot be written: File too large/
        )
        assert.equal(fds, '0')
      } else {
        // The descriptor is Node's, which forgets it (20 to 26).
        assert.match(said, /^HOLDOVER_SNAPSHOT_TAKE V8 took no snapshot: EFBIG/)
      }
      assert.deepEqual(fs.readdirSync(folder), [])
    }
  })

  test('a folder that is not there, is a file, or stands where the file should', async () => {
    fs.writeFileSync(path.join(folder, 'file'), '')
    for (const file of ['missing/a', 'file/a', '.', '/dev/full']) {
      const error = await rejection(heap.takeSnapshot({ file: path.resolve(folder, file) }))
      assert.equal(error.code, 'HOLDOVER_SNAPSHOT_FILE', error.message)
      assert.match(error.message, /cannot be written: /)
    }
    assert.deepEqual(fs.readdirSync(folder), ['file'])
  })

  test('where Node may not write to the pipe it goes by way of a file', async () => {
    const flag = MAJOR === 20 ? '--experimental-permission' : '--permission'
    const script = `
      const { heap } = require(${JSON.stringify(ROOT)})
      heap.takeSnapshot().then(
        ({ route, nodes }) => console.log(route, nodes > 20000),
        ({ code, message }) => console.log(code, message))`
    const run = async (/** @type {string} */ writable) => {
      const args = [
        flag,
        '--allow-addons',
        '--no-warnings',
        '--allow-fs-read=*',
        `--allow-fs-write=${writable}`,
        '-e',
        script
      ]
      const env = { ...process.env, TMPDIR: folder }
      return (await promisify(execFile)(process.execPath, args, { env })).stdout
    }
    assert.equal(await run(`${folder}/*`), 'file true\n')
    assert.match(await run('/nowhere'), /^HOLDOVER_SNAPSHOT_TAKE V8 took no snapshot: /)
    assert.deepEqual(fs.readdirSync(folder), [])
  })

  test('arguments, and HOLDOVER=off', async () => {
    for (const [options, problem] of /** @type {Array<[any, string]>} */ ([
      ['a', "options must be an object, got 'a'"],
      [{ file: '' }, "file must be a path, got ''"],
      [{ file: 7 }, 'file must be a path, got 7'],
      [{ force: 1 }, 'force must be true or false, got 1'],
      [{ maxPauseMs: -1 }, 'maxPauseMs must be milliseconds from 0, got -1']
    ])) {
      const error = await rejection(heap.takeSnapshot(options))
      assert.deepEqual([error.code, error.message], ['HOLDOVER_ARG', `heap.takeSnapshot: ${problem}`])
    }
    const off = () => holdover.heap.takeSnapshot().catch((error) => console.log(error.code))
    assert.equal((await runBody(off, { env: { HOLDOVER: 'off' } })).stdout, 'HOLDOVER_OFF\n')
  })
})

describe('what a snapshot would cost', () => {
  const { costOf, objection } = require('../../js/heap/cost')
  const GB = 1e9

  test('is refused where memory would not suffice, with the figures', () => {
    assert.equal(objection(costOf(0.1 * GB, 3 * GB), Number.POSITIVE_INFINITY), null)
    assert.equal(
      objection(costOf(0.2 * GB, 3 * GB), Number.POSITIVE_INFINITY),
      'about 4,761,905 objects take up to 4.33 GB of memory while V8 takes it, and 3.00 GB are available'
    )
  })

  test('is refused for the pause only where somebody set a limit', async () => {
    assert.match(String(objection(costOf(0.1 * GB, 9 * GB), 1_000)), /stop the thread for about 7,143 ms/)
    const error = await rejection(heap.takeSnapshot({ maxPauseMs: 1 }))
    assert.equal(error.code, 'HOLDOVER_SNAPSHOT_TOO_COSTLY')
    assert.match(
      error.message,
      /about [\d,]+ objects stop the thread for about [\d,]+ ms, and maxPauseMs is 1\. `force/
    )
    assert.ok(error.predicted.pauseMs > 1)
    const forced = await heap.takeSnapshot({ maxPauseMs: 1, force: true })
    assert.ok(forced.nodes > 0)
  })
})
