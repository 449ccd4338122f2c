'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { RunnerProject } = require('../helpers/runners')
const { ROOT } = require('../helpers/child')

const TSC = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
const OPTIONS = { target: 'es2022', module: 'node20', strict: true, noEmit: true, skipLibCheck: false }
const JEST = {
  files: ['jest-global.cts', 'jest-imported.mts', 'node-test.mts'],
  // npm puts what Jest depends on beside it.
  hoisted: ['expect', '@jest/globals', '@types/node'],
  types: ['node', 'jest']
}
const VITEST = { files: ['vitest.mts', 'node-test.mts'], hoisted: ['@types/node'], types: ['node'] }

for (const [runner, { files, hoisted, types }] of Object.entries({
  'jest-30': JEST,
  'jest-29': JEST,
  'vitest-4': VITEST,
  'vitest-5': VITEST
})) {
  test(`${runner}: the matchers are on its expect, with their options`, async () => {
    const project = new RunnerProject(runner)
    try {
      for (const name of hoisted) project.link(name, name.startsWith('@types/') ? ROOT : project.runner)
      const config = path.join(project.folder, 'matchers', 'types', 'tsconfig.json')
      fs.writeFileSync(config, JSON.stringify({ compilerOptions: { ...OPTIONS, types }, files }))
      const { code, stdout, stderr } = await project.run([TSC, '--project', config])
      assert.equal(stdout + stderr, '')
      assert.equal(code, 0)
    } finally {
      project.remove()
    }
  })
}
