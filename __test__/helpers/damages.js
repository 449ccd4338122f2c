'use strict'

/**
 * Ways to damage a heap snapshot: each takes the text of a sound one and returns one that must be refused, with the code
 * that says why. Pieces are replaced where they first occur behind a mark, so that a real file of any size will do.
 */

/** @param {string} mark @param {string | RegExp} from @param {string} to */
const behind = (mark, from, to) => (/** @type {string} */ text) => {
  const at = text.indexOf(mark)
  return text.slice(0, at) + text.slice(at).replace(from, to)
}

/** @param {string} section @param {number} skip bytes behind its start */
const cut = (section, skip) => (/** @type {string} */ text) =>
  text.slice(0, text.indexOf(`"${section}":`) + section.length + 3 + skip)

/** @param {string} section @param {string} first what its first number becomes */
const first = (section, first) => behind(`"${section}":[`, /\d+/, first)

/** @param {(text: string) => string} change */
const bytes = (change) => change

/** @type {Record<string, [string, (text: string) => string]>} */
const DAMAGES = {
  'an empty file': ['TRUNCATED', () => ''],
  'another file': ['SYNTAX', () => 'not a snapshot'],
  'an array': ['SYNTAX', () => '[]'],
  'an empty object': ['META', () => '{}'],
  'cut in the description': ['TRUNCATED', cut('snapshot', 50)],
  'cut in front of the nodes': ['TRUNCATED', cut('nodes', 0)],
  'cut in the nodes': ['TRUNCATED', cut('nodes', 5_001)],
  'cut in the edges': ['TRUNCATED', cut('edges', 5_002)],
  'cut in a skipped section': ['TRUNCATED', cut('trace_tree', 1)],
  'cut in the locations': ['TRUNCATED', cut('locations', 77)],
  'cut in the strings': ['TRUNCATED', cut('strings', 999)],
  'cut before the last brace': ['TRUNCATED', bytes((text) => text.trimEnd().slice(0, -1))],
  'followed by more': ['SYNTAX', bytes((text) => `${text}{}`)],
  'a byte order mark': ['SYNTAX', bytes((text) => `\ufeff${text}`)],
  'no description': ['META', behind('{', '"snapshot"', '"snapshut"')],
  'no node_fields': ['META', behind('{', '"node_fields"', '"fields"')],
  'no field id': ['META', behind('{', '"id"', '"no"')],
  'no field to_node': ['META', behind('{', '"to_node"', '"to"')],
  'types that are no list': ['META', behind('"node_types":', /\[\s*\[/, '["x",[')],
  'node_count a lie, 4e9': ['COUNT', behind('{', /"node_count":\d+/, '"node_count":4000000000')],
  'node_count beyond 32 bits': ['LIMIT', behind('{', /"node_count":\d+/, '"node_count":9000000000')],
  'node_count too small': ['COUNT', behind('{', /"node_count":\d+/, '"node_count":100')],
  'node_count negative': ['META', behind('{', /"node_count":\d+/, '"node_count":-1')],
  'node_count no number': ['META', behind('{', /"node_count":\d+/, '"node_count":"9"')],
  'edge_count a lie, 4.2e9': ['COUNT', behind('{', /"edge_count":[\d.e+]+/, '"edge_count":4200000000')],
  'edge_count too small': ['COUNT', behind('{', /"edge_count":[\d.e+]+/, '"edge_count":100')],
  'nodes that are an object': ['SYNTAX', behind('"nodes":', '[', '{')],
  'a negative number': ['SYNTAX', first('nodes', '-3')],
  'a fraction': ['SYNTAX', first('nodes', '3.5')],
  'a word': ['SYNTAX', first('nodes', 'null')],
  'a string among numbers': ['SYNTAX', first('nodes', '"3"')],
  'a nested array': ['SYNTAX', first('nodes', '[3]')],
  'nothing between commas': ['SYNTAX', behind('"nodes":[', ',', ',,')],
  'a number of 25 digits': ['LIMIT', first('nodes', '1234567890123456789012345')],
  'a type that does not exist': ['REFERENCE', first('nodes', '99')],
  'a number too much': ['COUNT', behind('"nodes":[', /\]/, ',1]')],
  'an id twice': ['DUPLICATE', bytes(sameId)],
  'an edge to the middle of a node': ['REFERENCE', behind('"edges":[', /^(.{9}\d+,\d+,)\d+/, '$11')],
  'an edge behind the last node': ['REFERENCE', behind('"edges":[', /^(.{9}\d+,\d+,)\d+/, '$14200000000')],
  'an edge of no type': ['REFERENCE', first('edges', '42')],
  'a name that does not exist': ['REFERENCE', behind('"edges":[', /^(.{9})\d+,\d+/, '$12,500000000')],
  'a location of no node': ['REFERENCE', first('locations', '4200000001')],
  'five million open brackets': ['TRUNCATED', behind('"trace_tree":', '[', '['.repeat(5_000_000))],
  'edges twice': ['DUPLICATE', behind('"trace_function_infos"', '"trace_function_infos"', '"edges"')],
  'no edges': ['COUNT', behind('"edges"', '"edges"', '"adges"')],
  'no strings': ['COUNT', behind('"strings"', '"strings"', '"stringz"')],
  'a string too few': ['REFERENCE', behind('"strings":[', /"[^"]*",/, '')],
  'strings that are numbers': ['SYNTAX', behind('"strings":[', /\[/, '[1,')],
  'an escape that is none': ['SYNTAX', behind('"strings":[', /\[\s*"/, '["\\x')],
  'a line feed in a string': ['SYNTAX', behind('"strings":[', /\[\s*"/, '["\n')]
}

/** The second node gets the id of the first. @param {string} text */
function sameId(text) {
  const fields = text.match(/"node_fields":\[([^\]]*)\]/)?.[1].split(',').length ?? 6
  return behind('"nodes":[', new RegExp(`((?:\\d+[,\\s]+){${fields + 2}})\\d+`), '$11')(text)
}

module.exports = { DAMAGES }
