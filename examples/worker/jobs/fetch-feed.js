'use strict'

// Clean: its sockets are kept alive by the worker's agent, and its listeners are on an emitter of its own.

const { EventEmitter } = require('node:events')

module.exports = async function fetchFeed({ feed }, { call }) {
  const reader = new EventEmitter()
  const titles = []
  reader.on('item', (item) => titles.push(item.title))
  reader.on('end', () => titles.sort())

  const { items } = await call('GET', `/feeds/${feed}`)
  for (const item of items) reader.emit('item', item)
  reader.emit('end')
  return titles.length
}
