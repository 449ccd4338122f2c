'use strict'

/**
 * What a host may do to holdover. Each scenario is one function, run with and without holdover; what it returns is kept
 * until the heap has been measured.
 *
 * `flat`: nothing stays, so the heap must end within FLAT_BYTES of the bare run and not climb on the way.
 * `held`: `heldCount` things stay that holdover watches, and it may keep HELD_BYTES for each, or `heldBytes`.
 * `bounds`: what must be counted in `self.dropped` once its bound has been passed. `figures`: what the report must say.
 */

const { EventEmitter } = require('node:events')

/** @typedef {import('./child').Host} Host */

const noop = () => {}
const letters = (n) => n.toString().replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)])

function newBus() {
  const bus = new EventEmitter()
  bus.setMaxListeners(0)
  return bus
}

/** A function with source, and so shape and call site, of its own. @param {number} i */
function ownFunction(i) {
  return new Function(
    'on',
    `on(function callback${i}() { return ${i} })\n//# sourceURL=/app/generated-${i}.js`
  )
}

/** @type {Record<string, any>} */
const scenarios = {
  'empty-jobs': {
    title: 'ten million empty jobs, every second one async',
    kind: 'flat',
    async run(host) {
      const inAsync = async () => {}
      await host.repeat(host.count(10_000_000), 1_000, (i) => host.run('empty', i % 2 ? inAsync : noop))
    }
  },

  'listener-and-timer': {
    title: 'one million jobs, each with a listener on a shared emitter and a timer, both taken back',
    kind: 'flat',
    async run(host) {
      const bus = newBus()
      const job = async () => {
        const listener = () => {}
        bus.on('data', listener)
        const timer = setTimeout(noop, 60_000)
        await null
        bus.off('data', listener)
        clearTimeout(timer)
      }
      await host.repeat(host.count(1_000_000), 500, () => host.run('tidy', job))
      return bus
    }
  },

  'chain-before-end': {
    title: 'one million chained jobs, each started by the one before while that is still open',
    kind: 'flat',
    async run(host) {
      await chain(host, (next) => async () => {
        await null
        next()
      })
    }
  },

  'chain-after-end': {
    title: 'one million chained jobs, each started in the context of the one before after its end',
    kind: 'flat',
    async run(host) {
      await chain(host, (next) => () => queueMicrotask(() => setImmediate(next)))
    }
  },

  'late-immediates': {
    title: 'one million jobs that leave an immediate behind, with a buffer as its argument',
    kind: 'flat',
    async run(host) {
      const job = () => queueMicrotask(() => setImmediate(noop, new Array(100).fill(0)))
      await host.repeat(host.count(1_000_000), 500, () => host.run('late', job))
    }
  },

  'emitters-one-turn': {
    title: 'one job with a million short-lived emitters, two listeners each, in one turn of the loop',
    kind: 'flat',
    async run(host) {
      const total = host.count(1_000_000)
      await host.sample(0)
      await host.run('burst', async () => {
        for (let i = 0; i < total; i++) useEmitter()
        await null
      })
      await host.sample(total)
    }
  },

  'emitters-over-turns': {
    title: 'one job with a million short-lived emitters, two listeners each, over a thousand turns',
    kind: 'flat',
    async run(host) {
      await host.run('stream', () => host.repeat(host.count(1_000_000), 1_000, useEmitter))
    }
  },

  'survivors-returned': {
    title: '100,000 listeners left on one emitter, seen as a leak, and then all taken off',
    kind: 'flat',
    graceMs: 300,
    figures: { leaks: 1, returned: 1, leaksAfterwards: 0 },
    async run(host) {
      const bus = newBus()
      await host.repeat(host.count(100_000), host.count(250, 25), (i) => {
        host.run('leaky', () => bus.on('end', () => i))
        if (i % host.count(250, 25) === 0) blockForMs(host.scale < 1 ? 15 : 10)
      })
      await host.settle()
      host.note('leaks', host.tracker?.report().leaks.length ?? null)
      bus.removeAllListeners()
      await host.settle()
      const report = host.tracker?.report()
      host.note('returned', report?.returned.length ?? null)
      host.note('leaksAfterwards', report?.leaks.length ?? null)
      host.samples.length = 0
      await host.sample(host.count(100_000))
      return bus
    }
  },

  'live-timers': {
    title:
      'one million live timers of jobs that are over, looked at for a minute at the default grace period',
    kind: 'held',
    graceMs: 30_000,
    isQuiet: true,
    async run(host) {
      const timers = []
      const total = host.count(1_000_000)
      for (let i = 0; i < total; i += 500) {
        for (let j = i; j < Math.min(total, i + 500); j++)
          host.run('arming', () => timers.push(setInterval(noop, 86_400_000)))
        await host.turn()
      }
      await host.settle()
      await rest(host)
      host.heldCount = timers.length
      return timers
    }
  },

  'one-emitter': {
    title: 'one million listeners of as many jobs left on one emitter',
    kind: 'held',
    async run(host) {
      const bus = newBus()
      const total = host.count(1_000_000)
      for (let i = 0; i < total; i += 500) {
        for (let j = i; j < Math.min(total, i + 500); j++) host.run('leaky', () => bus.on('end', () => j))
        await host.turn()
      }
      await host.settle()
      host.note('seen', host.tracker?.watch.survivors ?? null)
      host.heldCount = total
      return bus
    }
  },

  'same-function': {
    title: '100,000 registrations of one function on one emitter: beyond 65,536 they are counted',
    kind: 'held',
    bounds: { owners: 99_999 - 65_536 },
    async run(host) {
      const bus = newBus()
      await fill(host, 100_000, () => host.run('leaky', () => bus.on('end', noop)))
      return bus
    }
  },

  'job-names': {
    title: '100,000 distinct job names: beyond 512 they are one',
    kind: 'flat',
    bounds: { names: 1 },
    figures: { names: 513 },
    async run(host) {
      await host.repeat(host.count(100_000, 2_000), 500, (i) => host.run(`job ${letters(i)}`, noop))
      host.note('names', host.tracker?.report().jobs.length ?? null)
    }
  },

  'event-names': {
    title: '100,000 distinct events with a listener each on one emitter: beyond 16,384 they are counted',
    kind: 'held',
    heldBytes: 512,
    bounds: { owners: 99_999 - 16_384 },
    async run(host) {
      const bus = newBus()
      await fill(host, 100_000, (i) => host.run('leaky', () => bus.on(`event ${letters(i)}`, () => i)))
      return bus
    }
  },

  owners: {
    title: '100,000 shared emitters with a listener each: beyond 16,384 they are counted',
    kind: 'held',
    heldBytes: 1_024,
    bounds: { owners: 1 },
    async run(host) {
      const emitters = []
      await fill(host, 100_000, (i) => {
        emitters.push(newBus())
        for (let j = 0; j < 2; j++) host.run('leaky', () => emitters[i].on('end', () => i))
      })
      return emitters
    }
  },

  shapes: {
    title: '100,000 distinct callbacks (evaluated code) left behind: beyond 16,384 shapes they are one',
    kind: 'held',
    bounds: { shapes: 1, keys: 1 },
    async run(host) {
      const bus = newBus()
      await fill(host, 100_000, (i) => host.run('leaky', () => ownFunction(i)((fn) => bus.on('end', fn))))
      return bus
    }
  },

  durations: {
    title: '100,000 distinct durations with a live timer each: beyond 4,096 they are counted',
    kind: 'held',
    // All of them: an unwatched timer keeps the scope of its job as well.
    heldCount: 100_000,
    bounds: { timers: 1 },
    async run(host) {
      const timers = []
      await fill(host, 100_000, (i) => host.run('arming', () => timers.push(setInterval(noop, 1e7 + i))))
      return timers
    }
  },

  'open-jobs': {
    title: '20,000 jobs open at once, ended in random order, ten times',
    kind: 'flat',
    async run(host) {
      const total = host.count(20_000)
      for (let round = 0; round < 10; round++) {
        const ends = []
        for (let i = 0; i < total; i++)
          host.run('waiting', () => new Promise((resolve) => ends.push(resolve)))
        await host.turn()
        for (const end of shuffled(ends)) end()
        await host.sample(round)
      }
    }
  },

  'hanging-jobs': {
    title: '100,000 jobs that never end: beyond 65,536 they are counted and not looked at',
    kind: 'held',
    heldBytes: 640,
    bounds: { openJobs: 100_000 - 65_536 },
    figures: { shown: 16 },
    async run(host) {
      const jobs = []
      const hang = () => new Promise((resolve) => jobs.push(resolve))
      await fill(host, 100_000, () => host.run('hanging', hang))
      host.note('shown', host.tracker?.report().openJobs.length ?? null)
      return jobs
    }
  }
}

/** Uses up an emitter. */
function useEmitter() {
  const emitter = new EventEmitter()
  emitter.on('data', () => emitter)
  emitter.on('end', () => emitter)
  emitter.emit('data')
}

/** A job in which one starts the next, for as long as there are any. @param {Host} host @param {(next: () => void) => Function} jobOf */
async function chain(host, jobOf) {
  const perLink = host.count(1_000_000) / 10
  for (let link = 1; link <= 10; link++) {
    await new Promise((resolve) => {
      let left = perLink
      const job = jobOf(() => {
        if (--left > 0) host.run('chained', job)
        else setImmediate(resolve)
      })
      host.run('chained', job)
    })
    await host.sample(link * perLink)
  }
}

/** @param {Host} host @param {number} full @param {(i: number) => void} step */
async function fill(host, full, step) {
  // A bound has its size whatever the scale.
  for (let i = 0; i < full; i++) {
    step(i)
    if (i % 500 === 499) await host.turn()
  }
  await host.settle()
  host.heldCount = host.tracker?.watch.survivors || full
}

/** A minute in which only holdover works. @param {Host} host */
async function rest(host) {
  const { tracker } = host
  const before = {
    atMs: Date.now(),
    spentMs: tracker?.budget.spentMs ?? 0,
    passes: tracker?.watch.passes ?? 0
  }
  await host.rest(host.count(60_000, 5_000))
  if (tracker === null) return
  host.note('cpuShare', (tracker.budget.spentMs - before.spentMs) / (Date.now() - before.atMs))
  host.note('passes', tracker.watch.passes - before.passes)
}

/** Stretches a scenario over time. @param {number} ms */
function blockForMs(ms) {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Fisher–Yates with a fixed seed. @template T @param {T[]} list */
function shuffled(list) {
  let seed = 42
  for (let i = list.length - 1; i > 0; i--) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    const j = seed % (i + 1)
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

module.exports = { scenarios }
