'use strict'

const { describe, test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawn } = require('node:child_process')
const { ROOT, runNode } = require('./helpers/child')

const REGISTER = path.join(ROOT, 'js', 'register.js')
const QUICK = { HOLDOVER_GRACE_MS: '20', HOLDOVER_REPORT_EVERY_MS: '0', HOLDOVER_REPORT_FORMAT: 'json' }
const AT_EXIT = { ...QUICK, HOLDOVER_REPORT_AT_EXIT: 'true' }
/** Addons have to be allowed since the permission model is there; it came as an experiment. */
const PERMISSION =
  Number(process.versions.node.split('.')[0]) < 22 ? '--experimental-permission' : '--permission'

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-register-')))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

/** A worker of 30 jobs that knows nothing of the preload. @param {string} name @param {string} then */
function worker(name, then) {
  const file = path.join(folder, name)
  const load = name.endsWith('.mjs')
    ? `import holdover from ${JSON.stringify(path.join(ROOT, 'js', 'index.js'))}\n`
    : `const holdover = require(${JSON.stringify(ROOT)})\n`
  const jobs = `for (let i = 0; i < 30; i++) holdover.runJob('mail', () => {})\n`
  fs.writeFileSync(file, load + jobs + then)
  return file
}

const ends = worker('ends.js', `setTimeout(() => console.log('done'), 80)\n`)
const preloaded = (/** @type {string} */ file, env = AT_EXIT, flags = ['--require', REGISTER]) =>
  runNode([...flags, file], { env })

/** The reports in what a process printed, one a line. @param {string} stderr */
function reports(stderr) {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line).holdover)
}
const finished = (report) => report.jobs.map(({ name, completed }) => `${name} ${completed}`)

describe('holdover/register', { concurrency: 2 }, () => {
  const esm = worker('ends.mjs', `setTimeout(() => console.log('done'), 80)\n`)
  for (const [flag, file] of [
    ['--require', ends],
    ['--import', ends],
    ['--require', esm],
    ['--import', esm]
  ]) {
    test(`${flag}, ${path.extname(file)}: the jobs of a worker that never calls start, one report at its end`, async () => {
      const { code, stdout, stderr } = await preloaded(file, AT_EXIT, [flag, REGISTER])
      assert.deepEqual([code, stdout], [0, 'done\n'], stderr)
      const [report, ...others] = reports(stderr)
      assert.deepEqual(others, [])
      assert.deepEqual([report.verdict, finished(report)], ['clean', ['mail 30']])
    })
  }

  test('nothing is printed that was not asked for', async () => {
    assert.deepEqual(await preloaded(ends, QUICK), { code: 0, signal: null, stdout: 'done\n', stderr: '' })
  })

  for (const [how, then, code] of [
    ['process.exit', 'process.exit(7)', 7],
    ['process.exitCode', 'process.exitCode = 5', 5],
    ['an error that nobody catches', "setTimeout(() => { throw new Error('oops') }, 40)", 1],
    ['a rejection that nobody catches', "Promise.reject(new Error('oops'))", 1]
  ]) {
    test(`it ends by ${how}: the report, and its own exit code`, async () => {
      const result = await preloaded(worker(`exit-${code}-${how.length}.js`, then))
      assert.equal(result.code, code, result.stderr)
      assert.deepEqual(reports(result.stderr).map(finished), [['mail 30']])
    })
  }

  test('stop() prints the report at once, and leaves no listener', async () => {
    const file = worker(
      'stops.js',
      `const before = [process.listenerCount('exit'), process.getMaxListeners()]
      holdover.start().stop()
      console.log(JSON.stringify([before, [process.listenerCount('exit'), process.getMaxListeners()]]))
      holdover.runJob('late', () => {})`
    )
    const { stdout, stderr } = await preloaded(file)
    const [[listeners, max], after] = JSON.parse(stdout)
    assert.deepEqual(after, [listeners - 1, max - 1])
    assert.deepEqual(reports(stderr).map(finished), [['mail 30']])
  })

  test('ten listeners for exit of the program are still no reason for a warning', async () => {
    const file = worker('ten.js', "for (let i = 0; i < 10; i++) process.on('exit', () => i)")
    const { stderr } = await preloaded(file)
    assert.doesNotMatch(stderr, /MaxListenersExceededWarning/)
    const eleven = worker('eleven.js', "for (let i = 0; i < 11; i++) process.on('exit', () => i)")
    assert.match(
      (await preloaded(eleven)).stderr,
      /MaxListenersExceededWarning.* 11 exit listeners|12 exit listeners/
    )
  })

  test('a variable that is wrong ends the process with its name and what it may be', async () => {
    for (const [variable, value, words] of [
      ['HOLDOVER_REPORT_AT_EXIT', 'maybe', /option 'report\.atExit' must be true or false, got 'maybe'/],
      [
        'HOLDOVER_REPORT_SIGNAL',
        'SIGUSR1',
        /option 'report\.signal' must be one of SIGUSR2, .*, got 'SIGUSR1'/
      ],
      ['HOLDOVER_REPORT_SIGNAL', 'SIGKILL', /got 'SIGKILL'/]
    ]) {
      const { code, stderr } = await preloaded(ends, { [variable]: value })
      assert.equal(code, 1)
      assert.match(stderr, words)
    }
  })
})

/** A running process, and what it has printed. @param {string} file @param {Record<string, string>} env */
function started(file, env) {
  const child = spawn(process.execPath, ['--require', REGISTER, file], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...QUICK, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (part) => {
    stdout += part
  })
  child.stderr.on('data', (part) => {
    stderr += part
  })
  const end = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  )
  /** Resolves when it has printed so. @param {RegExp} pattern @returns {Promise<void>} */
  const said = async (pattern) => {
    while (!pattern.test(stdout + stderr)) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { child, end, said }
}

describe('a report on a signal', {
  concurrency: 2,
  skip: process.platform === 'win32' && 'Windows has no such signals'
}, () => {
  const waits = worker('waits.js', `console.log('ready'); setTimeout(() => {}, 60_000)`)

  test('the process prints each time, goes on, and other signals do what they always did', async () => {
    const { child, end, said } = started(waits, { HOLDOVER_REPORT_SIGNAL: 'SIGUSR2' })
    await said(/ready/)
    child.kill('SIGUSR2')
    await said(/"holdover":[^\n]*\n/)
    child.kill('SIGUSR2')
    await said(/"holdover":[^\n]*\n[^\n]*"holdover":[^\n]*\n/)
    child.kill('SIGTERM')
    const { signal, stderr } = await end
    assert.equal(signal, 'SIGTERM')
    assert.deepEqual(reports(stderr).map(finished), [['mail 30'], ['mail 30']])
  })

  test('without the option the same signal ends the process, as ever', async () => {
    const { child, end, said } = started(waits, {})
    await said(/ready/)
    child.kill('SIGUSR2')
    const { signal, stderr } = await end
    assert.deepEqual([signal, stderr], ['SIGUSR2', ''])
  })

  test('waiting for a signal keeps no process alive', async () => {
    const startedAt = Date.now()
    const { end } = started(ends, { HOLDOVER_REPORT_SIGNAL: 'SIGUSR2' })
    assert.equal((await end).code, 0)
    assert.ok(Date.now() - startedAt < 20_000)
  })

  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) {
    test(`${name}: the report, and then the end, as without holdover`, async () => {
      const { child, end, said } = started(waits, { HOLDOVER_REPORT_SIGNAL: name })
      await said(/ready/)
      child.kill(/** @type {NodeJS.Signals} */ (name))
      const { signal, stderr } = await end
      assert.equal(signal, name)
      assert.deepEqual(reports(stderr).map(finished), [['mail 30']])
    })
  }

  for (const way of ['on', 'once', 'prependListener']) {
    test(`SIGTERM where the program listens by ${way}: the report, and the program ends as it wants to`, async () => {
      const file = worker(
        `own-${way}.js`,
        `process.${way}('SIGTERM', () => setTimeout(() => { console.log('clean end'); process.exit(0) }, 50))
        console.log('ready'); setTimeout(() => {}, 60_000)`
      )
      const { child, end, said } = started(file, { HOLDOVER_REPORT_SIGNAL: 'SIGTERM' })
      await said(/ready/)
      child.kill('SIGTERM')
      const { code, stdout, stderr } = await end
      assert.deepEqual([code, stdout], [0, 'ready\nclean end\n'])
      assert.equal(reports(stderr).length, 1)
    })
  }
})

describe('threads of a preloaded process', { concurrency: 2 }, () => {
  const inThread = worker(
    'in-thread.js',
    `require('node:worker_threads').parentPort.postMessage('done')
    setTimeout(() => {}, 120)`
  )
  const code = JSON.stringify(fs.readFileSync(inThread, 'utf8'))
  const flags = (/** @type {string} */ flag) =>
    `{ execArgv: [${JSON.stringify(flag)}, ${JSON.stringify(REGISTER)}] }`
  const file = JSON.stringify(inThread)
  const [armed, bare] = ['mail 60', 'mail 30']
  for (const [what, thread, expected] of [
    ['a file', `new Worker(${file})`, { '--require': armed, '--import': armed }],
    // Node 20 to 26 import nothing there.
    ['code', `new Worker(${code}, { eval: true })`, { '--require': armed, '--import': bare }],
    [
      'its own --require',
      `new Worker(${file}, ${flags('--require')})`,
      { '--require': armed, '--import': armed }
    ],
    [
      'its own --import',
      `new Worker(${file}, ${flags('--import')})`,
      { '--require': armed, '--import': armed }
    ],
    ['no flags of its own', `new Worker(${file}, { execArgv: [] })`, { '--require': bare, '--import': bare }]
  ]) {
    test(`a thread of ${what}`, async () => {
      const main = worker(
        `main-${what.replace(/\W/g, '-')}.js`,
        `const { Worker } = require('node:worker_threads')
        const thread = ${thread}
        thread.on('message', (said) => console.log(said))
        thread.on('error', (error) => console.log(error.message))`
      )
      for (const [flag, jobs] of Object.entries(expected)) {
        const { stdout, stderr } = await preloaded(main, AT_EXIT, [flag, REGISTER])
        assert.equal(stdout, 'done\n', stderr)
        assert.deepEqual(reports(stderr).map(finished), [[jobs]], flag)
      }
    })
  }

  test('where only a thread starts, it prints at its own end', async () => {
    const file = path.join(folder, 'only-thread.js')
    const inner = `const holdover = require(${JSON.stringify(ROOT)}); holdover.start()
      for (let i = 0; i < 30; i++) holdover.runJob('mail', () => {})`
    fs.writeFileSync(
      file,
      `new (require('node:worker_threads').Worker)(${JSON.stringify(inner)}, { eval: true })`
    )
    const { stderr } = await runNode([file], { env: AT_EXIT })
    assert.deepEqual(reports(stderr).map(finished), [['mail 30']])
  })
})

describe('where Node is started in other ways', { concurrency: 2 }, () => {
  const off = { ...AT_EXIT, HOLDOVER: 'off', HOLDOVER_REPORT_SIGNAL: 'SIGUSR2' }

  test('HOLDOVER=off wins: no listener, no line, no binary', async () => {
    const file = worker(
      'off.js',
      `console.log(process.listenerCount('exit'), process.listenerCount('SIGUSR2'), process.getMaxListeners())
      console.log(Object.keys(require.cache).filter((name) => name.endsWith('.node')).length)`
    )
    const bare = await runNode([file], { env: off })
    const { stdout, stderr } = await preloaded(file, off)
    assert.deepEqual([stdout, stderr], [bare.stdout, ''])
    assert.match(stdout, /^0 0 10\n0\n$/)
  })

  const read = [`--allow-fs-read=${ROOT}/*`, `--allow-fs-read=${folder}/*`]
  for (const [what, flags] of [
    ['--no-addons', ['--no-addons']],
    [PERMISSION, [PERMISSION, ...read]]
  ]) {
    test(`${what}: the worker works as without holdover; one line says why there is no verdict`, async () => {
      const quiet = await preloaded(ends, QUICK, [...flags, '--no-warnings', '--require', REGISTER])
      assert.deepEqual([quiet.code, quiet.stdout], [0, 'done\n'], quiet.stderr)
      assert.match(quiet.stderr, /^holdover no verdict: .*loading addons is disabled.*--allow-addons\.\n$/)
      const asked = await preloaded(ends, AT_EXIT, [...flags, '--no-warnings', '--require', REGISTER])
      assert.equal(
        asked.stderr,
        quiet.stderr + quiet.stderr,
        'once more where a report at the end was asked for'
      )
    })
  }

  test(`${PERMISSION} with --allow-addons: it reports`, async () => {
    const flags = [PERMISSION, ...read, '--allow-addons', '--no-warnings', '--require', REGISTER]
    const { code, stdout, stderr } = await preloaded(ends, AT_EXIT, flags)
    assert.deepEqual([code, stdout], [0, 'done\n'], stderr)
    assert.deepEqual(reports(stderr).map(finished), [['mail 30']])
  })

  test('--inspect: it reports', async () => {
    const flags = ['--inspect=127.0.0.1:0', '--require', REGISTER]
    const { code, stdout, stderr } = await preloaded(ends, AT_EXIT, flags)
    assert.deepEqual([code, stdout], [0, 'done\n'], stderr)
    assert.match(stderr, /Debugger listening on ws:/)
    assert.deepEqual(reports(stderr).map(finished), [['mail 30']])
  })
})
