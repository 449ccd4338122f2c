'use strict'

/**
 * A program tells what it sees of its own process, once without holdover and once with it, started, reporting, and
 * its work run as jobs. It must tell the same.
 */

const { test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { runNode, ROOT } = require('../helpers/child')

const INDEX = JSON.stringify(path.join(ROOT, 'js', 'index.js'))
/** Passes and reports as often as they can be, and no text of theirs. */
const START = `holdover.start({ graceMs: 10, budget: 1, report: { everyMs: 100, logger } })`

/** `job(fn)` runs work, as a job where there is holdover; `reports()` says how much that has logged. */
const PRELUDES = {
  without: `
    const job = (fn) => fn()
    const reports = () => 1`,
  with: `
    const holdover = require(${INDEX})
    let logged = 0
    const logger = { info: () => logged++, warn: () => logged++, error: () => logged++ }
    const tracker = ${START}
    tracker.on('report', () => logged++)
    const job = (fn) => holdover.runJob('job', fn)
    const reports = () => logged`
}

/** What all programs use. */
const TOOLS = `
  const { EventEmitter } = require('node:events')
  const { setTimeout: sleep } = require('node:timers/promises')
  const said = []
  const say = (...words) => said.push(words)
  process.on('exit', (code) => {
    say('exit', code)
    require('node:fs').writeSync(1, JSON.stringify(said))
  })`

/** @param {keyof typeof PRELUDES} prelude @param {Function} program */
async function tell(prelude, program) {
  const script = `${PRELUDES[prelude]};${TOOLS};(${program.toString()})()`
  const { code, signal, stdout, stderr } = await runNode(['-e', script])
  assert.notEqual(stdout, '', stderr)
  return { code, signal, said: JSON.parse(stdout), stderr }
}

/** Lines of an error or a warning, without frames, ids, and the place in this test's own script. @param {string} text */
function words(text) {
  return text
    .split('\n')
    .filter((line) => !/^ {4}at |^\[eval\]:|^\(Use /.test(line))
    .map((line) => line.replace(/\(node:\d+\)/, '(node)'))
    .filter((line) => !line.includes('writeSync'))
}

/**
 * @param {string} what
 * @param {Function} program
 * @param {any[][] | ((said: any[][]) => boolean)} expected of a bare Node: the program shows what it is meant to show
 */
function sameAsWithout(what, program, expected) {
  test(`with holdover as without: ${what}`, async () => {
    const bare = await tell('without', program)
    if (typeof expected === 'function') assert.ok(expected(bare.said), JSON.stringify(bare.said))
    else assert.deepEqual(bare.said, expected)
    const observed = await tell('with', program)
    assert.deepEqual(observed.said, bare.said)
    assert.deepEqual([observed.code, observed.signal], [bare.code, bare.signal])
    assert.deepEqual(words(observed.stderr), words(bare.stderr))
  })
}

/* The programs run in a child, where job, say, sleep, EventEmitter and reports are. */
/* global job, say, sleep, EventEmitter, reports */

sameAsWithout('an idle program ends at once', () => setInterval(() => say('still alive'), 50).unref(), [
  ['exit', 0]
])

sameAsWithout('a program ends when its last timer has fired, though reports are on', async () => {
  for (let i = 0; i < 40 || reports() === 0; i++) await job(() => sleep(5))
  say('reported', reports() > 0)
  // Nothing that keeps the loop alive is left: it ends before this fires.
  setInterval(() => say('still alive'), 20).unref()
}, [
  ['reported', true],
  ['exit', 0]
])

sameAsWithout("'beforeExit' comes as often, also where it starts new work", () => {
  let turns = 0
  process.on('beforeExit', () => {
    say('beforeExit')
    if (++turns < 3) job(() => setTimeout(() => new EventEmitter().on('x', () => {}), 30))
  })
  job(() => {})
}, [['beforeExit'], ['beforeExit'], ['beforeExit'], ['exit', 0]])

sameAsWithout('active resources, before, in and after a job, and after passes', async () => {
  const look = (when) => say(when, process.getActiveResourcesInfo().sort().join())
  look('start')
  const bus = new EventEmitter()
  job(() => {
    bus.on('x', () => {})
    clearTimeout(setTimeout(() => {}, 60_000))
    look('in the job')
  })
  look('after it')
  const timer = setInterval(() => {}, 10)
  await new Promise((resolve) => setTimeout(resolve, 300))
  look('after passes, a host timer is left')
  clearInterval(timer)
  look('end')
}, [
  ['start', ''],
  ['in the job', ''],
  ['after it', ''],
  ['after passes, a host timer is left', 'Timeout'],
  ['end', ''],
  ['exit', 0]
])

sameAsWithout(
  'no new global, no new name on process, no new listener',
  async () => {
    await job(() => sleep(150))
    const names = (object) => Reflect.ownKeys(object).map(String).sort()
    say(names(globalThis))
    say(names(process))
    say(process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`))
  },
  ([globals, names, events]) => globals[0].includes('setTimeout') && names[0].length > 50 && events.length > 0
)

sameAsWithout('an unhandled rejection ends the process with code 1', () => {
  job(async () => {
    await sleep(5)
    throw new Error('lost')
  })
}, [['exit', 1]])

sameAsWithout('rejections: handled in time, handled late, never', async () => {
  process.on('unhandledRejection', (reason) => say('unhandled', reason.message))
  process.on('rejectionHandled', () => say('handled after all'))
  const fail = (text) => async () => {
    await sleep(1)
    throw new Error(text)
  }
  await job(fail('in time')).catch((error) => say('caught', error.message))
  const late = job(fail('late'))
  await sleep(30)
  late.catch(() => {})
  await sleep(5)
  job(fail('never'))
  job(() => {
    Promise.reject(new Error('inside'))
  })
  await sleep(30)
}, [
  ['caught', 'in time'],
  ['unhandled', 'late'],
  ['handled after all'],
  ['unhandled', 'inside'],
  ['unhandled', 'never'],
  ['exit', 0]
])

sameAsWithout(
  'too many listeners warn once, with the same words',
  async () => {
    process.on('warning', ({ name, message, count }) => say(name, message, count))
    const bus = new EventEmitter()
    const { signal } = new AbortController()
    job(() => {
      for (let i = 0; i < 12; i++) {
        bus.on('x', () => {})
        signal.addEventListener('abort', () => {})
      }
    })
    await sleep(100)
  },
  // The words, and whether signals warn, differ from Node to Node.
  (said) => said.some(([name, , count]) => name === 'MaxListenersExceededWarning' && count === 11)
)

sameAsWithout('an exception in a callback of a job goes where it goes', () => {
  process.on('uncaughtException', (error, origin) => say(error.message, origin))
  job(() => setTimeout(() => undefined.nothing, 1))
  try {
    job(() => {
      throw new Error('at once')
    })
  } catch (error) {
    say('caught', error.message)
  }
}, [
  ['caught', 'at once'],
  ["Cannot read properties of undefined (reading 'nothing')", 'uncaughtException'],
  ['exit', 0]
])

sameAsWithout('process.exit in a job, with its code', () => {
  job(() => {
    setTimeout(() => process.exit(9), 5)
  })
  setInterval(() => {}, 1_000)
}, [['exit', 9]])

sameAsWithout('an exit code that was set', async () => {
  await job(async () => {
    process.exitCode = 5
  })
}, [['exit', 5]])
