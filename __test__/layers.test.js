'use strict'

/**
 * Keeps the arrows one-way: which file may name what. A rule is a set of files, a pattern they must not hold, and a
 * sentence that says why; a new layer is one more rule.
 */

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')

const root = path.join(__dirname, '..')

/**
 * @typedef {object} Rule
 * @property {string} why the sentence shown when it is broken
 * @property {RegExp} files paths below the root, with slashes
 * @property {RegExp} [except] of these, the ones it does not hold for
 * @property {RegExp} forbidden tried on each line
 * @property {RegExp} [allowed] lines it does not hold for
 * @property {boolean} [raw] also in comments and in the test part of a Rust file
 */

/** @type {Rule[]} */
const rustRules = [
  {
    why: 'only src/binding names napi',
    files: /^src\/.*\.rs$/,
    except: /^src\/binding\//,
    forbidden: /\bnapi(_derive|_sys)?\b/
  },
  {
    why: 'the binding converts and never decides: it names neither maps nor locks',
    files: /^src\/binding\//,
    forbidden: /\b(dashmap|parking_lot)\b/
  },
  {
    why: 'no unsafe code, and no unwrap outside tests',
    files: /^src\/.*\.rs$/,
    forbidden: /\bunsafe\s*(\{|fn|impl)|\.unwrap\(\)/
  },
  {
    why: 'the verdict is pure: it uses std and itself',
    files: /^src\/verdict\/.*\.rs$/,
    forbidden: /\b(serde|serde_json|dashmap|parking_lot)::|\bcrate::(?!verdict\b)/
  },
  {
    why: 'time, files, threads and the environment come in as data',
    files: /^src\/(verdict|ledger|report)\/.*\.rs$/,
    forbidden: /\bstd::(time|fs|env|net|process|thread)\b|\bInstant::now\b|\bSystemTime\b/
  },
  {
    why: 'a snapshot is a graph and knows nobody; only its file.rs reads files',
    files: /^src\/snapshot\/.*\.rs$/,
    except: /^src\/snapshot\/file\.rs$/,
    forbidden: /\bcrate::(?!snapshot\b)|\bstd::(time|fs|env|net|process|thread)\b/
  },
  {
    why: 'a capture makes a graph of what V8 writes: it knows no analysis, no ledger and no report',
    files: /^src\/capture\/.*\.rs$/,
    forbidden: /\bcrate::(?!snapshot\b|capture\b)|\b(serde|serde_json|dashmap|parking_lot)::/
  },
  {
    why: 'analyses are pure functions of a graph',
    files: /^src\/analysis\/.*\.rs$/,
    forbidden:
      /\bcrate::(?!snapshot\b|analysis\b)|\b(dashmap|parking_lot)::|\bstd::(time|fs|env|net|process|thread)\b/
  },
  {
    why: 'the ledger knows no report: producers feed the report, not the reverse',
    files: /^src\/ledger\/.*\.rs$/,
    forbidden: /\bcrate::(report|binding)\b/
  },
  {
    why: "the report reads the ledger's view and holds no shared state",
    files: /^src\/report\/.*\.rs$/,
    forbidden: /\b(dashmap|parking_lot)::|\bcrate::binding\b/
  }
]

/** @type {Rule[]} */
const jsRules = [
  {
    why: 'only js/native.js loads the binary',
    files: /^js\/.*\.m?js$/,
    except: /^js\/native\.js$/,
    forbidden: /(require\(|from |import\()\s*['"][^'"]*(binding(\.js)?|\.node)['"]/
  },
  {
    why: 'hooks observe: they know no tracker, no binary and no reporter',
    files: /^js\/hooks\//,
    forbidden: /require\(['"][^'"]*\/(tracker|native|binding|index|check|reporters\/.*|cli\/.*)(\.js)?['"]\)/
  },
  {
    why: 'reporters turn a report into text: they know no binary, no hook and no tracker',
    files: /^js\/reporters\//,
    forbidden:
      /require\(['"][^'"]*\/(native|binding|tracker|watch|scope|hooks(\/.*)?|survivors\/.*)(\.js)?['"]\)/
  },
  {
    why: 'adapters bind a queue to job scopes: they know no hook and no binary',
    files: /^js\/adapters\//,
    forbidden: /require\(['"][^'"]*\/(native|binding|hooks\/.*)(\.js)?['"]\)/
  },
  {
    why: 'matchers and runners go through the public interface: they know no hook, no ledger and no binary',
    files: /^js\/(matchers|jest|vitest|node-test|mocha)\//,
    forbidden:
      /require\(['"][^'"]*\/(native|binding|engine|watch|pass|hooks(\/.*)?|survivors\/.*)(\.js)?['"]\)/
  },
  {
    why: 'only js/hooks/patch.js replaces what is on somebody else’s object',
    files: /^js\/.*\.m?js$/,
    except: /^js\/hooks\/patch\.js$/,
    forbidden:
      /\b[A-Z]\w*\.prototype(\.\w+|\[[^\]]+\])\s*=(?!=)|\b(globalThis|global|process|timers|timersPromises|EventEmitter|EventTarget|AbortSignal)(\.\w+|\[[^\]]+\])\s*=(?!=)|defineProperty\((globalThis|global|process|timers|timersPromises|\w+\.prototype)\b/,
    // The command line answers with an exit code and stands in for the worker it runs.
    allowed: /\bprocess\.(exitCode|argv)\s*=/
  },
  {
    why: 'no run-time dependency: only node: modules and files of our own',
    files: /^js\/.*\.m?js$/,
    // What the runner exports is in no global object: whoever loads these files runs Vitest.
    except: /^js\/vitest\/(index|guard)\.mjs$/,
    forbidden: /(\brequire\(|\bfrom |\bimport\()\s*['"](?!node:|\.)[^'"]+['"]/
  }
]

/** @type {Rule[]} */
const textRules = [
  {
    why: 'no registry host: where packages come from is the reader’s configuration',
    files: /./,
    except: /(^|\/)(Cargo\.lock|package-lock\.json)$/,
    forbidden: /\b(registry|index|static|files|proxy|deb|archive)\.[a-z-]+\.(org|io|com|net)\b/,
    raw: true
  },
  {
    why: 'the lock file names no place that packages came from',
    files: /(^|\/)package-lock\.json$/,
    forbidden: /"resolved":/,
    raw: true
  },
  {
    why: 'no path of one machine',
    files: /./,
    except: /(^|\/)(Cargo\.lock|package-lock\.json)$/,
    forbidden: /(^|[\s"'`(=])(\/(work|root)\/\w|\/home\/(?!user\b|me\b|node\b)\w|\/Users\/(?!me\b)\w)/,
    raw: true
  }
]

const rules = [...rustRules, ...jsRules, ...textRules]

/** @returns {Map<string, string>} text of every file that belongs to the repository, by path */
function repository() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8'
  })
  const files = new Map()
  for (const name of listed.split('\0').filter(Boolean)) {
    const file = path.join(root, name)
    if (fs.existsSync(file) && fs.statSync(file).isFile()) files.set(name, fs.readFileSync(file, 'utf8'))
  }
  return files
}

/**
 * @param {Map<string, string>} files
 * @param {Rule[]} toCheck
 * @returns {string[]} one line for each place that breaks a rule
 */
function violations(files, toCheck = rules) {
  const found = []
  for (const [name, text] of files) {
    const applying = toCheck.filter((rule) => rule.files.test(name) && !rule.except?.test(name))
    if (applying.length === 0) continue
    const rawLines = text.split('\n')
    const codeLines = codeOf(name, text).split('\n')
    for (const rule of applying) {
      const lines = rule.raw ? rawLines : codeLines
      lines.forEach((line, at) => {
        if (!rule.forbidden.test(line) || rule.allowed?.test(line)) return
        found.push(`${name}:${at + 1} ${rule.why}\n    ${rawLines[at].trim()}`)
      })
    }
  }
  return found
}

/**
 * The text with its comments blanked and, in Rust, without tests; lines stay where they are.
 * @param {string} name
 * @param {string} text
 */
function codeOf(name, text) {
  // Modules that are compiled for tests alone: tests, and what they are made with.
  if (/(^|[/_])(tests?|builder|scenarios|naive)\.rs$/.test(name)) return ''
  const blank = (part) => part.replace(/[^\n]/g, ' ')
  const code = text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/(^|\s)\/\/.*$/gm, blank)
  return name.endsWith('.rs') ? code.replace(/#\[cfg\(test\)\]\s*mod \w+ \{[\s\S]*$/, blank) : code
}

test('the repository keeps every rule', () => {
  assert.deepEqual(violations(repository()), [])
})

test('every rule finds what it forbids', () => {
  const broken = [
    ['src/ledger/mod.rs', 'use napi::Env;', 'only src/binding names napi'],
    ['src/binding/mod.rs', 'use dashmap::DashMap;', 'the binding converts'],
    ['src/report/mod.rs', 'let n = text.parse().unwrap();', 'no unsafe code'],
    ['src/verdict/ladder.rs', 'use crate::ledger::book::Book;', 'the verdict is pure'],
    ['src/verdict/mod.rs', 'use serde::Serialize;', 'the verdict is pure'],
    ['src/ledger/book.rs', 'let now = Instant::now();', 'come in as data'],
    ['src/ledger/book.rs', 'use crate::report::Leak;', 'the ledger knows no report'],
    ['src/snapshot/parser.rs', 'use std::fs::File;', 'a snapshot is a graph'],
    ['src/capture/pipe.rs', 'use crate::analysis::compare::compare;', 'a capture makes a graph'],
    ['src/analysis/compare.rs', 'use crate::report::Report;', 'analyses are pure'],
    ['src/report/model.rs', 'use parking_lot::Mutex;', 'holds no shared state'],
    ['js/tracker.js', "const b = require('./binding.js')", 'loads the binary'],
    ['js/index.mjs', "import b from './holdover.linux-x64-gnu.node'", 'loads the binary'],
    ['js/hooks/timers.js', "const { native } = require('../native')", 'hooks observe'],
    ['js/hooks/timers.js', "const text = require('../reporters/text')", 'hooks observe'],
    ['js/reporters/text.js', "const hooks = require('../hooks')", 'reporters turn'],
    ['js/adapters/bullmq.js', "const { native } = require('../native')", 'adapters bind'],
    [
      'js/matchers/nothing-behind.js',
      "const { openWatch } = require('../engine')",
      'matchers and runners go'
    ],
    ['js/scope.js', 'EventEmitter.prototype.on = wrapper', 'replaces'],
    ['js/scope.js', 'globalThis.setTimeout = wrapper', 'replaces'],
    ['js/scope.js', "Object.defineProperty(timers, 'setTimeout', { value })", 'replaces'],
    ['js/check.js', "const fastq = require('fastq')", 'no run-time dependency'],
    ['docs/limits.md', `see ${['registry', 'example', 'org'].join('.')}`, 'no registry host'],
    ['package-lock.json', '"resolved": "x"', 'the lock file'],
    ['README.md', `run ${['', 'root', 'bin', 'node'].join('/')}`, 'no path of one machine']
  ]
  for (const [name, text, why] of broken) {
    const found = violations(new Map([[name, `first line\n${text}\n`]]))
    assert.equal(found.length, 1, `${name}: ${text}`)
    assert.match(found[0], new RegExp(`^${name.replaceAll('.', '\\.')}:2 .*${why}`))
  }
  const covered = new Set(
    broken.map(([name, text]) =>
      violations(new Map([[name, text]]))[0]
        .split('\n')[0]
        .replace(/^\S+ /, '')
    )
  )
  assert.deepEqual(
    rules.map((rule) => rule.why).filter((why) => !covered.has(why)),
    []
  )
})

test('comments, tests and the allowed places break no rule', () => {
  const fine = [
    ['src/ledger/mod.rs', '//! The binding names napi, we do not.'],
    ['src/binding/mod.rs', 'use napi::Env;'],
    ['src/ledger/key.rs', 'fn f() {}\n#[cfg(test)]\nmod tests {\n  fn g() { x().unwrap(); }\n}'],
    ['src/ledger/ledger_tests.rs', 'x().unwrap();'],
    ['src/verdict/next.rs', 'use crate::verdict::Mode;'],
    ['js/native.js', "require('./binding.js')"],
    ['js/hooks/patch.js', 'EventEmitter.prototype.on = wrapper'],
    ['js/cli/main.js', 'process.exitCode = 2'],
    ['js/scope.js', '// never: globalThis.setTimeout = wrapper'],
    ['js/scope.js', 'if (EventEmitter.prototype.on === wrapper) return'],
    ['js/index.mjs', "import { createRequire } from 'node:module'"]
  ]
  for (const [name, text] of fine)
    assert.deepEqual(violations(new Map([[name, text]])), [], `${name}: ${text}`)
})
