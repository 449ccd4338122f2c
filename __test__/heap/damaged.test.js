'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const v8 = require('node:v8')
const { heap } = require('../../js')
const { DAMAGES } = require('../helpers/damages')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdover-damaged-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

const file = path.join(folder, 'file.heapsnapshot')
const sound = fs.readFileSync(v8.writeHeapSnapshot(path.join(folder, 'sound.heapsnapshot')), 'latin1')

test('the snapshot that is damaged below is sound', async () => {
  fs.writeFileSync(file, sound, 'latin1')
  const { snapshot } = await heap.open(file)
  assert.ok(snapshot.nodes > 10_000)
})

test('at least 40 damages are refused, each with a code and the byte where it shows', async (t) => {
  assert.ok(Object.keys(DAMAGES).length >= 40)
  for (const [name, [code, damage]] of Object.entries(DAMAGES)) {
    await t.test(name, async () => {
      const bad = damage(sound)
      assert.notEqual(bad, sound, 'it is damaged')
      fs.writeFileSync(file, bad)
      const error = await heap.open(file).then(
        () => assert.fail('it was accepted'),
        (error) => error
      )
      assert.equal(error.code, `HOLDOVER_SNAPSHOT_${code}`, error.message)
      assert.ok(Number.isInteger(error.byteOffset) && error.byteOffset <= Buffer.byteLength(bad))
      assert.ok(error.message.includes(file), error.message)
    })
  }
})

test('text that is no UTF-8 is refused', async () => {
  const bytes = Buffer.from(sound, 'latin1')
  const at = bytes.indexOf('"strings":[') + 14
  bytes[at] = 0xff
  fs.writeFileSync(file, bytes)
  await assert.rejects(heap.open(file), { code: 'HOLDOVER_SNAPSHOT_TEXT', byteOffset: at })
})
