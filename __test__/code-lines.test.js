'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { codeLines } = require('../js/code-lines')

const codeOf = (...lines) => codeLines(lines.join('\n')).map((line) => line.trimEnd())

test('a comment is as many spaces, so that lines and columns stay', () => {
  assert.deepEqual(codeOf('// a', 'b // c', 'd /* e */ f', '/* g */ h // i'), [
    '',
    'b',
    'd         f',
    '        h'
  ])
})

test('also one of several lines', () => {
  assert.deepEqual(codeOf('/** a', ' * b', ' */ c // d', 'e'), ['', '', '    c', 'e'])
  assert.deepEqual(codeOf('/* a', '*/', '/* b', '*/', 'c'), ['', '', '', '', 'c'])
})

test('what looks like one is code', () => {
  const lines = ["get('https://example.test/') // a", "glob('src/*.js')", '/* never ends', 'b']
  assert.deepEqual(codeOf(...lines), ["get('https://example.test/')", ...lines.slice(1)])
})
