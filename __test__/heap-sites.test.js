'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { HeapSites } = require('../js/heap-sites')

/**
 * The place of what piles up at the end of `way`.
 * @param {{ job: string, way: (folder: string) => any[], allocations: (file: string, library: string) => any[] }} made
 */
function placeOf({ job, way, allocations }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-sites-'))
  try {
    const file = path.join(folder, 'job.mjs')
    fs.writeFileSync(file, job)
    const library = path.join(folder, 'node_modules', 'lib', 'index.js')
    const interned = []
    const intern = (_table, text) => interned.push(JSON.parse(text))
    const sites = new HeapSites({ ledger: { intern }, originals: { learn() {}, shown: () => [] } })
    const all = allocations(file, library).map((one) => ({ column: 9, counts: [4], callers: [], ...one }))
    sites.siteOf({ path: way(library), suspectFrom: 1, countsEntries: false }, all)
    const { file: of, line, calledFrom } = interned.at(-1)
    return { file: path.relative(folder, of), line, calledFrom: calledFrom?.line }
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const LIBRARY = path.join('node_modules', 'lib', 'index.js')
const object = (edge, edgeName, to) => ({ edge, edgeName, to, toType: 'object', place: null })
const closure = (to, file, line) => {
  return { edge: 'property', edgeName: to, to, toType: 'closure', place: { file, line, column: 18 } }
}
/** Calls of the application that lead to a library. */
const from = (file, line, callee) => [
  { frame: { file, line, column: 20, function: 'job' }, callee, from: 'lib' }
]

test('what piles up on a variable of an ES module is placed in the program, though a function of Node leads there', () => {
  const found = placeOf({
    job: 'const busy = computed()\n\nexport const job = (i) => {\n  effect(() => i)\n}\n',
    way: () => [
      closure('register', 'node:internal/modules/esm/loader', 949),
      object('context', 'busy', 'Computed'),
      object('property', 't', '{n, p}')
    ],
    allocations: (file, library) => [
      { file: library, line: 1, function: 'link', callers: from(file, 3, 'effect') }
    ]
  })
  assert.deepEqual(found, { file: LIBRARY, line: 1, calledFrom: 4 })
})

test('what a module of a library exports is placed where that module makes it', () => {
  const found = placeOf({
    job: 'export const job = (i) => {\n  exports.of(i)\n  levels.set(i)\n}\n',
    way: (library) => [
      closure('get', path.join(path.dirname(library), '..', 'other', 'index.js'), 26),
      object('property', 'cache', 'Object'),
      object('property', library, 'Module'),
      object('property', 'exports', 'Map')
    ],
    allocations: (file, library) => [
      { file, line: 1, function: 'job', counts: [9] },
      { file: library, line: 7, function: 'add', callers: from(file, 1, 'set') }
    ]
  })
  assert.deepEqual(found, { file: LIBRARY, line: 7, calledFrom: 3 })
})

test('what is kept under the name of the function that makes it is placed there', () => {
  const found = placeOf({
    job: 'const history = (state = [], action) => [...state, action]\nconst store = makeStore({ history })\n\nexport const job = (i) => store.dispatch(i)\n',
    way: (library) => [
      closure('observe', library, 3),
      object('context', 'currentState', 'Object'),
      object('property', 'history', 'Array')
    ],
    allocations: (file) => [{ file, line: 1, function: 'history' }]
  })
  assert.deepEqual(found, { file: 'job.mjs', line: 1, calledFrom: undefined })
})

// undici's agent keeps a client for each origin: the server that the job makes for its own test hangs on that client.
test('what piles up on an object of a library is placed at the call into that library, whatever else its entries keep', () => {
  const found = placeOf({
    job: 'const agent = new Agent()\nexport const job = async () => {\n  const server = createServer(\n    (request, response) => response.end()\n  )\n  await ask(server, agent, agent)\n  agent.count(agent)\n}\n',
    way: (library) => [
      { ...closure('held', library, 3), place: null },
      { ...object('context', 'agent', 'Agent'), classPlace: { file: library, line: 20, column: 3 } },
      object('property', '<symbol clients>', 'Map')
    ],
    allocations: (file, library) => [
      { file, line: 4, function: '', counts: [90] },
      { file: library, line: 7, function: 'dispatch', callers: from(file, 2, 'ask') }
    ]
  })
  assert.deepEqual(found, { file: LIBRARY, line: 7, calledFrom: 6 })
})
