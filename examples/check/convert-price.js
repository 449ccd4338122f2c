'use strict'

/**
 * A job module with one mistake, for `holdover check`: a race against a time limit that is never cleared. The process
 * stays healthy in every test that runs it once; at 50 jobs a second it holds 15,000 timers and what they refer to.
 */

const { setTimeout: sleep } = require('node:timers/promises')

const LIMIT_MS = 300_000

exports.setup = () => ({ rates: new Map([['EUR', 1.09]]) })

exports.job = async ({ rates }, i) => {
  const price = { cents: 100 + i, currency: 'EUR' }
  return Promise.race([convert(price, rates), limit(price)])
}

async function convert(price, rates) {
  await sleep(1)
  return Math.round(price.cents * rates.get(price.currency))
}

function limit(price) {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`no rate for ${price.currency}`)), LIMIT_MS)
  })
}
