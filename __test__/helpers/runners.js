'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runNode } = require('./child')
const { nodeBinary, isAtLeast } = require('../../scripts/nodes')
const { minimumOf } = require('../../scripts/bootstrap')

const RUNNERS = path.join(ROOT, '__test__', 'runners')
/** Below the time that one of our tests may take. */
const PATIENCE_MS = 300_000
const PROJECTS = path.join(ROOT, '__test__', 'fixtures', 'runners')

/**
 * A project as a user would have it, in a folder of its own: the fixtures of `__test__/fixtures/runners`, holdover in
 * node_modules as npm would put it there, and one runner of `__test__/runners`.
 */
class RunnerProject {
  /** @param {string} name folder of the runner */
  constructor(name) {
    this.runner = path.join(RUNNERS, name)
    this.manifest = JSON.parse(fs.readFileSync(path.join(this.runner, 'package.json'), 'utf8'))
    // Real path: runners compare it with what they find in stacks.
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `holdover-${name}-`)))
    fs.cpSync(PROJECTS, this.folder, { recursive: true })
    fs.writeFileSync(path.join(this.folder, 'package.json'), '{ "private": true }\n')
    this.installHoldover()
    for (const dependency of Object.keys(this.manifest.devDependencies)) this.link(dependency, this.runner)
    // For what the tests of a project compile in memory.
    this.link('esbuild', ROOT)
  }

  /** A copy and no link: its real path must be in node_modules, where runners look for other people's code. */
  installHoldover() {
    const target = path.join(this.folder, 'node_modules', 'holdover')
    fs.cpSync(path.join(ROOT, 'js'), path.join(target, 'js'), { recursive: true })
    fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(target, 'package.json'))
  }

  /** @param {string} dependency @param {string} from folder with node_modules */
  link(dependency, from) {
    const installed = path.join(from, 'node_modules', dependency)
    if (!fs.existsSync(installed))
      throw new Error(`${installed} is not installed; run: node scripts/bootstrap.js --with-runners`)
    const link = path.join(this.folder, 'node_modules', dependency)
    fs.mkdirSync(path.dirname(link), { recursive: true })
    fs.symlinkSync(installed, link, 'junction')
  }

  /** This Node, or for a runner that needs a newer one, the one that the bootstrap installed. */
  get node() {
    const wanted = minimumOf(this.manifest)
    const isNewEnough = wanted === null || isAtLeast(process.versions.node, wanted)
    return isNewEnough ? process.execPath : nodeBinary(String(wanted[0]))
  }

  /**
   * @param {string[]} args a script, or a file below node_modules, and its arguments
   * @param {Record<string, string>} [env]
   */
  run(args, env = {}) {
    return runNode(args, {
      node: this.node,
      cwd: this.folder,
      timeoutMs: PATIENCE_MS,
      env: { NO_COLOR: '1', FORCE_COLOR: undefined, ...env }
    })
  }

  remove() {
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

module.exports = { RunnerProject }
