'use strict'

const { test } = require('node:test')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { RunnerProject } = require('../helpers/runners')
const { areAsNamed } = require('../helpers/matcher-runs')
const { ROOT } = require('../helpers/child')

const FOLDER = 'matchers/node-test'
const TSX = pathToFileURL(path.join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

/** @param {string} name @param {string[]} args */
async function runs(name, args) {
  // Any project with holdover in it: the runner is Node's own.
  const project = new RunnerProject('jest-30')
  try {
    const reporter = [
      '--test',
      '--test-reporter',
      `./${FOLDER}/reporter.mjs`,
      '--test-reporter-destination=stdout'
    ]
    const { stdout, stderr } = await project.run([...args, ...reporter, `${FOLDER}/${name}`])
    areAsNamed(project, [name], stdout + stderr)
  } finally {
    project.remove()
  }
}

test('node:test: leaks are found with their line, clean jobs pass, too little evidence fails', () =>
  runs('plain.test.mjs', []))
test('node:test: the same in TypeScript', () => runs('typed.test.ts', ['--import', TSX]))
