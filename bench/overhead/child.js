'use strict'

/** One measurement in a process of its own: `node child.js SCENARIO VARIANT` prints nanoseconds of CPU per unit. */

const { SCENARIOS, measure } = require('./scenarios')
const { VARIANTS } = require('./variants')

/** A unit costs other leak finders 10 to 200 times as much. */
const PEER_SHARE = 0.1

async function main([scenario, variant]) {
  // Peers write to both streams when they please.
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = () => true
  const run = await VARIANTS[variant].prepare()
  const nanoseconds = await measure(SCENARIOS[scenario], run, VARIANTS[variant].peer ? PEER_SHARE : 1)
  write(String(nanoseconds), () => process.exit(0))
}

main(process.argv.slice(2))
