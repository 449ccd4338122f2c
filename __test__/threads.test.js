'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { ROOT, runBody, runNode } = require('./helpers/child')

/**
 * In a fresh process; what its main thread returns, and what it printed.
 * @param {Function} body async, gets the tools below and `args`
 * @param {any[]} args plain data
 */
async function output(body, ...args) {
  const main = `(${withThreads.toString()})(${body.toString()}, ${JSON.stringify(args)})`
  const { code, signal, stdout, stderr } = await runNode(['-e', main])
  assert.equal(code, 0, `${signal} ${stderr}`)
  return { ...JSON.parse(stdout), stderr }
}

/** Runs in the child. */
async function withThreads(body, args) {
  const { Worker } = require('node:worker_threads')
  const holdover = require('./js/index.js')
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const prelude = `
    const { parentPort, threadId } = require('node:worker_threads')
    const holdover = require('./js/index.js')
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const bus = new (require('node:events').EventEmitter)().setMaxListeners(0)
    const leak = () => holdover.runJob('mail', () => bus.on('end', () => threadId))
  `
  /** A thread that runs `code`, told apart by what it posts; resolves at its first message, or when it ends. */
  const thread = (code) => {
    const worker = new Worker(`${prelude};(async () => { ${code} })()`, { eval: true })
    const ended = new Promise((resolve) => worker.on('exit', resolve))
    const said = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    said.catch(() => {})
    return { worker, ended, said }
  }
  console.log(JSON.stringify(await body({ holdover, thread, sleep }, ...args)))
}

const names = ({ jobs }) => jobs.map((job) => `${job.name} ${job.completed}`)

test('threads that start make one report, whichever of them is asked', async () => {
  const { inThread, inMain } = await output(async ({ holdover, thread }) => {
    const tracker = holdover.start({ name: 'mails', graceMs: 60, report: { everyMs: 0 } })
    for (let i = 0; i < 3; i++) holdover.runJob('main', () => {})
    tracker.report()
    const { worker, said } = thread(`
      const tracker = holdover.start({ graceMs: 60, report: { everyMs: 0 } })
      for (let i = 0; i < 5; i++) holdover.runJob('thread', () => {})
      parentPort.postMessage(tracker.report())
      setInterval(() => {}, 1_000)`)
    const inThread = await said
    const inMain = tracker.report()
    await worker.terminate()
    return { inThread, inMain }
  })
  for (const report of [inThread, inMain]) {
    assert.deepEqual(names(report), ['main 3', 'thread 5'])
    assert.equal(report.worker, 'mails')
    assert.deepEqual(
      report.notes.filter((note) => note.startsWith('thread ')),
      []
    )
    assert.deepEqual(
      report.threads.map((row) => [row.thread, row.jobsFinished]),
      [
        [0, 3],
        [1, 5]
      ]
    )
    const heaps = report.threads.reduce((sum, row) => sum + row.heapUsedBytes, 0)
    assert.equal(report.memory.heapUsedBytes, heaps)
    assert.ok(report.memory.rssBytes < 4 * heaps + 1e9, 'one resident set, not one per thread')
  }
})

// A grace of 20 ms: the second that the jobs take is fifty of them, and a leak of fewer than 500 jobs is called one after
// thirty.

test('a leak in every thread is one leak with the rate of one job; when its threads end it is gone', async () => {
  const { during, after } = await output(async ({ holdover, thread, sleep }) => {
    const tracker = holdover.start({ graceMs: 20, report: { everyMs: 0 } })
    const code = `
      holdover.start({ graceMs: 20, report: { everyMs: 0 } })
      for (let i = 0; i < 120; i++) { leak(); await sleep(10) }
      await sleep(300)
      parentPort.postMessage('done')
      setInterval(() => {}, 1_000)`
    const threads = [1, 2, 3].map(() => thread(code))
    await Promise.all(threads.map(({ said }) => said))
    const during = tracker.report()
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
    await sleep(50)
    return { during, after: tracker.report() }
  })
  const [leak, ...others] = during.leaks
  assert.deepEqual(others, [])
  assert.equal(leak.threads, 3)
  assert.equal(leak.jobsFinished, 360)
  assert.ok(Math.abs(leak.perJob - 1) < 0.02, `${leak.perJob}`)
  assert.ok(leak.count >= 357 && leak.count <= 360, `${leak.count}`)
  assert.deepEqual([after.verdict, after.leaks, names(after)], ['clean', [], ['mail 360']])
  assert.deepEqual(
    after.threads.map((row) => row.thread),
    [0]
  )
})

test('a leak that went with its thread is announced and printed again in the next thread', async () => {
  const { lines, seen } = await output(async ({ holdover, thread, sleep }) => {
    const lines = []
    const log = (text) => lines.push(text.split('\n')[0].replace(/L-\w+/, 'L'))
    const logger = { info: log, warn: log, error: log }
    const tracker = holdover.start({ graceMs: 20, report: { everyMs: 100, logger, format: 'text' } })
    const seen = []
    tracker.on('leak', (leak) => seen.push(leak.job))
    const code = `
      holdover.start({ report: { everyMs: 0 } })
      for (let i = 0; i < 120; i++) { leak(); await sleep(10) }
      await sleep(300)`
    for (let i = 0; i < 2; i++) {
      await thread(code).ended
      await sleep(200)
    }
    return { lines, seen }
  })
  assert.deepEqual(seen, ['mail', 'mail'])
  const kinds = lines.map((line) => /LEAKING|gone with its thread/.exec(line)?.[0]).filter(Boolean)
  assert.deepEqual(kinds, ['LEAKING', 'gone with its thread', 'LEAKING', 'gone with its thread'])
})

test('threads that end before a grace period is over are no evidence that nothing leaks', async () => {
  const { report } = await output(async ({ holdover, thread }) => {
    const tracker = holdover.start({ report: { everyMs: 0 } })
    const code = 'holdover.start(); for (let i = 0; i < 50; i++) leak()'
    for (let i = 0; i < 3; i++) await thread(code).ended
    return { report: tracker.report() }
  })
  assert.deepEqual([report.verdict, names(report)], ['inconclusive', ['mail 150']])
})

test('a leak in one of several threads says so, and counts against the jobs of all', async () => {
  const { report } = await output(async ({ holdover, thread }) => {
    const tracker = holdover.start({ graceMs: 20, report: { everyMs: 0 } })
    const code = (job) => `
      holdover.start({ graceMs: 20, report: { everyMs: 0 } })
      for (let i = 0; i < 120; i++) { ${job}; await sleep(10) }
      await sleep(300)
      parentPort.postMessage('done')
      setInterval(() => {}, 1_000)`
    const clean = "holdover.runJob('mail', () => {})"
    const threads = [code('leak()'), code(clean), code(clean), code(clean)].map((text) => thread(text))
    await Promise.all(threads.map(({ said }) => said))
    const report = tracker.report()
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
    return { report }
  })
  assert.equal(report.leaks.length, 1)
  assert.equal(report.leaks[0].threads, 1)
  assert.equal(report.leaks[0].jobsFinished, 480)
  assert.ok(Math.abs(report.leaks[0].perJob - 0.25) < 0.01, `${report.leaks[0].perJob}`)
})

test('a job that hangs in another thread is shown with its id and its thread', async () => {
  const { openJobs } = await output(async ({ holdover, thread }) => {
    const tracker = holdover.start({ graceMs: 60, report: { everyMs: 0 } })
    const { worker, said } = thread(`
      const tracker = holdover.start({ report: { everyMs: 0 } })
      holdover.runJob({ name: 'mail', id: 'Zürich 4711' }, async () => { await new Promise(() => {}) })
      await sleep(400)
      tracker.report()
      parentPort.postMessage('up')
      setInterval(() => {}, 1_000)`)
    await said
    const { openJobs } = tracker.report()
    await worker.terminate()
    return { openJobs }
  })
  assert.equal(openJobs.length, 1)
  const [{ job, jobId, thread }] = openJobs
  assert.deepEqual({ job, jobId, thread }, { job: 'mail', jobId: 'Zürich 4711', thread: 1 })
})

test('what the first thread said holds, and the others’ wishes are noted', async () => {
  const { worker, notes } = await output(async ({ holdover, thread }) => {
    const { worker, said } = thread(`
      ${"holdover.start({ name: 'first', graceMs: 60, report: { everyMs: 0 } })"}
      parentPort.postMessage('up')
      setInterval(() => {}, 1_000)`)
    await said
    const report = holdover.start({ name: 'second', graceMs: 70, report: { everyMs: 0 } }).report()
    await worker.terminate()
    return report
  })
  assert.equal(worker, 'first')
  assert.deepEqual(
    notes.filter((note) => note.startsWith('thread ')),
    [
      'thread 0 asked for graceMs 70: 60 holds, from the first thread that started',
      "thread 0 asked for name 'second': 'first' holds, from the first thread that started"
    ]
  )
})

test('the run outlives the thread that opened it, and ends with the last one', async () => {
  const { first, second, third } = await output(async ({ holdover, thread }) => {
    const { worker, said } = thread(`
      ${"holdover.start({ name: 'opener', graceMs: 60, report: { everyMs: 0 } })"}
      for (let i = 0; i < 4; i++) holdover.runJob('mail', () => {})
      parentPort.postMessage('up')
      setInterval(() => {}, 1_000)`)
    await said
    const tracker = holdover.start({ report: { everyMs: 0 } })
    await worker.terminate()
    const first = tracker.report()
    tracker.stop()
    const again = holdover.start({ name: 'again', report: { everyMs: 0 } })
    const second = again.report()
    again.stop()
    const { native } = require('./js/native.js')
    return { first, second, third: JSON.parse(native().ledgerStats()).threads }
  })
  assert.deepEqual([first.worker, names(first)], ['opener', ['mail 4']])
  assert.deepEqual([second.worker, names(second)], ['again', []])
  assert.equal(third, 0)
})

test('one thread prints for all, the next one goes on from there', async () => {
  const { printed } = await output(async ({ thread, sleep }) => {
    // Main never starts: the oldest thread prints, and it ends first.
    const code = (jobs) => `
      const log = (text) => parentPort.postMessage(threadId + ' ' + text.split('\\n')[0])
      const logger = { info: log, warn: log, error: log }
      holdover.start({ name: 'mails', graceMs: 20, report: { everyMs: 100, logger } })
      for (let i = 0; i < ${jobs}; i++) { leak(); await sleep(10) }
      await sleep(200)`
    const printed = []
    const threads = [thread(code(130)), thread(code(180))]
    for (const { worker } of threads) worker.on('message', (text) => printed.push(text))
    await Promise.all(threads.map(({ ended }) => ended))
    await sleep(50)
    return { printed }
  })
  const inFull = printed.filter((line) => line.includes('LEAKING'))
  assert.equal(inFull.length, 1, printed.join('\n'))
  assert.match(inFull[0], /^1 holdover LEAKING mails: 1 leak/)
  assert.ok(
    printed.every((line) => !line.startsWith('2 ') || / doubled: /.test(line)),
    printed.join('\n')
  )
})

test('events and print() work in every thread, also in one that does not print by itself', async () => {
  const { seen, stderr } = await output(async ({ holdover, thread, sleep }) => {
    const main = holdover.start({ name: 'mails', graceMs: 20, report: { everyMs: 60_000 } })
    const { ended, said } = thread(`
      const tracker = holdover.start({ report: { everyMs: 100 } })
      const seen = []
      tracker.on('leak', (leak) => seen.push(leak.job))
      for (let i = 0; i < 130; i++) { leak(); await sleep(10) }
      await sleep(200)
      tracker.print()
      parentPort.postMessage(seen)
      tracker.stop()`)
    const seen = await said
    await ended
    await sleep(50)
    main.stop()
    return { seen }
  })
  assert.deepEqual(seen, ['mail'])
  assert.equal(stderr.split('holdover LEAKING mails').length, 2, stderr)
})

const ENDINGS = {
  return: '',
  exit: 'process.exit(0)',
  throw: "throw new Error('expected')",
  terminate: "parentPort.postMessage('up'); setInterval(() => {}, 1_000)"
}

for (const [ending, code] of Object.entries(ENDINGS)) {
  test(`a thread that ends by ${ending} leaves its finished jobs, and nothing of it is left over`, async () => {
    const { report, bytes } = await output(
      async ({ holdover, thread }, ending, code) => {
        const { native } = require('./js/native.js')
        const bytes = () => JSON.parse(native().ledgerStats()).bytes
        const tracker = holdover.start({ graceMs: 60_000, report: { everyMs: 0 } })
        const once = async () => {
          const { worker, ended, said } = thread(
            `holdover.start({ report: { everyMs: 0 } })
             for (let i = 0; i < 20; i++) leak()
             try { holdover.runJob('mail', () => { throw new Error() }) } catch {}
             ${code}`
          )
          if (ending === 'terminate') said.then(() => worker.terminate())
          worker.on('error', () => {})
          await ended
        }
        await once()
        tracker.report()
        const before = bytes()
        for (let i = 0; i < 5; i++) await once()
        return { report: tracker.report(), bytes: bytes() - before }
      },
      ending,
      code
    )
    // Its jobs were all within their grace period, and no pass had been made.
    assert.deepEqual(report.jobs, [{ name: 'mail', completed: 120, failed: 6, timedOut: 0, open: 0 }])
    assert.deepEqual([report.leaks, report.kept, report.threads.length], [[], [], 1])
    // The text of a call site or two that was not sampled before; what is kept for one thread is more.
    assert.ok(bytes < 512, `${bytes}`)
  })
}

test('main may end the process while threads work', async () => {
  const { code, signal, stderr } = await runBody(async () => {
    const { Worker } = require('node:worker_threads')
    holdover.start({ graceMs: 10, report: { everyMs: 100 } })
    const busy = `
      const holdover = require('./js/index.js')
      holdover.start()
      const bus = new (require('node:events').EventEmitter)().setMaxListeners(0)
      require('node:worker_threads').parentPort.postMessage('up')
      setInterval(() => { for (let i = 0; i < 50; i++) holdover.runJob('mail', () => bus.on('end', () => i)) }, 1)`
    const threads = Array.from({ length: 4 }, () => new Worker(busy, { eval: true }))
    await Promise.all(threads.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
    setTimeout(() => process.exit(7), 100)
  })
  assert.deepEqual([code, signal], [7, null], stderr)
})

for (const flag of ['--require', '--import']) {
  test(`${flag} holdover/register arms every thread, and one report comes out`, async () => {
    const script = `
      const { Worker, isMainThread, parentPort, threadId } = require('node:worker_threads')
      const holdover = require('./js/index.js')
      const tracker = holdover.start()
      for (let i = 0; i < 10 + threadId; i++) holdover.runJob('mail', () => {})
      if (isMainThread) {
        const worker = new Worker(process.env.SCRIPT, { eval: true })
        worker.on('message', () => {
          console.log(JSON.stringify(tracker.report()))
          process.exit(0)
        })
      } else {
        tracker.report()
        parentPort.postMessage('up')
        setInterval(() => {}, 1_000)
      }`
    const env = {
      SCRIPT: script,
      HOLDOVER_NAME: 'mails',
      HOLDOVER_GRACE_MS: '60',
      HOLDOVER_REPORT_EVERY_MS: '0'
    }
    const { code, stdout, stderr } = await runNode([flag, `${ROOT}/js/register.js`, '-e', script], { env })
    assert.equal(code, 0, stderr)
    const report = JSON.parse(stdout)
    assert.deepEqual([report.worker, names(report), report.threads.length], ['mails', ['mail 21'], 2])
  })
}

test('a check stays a run of its own thread', async () => {
  const { checked, jobs } = await output(async ({ holdover, thread }) => {
    const tracker = holdover.start({ graceMs: 60, report: { everyMs: 0 } })
    holdover.runJob('main', () => {})
    const { said } = thread(`
      holdover.start({ report: { everyMs: 0 } })
      const report = await holdover.check(() => bus.on('end', () => {}), { name: 'checked', timeoutMs: 20_000 })
      parentPort.postMessage(report)`)
    const checked = await said
    return { checked, jobs: tracker.report().jobs }
  })
  assert.deepEqual([checked.verdict, checked.threads, checked.leaks[0].perJob], ['leaks', [], 1])
  assert.deepEqual(
    jobs.map((job) => job.name),
    ['main']
  )
})
