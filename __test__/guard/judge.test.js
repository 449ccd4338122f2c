'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { judge } = require('../../js/guard/judge')

const first = { name: 'first', kind: 'test' }
const second = { name: 'second', kind: 'test' }
const app = { file: '/app/mail.js', line: 7, column: 3, owner: 'app', via: 'user', calledFrom: null }
const library = { ...app, file: '/app/node_modules/mailer/index.js', owner: 'library:mailer@1.0.0' }
const once = { ...app, file: '/app/src/cache.js' }
const ofNode = { ...app, file: null, owner: 'node', via: 'node' }

/** @param {object} given of an item, or of what is known of how it was made */
function item({
  kind = 'interval',
  place = app,
  scope = first,
  holdsProcess = true,
  isShared = false,
  isClosing = false,
  ...made
}) {
  return {
    kind,
    description: kind,
    fix: '',
    place,
    object: {},
    holdsProcess,
    isShared,
    isClosing,
    made: { scope, isAtLoad: false, isOfUnknownAge: false, ...made }
  }
}

/** What a user has said. */
const ONCE = ['src/']

/** @param {object[]} given */
function verdict(...given) {
  const { failures, notes } = judge(given.map(item), ONCE)
  return failures.length > 0 ? 'fails' : notes.length > 0 ? 'note' : 'silent'
}

const listener = { kind: 'listener', holdsProcess: false }
const quiet = { holdsProcess: false }

for (const [name, given, expected] of /** @type {Array<[string, object[], string]>} */ ([
  ['an interval of a test', [{}], 'fails'],
  ['an interval that lets the process end', [quiet], 'note'],
  ['the same, left by two tests', [quiet, { ...quiet, scope: second }], 'fails'],
  ['the same, twice by one test', [quiet, quiet], 'note'],
  ['two such intervals of different lines', [quiet, { ...quiet, scope: second, place: library }], 'note'],
  ['an interval that nobody placed', [{ place: null }], 'fails'],
  ["an interval of Node's own", [{ place: ofNode }], 'silent'],
  ['an interval made while a module was loaded', [{ isAtLoad: true }], 'note'],
  ['the same, and it lets the process end', [{ ...quiet, isAtLoad: true }], 'silent'],
  ['an interval made outside any test', [{ scope: null }], 'note'],
  ['a timeout', [{ kind: 'timeout' }], 'note'],
  ['a timeout that lets the process end', [{ ...quiet, kind: 'timeout' }], 'silent'],
  ['a server', [{ kind: 'server' }], 'fails'],
  [
    "a socket that Node's code opened for a line that is not known",
    [{ kind: 'socket', place: ofNode }],
    'fails'
  ],
  ['a socket that a later test used', [{ kind: 'socket', isShared: true }], 'note'],
  [
    'two sockets of one line, one of them used later',
    [{ kind: 'socket', isShared: true }, { kind: 'socket' }],
    'fails'
  ],
  ['a server that a later test connected to', [{ kind: 'server', isShared: true }], 'note'],
  ['an interval of a file that makes things once', [{ place: once }], 'note'],
  ['the same, left by two tests', [{ place: once }, { place: once, scope: second }], 'fails'],
  ['the same, twice by one test', [{ place: once }, { place: once }], 'fails'],
  ['a listener of such a file', [{ ...listener, place: once }], 'note'],
  [
    'a socket of a library, opened for such a file',
    [{ kind: 'socket', place: { ...library, calledFrom: once } }],
    'note'
  ],
  ['a file whose name only ends alike', [{ place: { ...app, file: '/app/not-src/cache.js' } }], 'fails'],
  ['a socket that was ended', [{ kind: 'socket', isClosing: true }], 'note'],
  ['a listener', [listener], 'fails'],
  ['a listener of a library', [{ ...listener, place: library }], 'note'],
  [
    'the same, left by two tests',
    [
      { ...listener, place: library },
      { ...listener, place: library, scope: second }
    ],
    'fails'
  ],
  ["a listener of Node's own", [{ ...listener, place: ofNode }], 'silent'],
  ['a listener that nobody placed', [{ ...listener, place: null }], 'note'],
  ['a listener on what may be the own of the test', [{ ...listener, isOfUnknownAge: true }], 'note'],
  [
    'the same, and a second one when it is known to be older',
    [
      { ...listener, isOfUnknownAge: true },
      { ...listener, scope: second }
    ],
    'fails'
  ]
])) {
  test(`${name}: ${expected}`, () => assert.equal(verdict(...given), expected))
}

test('a handle that nobody saw being made is no silence', () => {
  const { failures, notes } = judge([{ ...item({ kind: 'server' }), made: undefined, place: null }])
  assert.equal(failures.length, 0)
  assert.match(notes[0], /^server, unknown place: made outside any test and hook/)
})

test('findings and notes are sorted and bounded', () => {
  const many = Array.from({ length: 9 }, (_, i) => item({ ...quiet, place: { ...app, line: 90 - i } }))
  const { notes } = judge(many)
  assert.equal(notes.length, 6)
  assert.match(notes[0], /mail\.js:82:/)
  assert.equal(notes[5], 'and 4 more of this kind')
})
