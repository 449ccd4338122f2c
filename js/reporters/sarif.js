'use strict'

const { jobsWords, leakTitle, pointOf } = require('./leak')
const { repositoryUri, fileUri } = require('../paths')

/** @typedef {import('../index').Report} Report */
/** @typedef {import('../index').Leak} Leak */
/** @typedef {import('../index').Site} Site */
/** @typedef {import('./index').Surroundings} Surroundings */

/** The schema's own address, which readers know it by. */
const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
/** What places are relative to: each reader's own copy of the repository, so it has no address here. */
const ROOT = '%SRCROOT%'
/**
 * A name of our own: GitHub works out `primaryLocationLineHash` itself, and complains of every other value of it.
 */
const FINGERPRINT = 'holdoverFingerprint/v1'

/** Each kind of resource is a rule. @type {Record<string, { name: string, text: string }>} */
const RULES = {
  listener: { name: 'ListenerLeftBehind', text: 'A job leaves a listener behind.' },
  interval: { name: 'IntervalLeftBehind', text: 'A job leaves an interval behind.' },
  timeout: { name: 'TimeoutLeftBehind', text: 'A job leaves a timeout behind.' },
  immediate: { name: 'ImmediateLeftBehind', text: 'A job leaves immediates behind that go on and on.' }
}

/** @param {string} kind */
function rule(kind) {
  const { name, text } = RULES[kind] ?? { name: 'LeftBehind', text: `A job leaves behind: ${kind}.` }
  return {
    id: kind,
    name,
    shortDescription: { text },
    fullDescription: {
      text: `${text} Their number grows with the number of jobs, and so does what they hold.`
    },
    help: { text: 'End it when the job ends, in a finally block.' },
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['memory', 'leak'], 'problem.severity': 'error', precision: 'high' }
  }
}

/** @param {Site} site @param {string} root */
function location(site, root) {
  const uri = repositoryUri(String(site.file), root)
  return {
    physicalLocation: {
      artifactLocation: uri === null ? { uri: fileUri(String(site.file)) } : { uri, uriBaseId: ROOT },
      region: { startLine: site.line, startColumn: site.column }
    },
    ...(site.function === '' ? {} : { logicalLocations: [{ name: site.function, kind: 'function' }] })
  }
}

/** Code without a file stands at the start of the module that was run: readers want a place. @param {Surroundings} surroundings */
function placeless({ file, root }) {
  return file === null ? [] : [location({ file, line: 1, column: 1, function: '' }, root)]
}

/** Other places of the same leak, and the library's line that made it. @param {Leak} leak @param {string} root */
function related(leak, root) {
  const main = pointOf(leak)
  const isOther = (/** @type {Site} */ site) => site.line !== main?.line || site.file !== main?.file
  const sites = [...(leak.calledFrom && leak.site ? [leak.site] : []), ...leak.sites.filter(isOther)]
  return sites.filter((site) => site.file).map((site, id) => ({ id, ...location(site, root) }))
}

/** @param {Leak} leak @param {boolean} isAccepted @param {string[]} kinds @param {Surroundings} surroundings */
function result(leak, isAccepted, kinds, surroundings) {
  const { root, baseline } = surroundings
  const place = pointOf(leak)
  const others = related(leak, root)
  return {
    ruleId: leak.kind,
    ruleIndex: kinds.indexOf(leak.kind),
    level: leak.certainty === 'sure' ? 'error' : 'warning',
    message: { text: `${leakTitle(leak)}, left by ${jobsWords(leak)}. Fix: ${leak.fix}.` },
    locations: place?.file ? [location(place, root)] : placeless(surroundings),
    ...(others.length > 0 ? { relatedLocations: others } : {}),
    partialFingerprints: { [FINGERPRINT]: leak.fingerprint },
    ...(baseline !== null ? { baselineState: isAccepted ? 'unchanged' : 'new' } : {}),
    ...(isAccepted
      ? {
          suppressions: [
            {
              kind: 'external',
              status: 'accepted',
              justification: leak.ignoredBecause ?? 'in the baseline of holdover'
            }
          ]
        }
      : {}),
    properties: {
      job: leak.job,
      certainty: leak.certainty,
      owner: leak.owner,
      perJob: leak.perJob,
      count: leak.count,
      jobsFinished: leak.jobsFinished
    }
  }
}

/**
 * A SARIF 2.1.0 log: one run, one result for each leak.
 * @param {Report} report @param {Surroundings} surroundings
 */
function render(report, surroundings) {
  const all = [...report.leaks, ...report.accepted]
  const kinds = [...new Set(all.map((leak) => leak.kind))].sort()
  const level = report.verdict === 'inconclusive' && !surroundings.allowInconclusive ? 'error' : 'note'
  const run = {
    tool: {
      driver: { name: 'holdover', semanticVersion: report.env.holdover, rules: kinds.map(rule) }
    },
    // Runs with one id replace each other, so that several checks of one repository stand side by side.
    automationDetails: { id: `holdover/${surroundings.reportedBy}/` },
    originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the repository.' } } },
    columnKind: 'utf16CodeUnits',
    invocations: [
      {
        executionSuccessful: true,
        toolExecutionNotifications: report.notes.map((text) => ({ level, message: { text } }))
      }
    ],
    results: all.map((leak, at) => result(leak, at >= report.leaks.length, kinds, surroundings)),
    properties: { verdict: report.verdict, node: report.env.node, platform: report.env.platform }
  }
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`
}

module.exports = { render }
