'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { stepsText } = require('../../js/reporters/heap-paths')

test('a path in words has nothing of how V8 stores things', () => {
  const step = (edge, edgeName, to, place = null) => ({ edge, edgeName, to, toType: 'object', place })
  const path = [
    step('property', 'module', 'ModuleWrap'),
    step('internal', null, '(system)'),
    step('hidden', null, '(array)'),
    step('context', 'state', '(system)'),
    step('element', null, 'Tenant'),
    step('property', 'logs', 'Map')
  ]
  assert.deepEqual(stepsText(path), ['.module ModuleWrap', 'variable state', '[*] Tenant', '.logs Map'])
})
