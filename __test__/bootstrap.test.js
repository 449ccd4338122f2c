'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')
const { requireNode, minimumNode, minimumOf } = require('../scripts/bootstrap.js')
const manifest = require('../package.json')

/**
 * Runs the bootstrap of a small clone of its own, with `npm` and `cargo` replaced by scripts that log their calls.
 * @param {(clone: { folder: string, run: (env?: object, args?: string[]) => { code: number, out: string, err: string }, calls: () => string[] }) => void} body
 */
function inClone(body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-bootstrap-'))
  try {
    for (const name of ['js', 'src', 'scripts', 'bin']) fs.mkdirSync(path.join(folder, name))
    for (const name of ['bootstrap.js', 'nodes.js'])
      fs.copyFileSync(path.join(root, 'scripts', name), path.join(folder, 'scripts', name))
    for (const name of ['package.json', 'package-lock.json', 'Cargo.toml', 'build.rs', 'src/lib.rs'])
      fs.writeFileSync(path.join(folder, name), '{}')
    const log = path.join(folder, 'calls.log')
    const fake = (name, text) => fs.writeFileSync(path.join(folder, 'bin', name), text, { mode: 0o755 })
    fake('cargo', '#!/bin/sh\necho cargo 1.0.0\n')
    fake(
      'npm',
      `#!/bin/sh\necho "$1$(echo "\${PWD#'${folder}'}" | tr / ' ')" >> '${log}'\nif [ "$1" = run ]; then touch '${folder}/js/binding.js' '${folder}/js/x.node'; fi\n`
    )
    body({
      folder,
      run(env = {}, args = []) {
        const paths = [path.join(folder, 'bin'), '/usr/bin', '/bin'].join(path.delimiter)
        const result = spawnSync(process.execPath, [path.join(folder, 'scripts', 'bootstrap.js'), ...args], {
          encoding: 'utf8',
          env: { PATH: paths, ...env }
        })
        return { code: result.status ?? -1, out: result.stdout, err: result.stderr }
      },
      calls() {
        const text = fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : ''
        fs.rmSync(log, { force: true })
        return text.split('\n').filter(Boolean)
      }
    })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const skip = process.platform === 'win32' ? 'the stand-ins for npm and cargo are shell scripts' : false

test('the first run installs and builds, the second does nothing and says nothing', { skip }, () => {
  inClone(({ run, calls }) => {
    const first = run()
    assert.equal(first.err, '')
    assert.equal(first.code, 0)
    assert.deepEqual(calls(), ['install', 'run'])
    assert.equal(first.out, 'holdover: installing packages\nholdover: building the addon\n')

    assert.deepEqual(run(), { code: 0, out: '', err: '' })
    assert.deepEqual(calls(), [])
  })
})

test('a changed Rust file builds and installs nothing', { skip }, () => {
  inClone(({ folder, run, calls }) => {
    run()
    calls()
    fs.writeFileSync(path.join(folder, 'src', 'lib.rs'), 'changed')
    assert.equal(run().out, 'holdover: building the addon\n')
    assert.deepEqual(calls(), ['run'])
  })
})

test('a new Rust file in a new folder builds', { skip }, () => {
  inClone(({ folder, run, calls }) => {
    run()
    calls()
    fs.mkdirSync(path.join(folder, 'src', 'ledger'))
    fs.writeFileSync(path.join(folder, 'src', 'ledger', 'mod.rs'), 'new')
    run()
    assert.deepEqual(calls(), ['run'])
  })
})

test('a changed lock file installs', { skip }, () => {
  inClone(({ folder, run, calls }) => {
    run()
    calls()
    fs.writeFileSync(path.join(folder, 'package-lock.json'), 'changed')
    run()
    assert.deepEqual(calls(), ['install'])
  })
})

test('test runners are installed when asked for, each in its folder, and only where something changed', {
  skip
}, () => {
  inClone(({ folder, run, calls }) => {
    const runner = (name) => path.join(folder, '__test__', 'runners', name)
    for (const name of ['one', 'two']) {
      fs.mkdirSync(runner(name), { recursive: true })
      fs.writeFileSync(path.join(runner(name), 'package.json'), '{}')
    }
    run()
    assert.deepEqual(calls(), ['install', 'run'])

    const { out } = run({}, ['--with-runners'])
    assert.deepEqual(calls(), ['install __test__ runners one', 'install __test__ runners two'])
    assert.equal(out, 'holdover: installing one\nholdover: installing two\n')

    fs.writeFileSync(path.join(runner('two'), 'package.json'), '{ "private": true }')
    run({}, ['--with-runners'])
    assert.deepEqual(calls(), ['install __test__ runners two'])
  })
})

test('a runner says which Node it needs', () => {
  assert.deepEqual(minimumOf({ engines: { node: '>=22.12' } }), [22, 12])
  assert.equal(minimumOf({}), null)
})

test('an addon that was deleted is built again', { skip }, () => {
  inClone(({ folder, run, calls }) => {
    run()
    calls()
    fs.rmSync(path.join(folder, 'js', 'x.node'))
    run()
    assert.deepEqual(calls(), ['run'])
  })
})

test('a step that fails shows its output, leaves no stamp and is tried again', { skip }, () => {
  inClone(({ folder, run, calls }) => {
    const npm = path.join(folder, 'bin', 'npm')
    const working = fs.readFileSync(npm)
    fs.writeFileSync(npm, '#!/bin/sh\necho the disk is full\nexit 3\n')
    const failed = run()
    assert.equal(failed.code, 1)
    assert.match(failed.err, /the disk is full[\s\S]*`npm install` failed; its output is above\./)
    fs.writeFileSync(npm, working)
    assert.equal(run().code, 0)
    assert.deepEqual(calls(), ['install', 'run'])
  })
})

test('a missing cargo is one sentence with the remedy, and no stack', { skip }, () => {
  inClone(({ folder, run }) => {
    const { code, err } = run({ PATH: path.join(folder, 'nothing-here') })
    assert.equal(code, 1)
    assert.match(err, /^holdover: Rust is needed .* install stable Rust from .*\.\n$/)
  })
})

test('an old Node is one sentence with both versions', () => {
  assert.throws(() => requireNode('18.20.4'), /Node 20\.17 or newer is needed and this is 18\.20\.4/)
  assert.throws(() => requireNode('20.16.9'), /this is 20\.16\.9/)
  for (const version of ['20.17.0', '20.20.2', '22.0.0', '26.1.0']) requireNode(version)
})

test('the oldest Node is the one that package.json declares', () => {
  assert.equal(manifest.engines.node, `>=${minimumNode.join('.')}`)
})
