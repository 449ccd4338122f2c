'use strict'

/** A leak as the ledger reports it, changed where a test cares. */
function leak(changes) {
  return {
    fingerprint: 'L-5f31c2',
    certainty: 'sure',
    kind: 'listener',
    description: "'end' listener",
    job: 'send-email',
    perJob: 1,
    count: 40,
    jobsFinished: 40,
    threads: 1,
    jobsLeaving: { completed: 40, failed: 0, timedOut: 0 },
    site: { file: '/app/jobs/send-email.js', line: 31, column: 9, function: 'sendEmail' },
    sites: [],
    stack: [],
    generated: null,
    calledFrom: null,
    owner: 'app',
    via: 'user',
    source: "redis.on('end', () => retry(job))",
    holder: { class: 'Redis', event: 'end', owners: 1, listenersNow: 40 },
    heldMs: null,
    fix: "redis.off('end', fn) in a finally block",
    onlyWhenFailing: false,
    companions: [],
    client: null,
    known: null,
    evidence: { windows: 4, survivors: 40, perJobLow: 1, perJobHigh: 1, collections: 2, cohortAlive: 1 },
    retainedBytes: null,
    bytesPerJob: null,
    retainingPath: null,
    firstSeen: 0,
    lastSeen: 0,
    ignoredBecause: null,
    ...changes
  }
}

/** One that a library makes. */
const libraryLeak = leak({
  fingerprint: 'L-a90e11',
  kind: 'interval',
  description: 'interval',
  job: 'thumb',
  count: 8_210,
  jobsFinished: 8_210,
  jobsLeaving: { completed: 8_210, failed: 0, timedOut: 0 },
  site: { file: '/app/node_modules/ioredis/built/Redis.js', line: 210, column: 5, function: '' },
  calledFrom: { file: '/app/jobs/thumb.js', line: 12, column: 17, function: 'thumb' },
  owner: 'library:ioredis@5.8.1',
  source: 'const redis = new Redis(url)',
  holder: null,
  heldMs: 10_000,
  fix: 'clearInterval(timer) in a finally block'
})

/** A report around it. */
function report(changes) {
  return {
    schemaVersion: 1,
    worker: 'worker',
    mode: 'production',
    verdict: 'leaks',
    leaks: [],
    accepted: [],
    kept: [],
    returned: [],
    openJobs: [],
    jobs: [{ name: 'send-email', completed: 40, failed: 0, timedOut: 0, open: 0 }],
    threads: [{ thread: 0, jobsFinished: 40, heapUsedBytes: 8e6, heapLimitBytes: 2e9, ownCpuMs: 4 }],
    memory: {
      heapUsedBytes: 8e6,
      afterGcBytes: 7e6,
      externalBytes: 2e6,
      arrayBuffersBytes: 1e5,
      rssBytes: 1.42e9,
      limitBytes: 2e9,
      secondsToLimit: null,
      slopes: {
        heapUsedBytesPerJob: 1_000,
        afterGcBytesPerJob: 900,
        externalBytesPerJob: 0,
        arrayBuffersBytesPerJob: 0,
        rssBytesPerJob: 2_000,
        rssBytesPerMin: 9.6e6
      }
    },
    self: { cpuShare: 0.004, bytes: 3.1e6, dropped: {} },
    notes: [],
    env: { holdover: '0.1.0', node: 'v20.0.0', platform: 'linux-x64' },
    ...changes
  }
}

/** What a command knows beside the report. */
function surroundings(changes) {
  return {
    reportedBy: 'check send-email',
    root: '/app',
    home: '/users/ada',
    file: '/app/job.js',
    durationMs: 1_500,
    allowInconclusive: false,
    baseline: null,
    options: { warmupJobs: 5, graceMs: 500, concurrency: 1, strict: false },
    ...changes
  }
}

module.exports = { leak, libraryLeak, report, surroundings }
