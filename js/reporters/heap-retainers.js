'use strict'

const { formatBytes, formatCount, formatNumberOf, formatSource } = require('./format')
const { pathLines } = require('./heap-paths')

/** What holds the objects of a class, or one object, in words. */

/** @param {import('../index').HeapRetainers} found @param {{ paths: number }} limits */
function retainersText(found, limits) {
  const shown = found.retainers.slice(0, limits.paths)
  const left = found.ways - shown.length
  return [
    headline(found),
    ...shown.flatMap((retainer, at) => ['', ...retainerLines(retainer, at + 1)]),
    ...(left > 0
      ? ['', ` ${formatNumberOf(left, 'more way', 'more ways')}: see them with --paths ${found.ways}`]
      : [])
  ].join('\n')
}

/** @param {import('../index').HeapRetainers} found */
function headline({ file, objects, bytes, held, ways }) {
  const all = `${formatSource(file)}: ${formatNumberOf(objects, 'object')}, ${formatBytes(bytes)}`
  if (held === 0)
    return `${all}, held by nothing but V8: they go with the next collection, or hang on weak references`
  const others = objects > held ? `; ${formatCount(objects - held)} hang on the others` : ''
  return `${all}, held in ${formatNumberOf(ways, 'way')}${others}`
}

/** @param {import('../index').HeapRetainer} retainer @param {number} rank */
function retainerLines({ objects, bytes, path, suspectFrom }, rank) {
  const { to } = path[path.length - 1]
  return [
    `${String(rank).padStart(2)} ${formatCount(objects)} × ${to === '' ? '(anonymous)' : to}, ${formatBytes(bytes)}`,
    ...pathLines(path, suspectFrom)
  ]
}

module.exports = { retainersText }
