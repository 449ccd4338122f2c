'use strict'

/** Runs every block of docs/first-leak.md as it stands: in an empty folder, with the tarballs, without Rust. */

const { describe, test, before } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { ROOT } = require('../helpers/child')
const { PUBLISHED, EmptyProject, tarballs } = require('../helpers/packed-project')

const PAGE = fs.readFileSync(path.join(ROOT, 'docs', 'first-leak.md'), 'utf8')
const PACKAGES = '../holdover/target/package/*.tgz'
const MOST_COMMANDS = 5
const ATTEMPTS = 2
/** Run in a clone too: each of the others takes 5 to 20 s more, most of it for the registry. */
const ALWAYS = ['check, CommonJS', 'Jest, CommonJS', 'Vitest, ES module']

/** The blocks of the page, by heading. */
const BLOCKS = [...PAGE.matchAll(/^## (.+)\n(?:[^#`]|`(?!``))*```sh\n([\s\S]*?)```/gm)].map(
  ([, name, code]) => ({
    name,
    code,
    // A file that is written is one command.
    commands: code
      .replace(/ <<'EOF'\n[\s\S]*?\nEOF$/gm, '')
      .trim()
      .split(/\n|&&|;/)
  })
)

/** Where the block leaves a listener behind, like `job.js:4`. @param {string} code */
function markedPlace(code) {
  for (const [, file, text] of code.matchAll(/^cat > (\S+) <<'EOF'\n([\s\S]*?)\nEOF$/gm)) {
    const line = text.split('\n').findIndex((source) => source.includes("bus.on('end'"))
    if (line !== -1) return `${file}:${line + 1}`
  }
  throw new Error(`no bus.on in ${code}`)
}

/**
 * Jest and Vitest give a test 5 s, of which holdover leaves itself half a second for the report. That is too little where
 * ten other processes want the machine: then once more.
 * @param {EmptyProject} project @param {string} code
 */
function run(project, code) {
  const script = code.replace(PACKAGES, packages.join(' '))
  const quick = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' }
  let output = ''
  for (let attempt = 1; ; attempt++) {
    const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
      cwd: project.folder,
      env: { ...project.env, ...quick },
      encoding: 'utf8'
    })
    output = stdout + stderr
    if (attempt === ATTEMPTS || !/timed out|exceeded timeout/i.test(output)) return { status, output }
  }
}

/** @type {string[]} */ let packages
before(() => {
  packages = tarballs()
})

test('the page has each tool in each kind of module', () => {
  const tools = ['check', 'Jest', 'Vitest']
  const kinds = ['CommonJS', 'ES module', 'TypeScript']
  assert.deepEqual(
    BLOCKS.map(({ name }) => name),
    tools.flatMap((tool) => kinds.map((kind) => `${tool}, ${kind}`))
  )
})

describe('the first leak', { concurrency: 1 }, () => {
  for (const { name, code, commands } of BLOCKS) {
    const skip =
      PUBLISHED === undefined && !ALWAYS.includes(name) && '`npm run package` runs this one, on each Node'
    test(`${name}: within ${MOST_COMMANDS} commands`, { skip }, (t) => {
      assert.ok(commands.length <= MOST_COMMANDS, commands.join('\n'))
      const project = new EmptyProject()
      t.after(() => project.remove())
      const { status, output } = run(project, code)
      assert.equal(status, 1, output)
      assert.match(output, / 1 LEAK {2}(sure|likely) · YOURS {3}\+1\.00 'end' listener per job /)
      const place = markedPlace(code)
      assert.ok(
        output
          .split('\n')
          .some((line) => line.trim().startsWith(`${place}:`) && line.includes("bus.on('end'")),
        `${place}\n${output}`
      )
    })
  }
})
