'use strict'

/** One round of work; names come up as often as in a worker where e-mail is most of it. */
const round = [
  'send-email',
  'render-invoice',
  'fetch-feed',
  'thumbnail',
  'send-email',
  'sync-account',
  'resize-image',
  'poll-status',
  'render-invoice',
  'fetch-feed'
]

const data = {
  'render-invoice': (n) => ({ customer: `customer-${n % 40}`, lines: makeLines(n) }),
  'resize-image': (n) => ({ width: 96, height: 96, shade: n % 256 }),
  'fetch-feed': (n) => ({ feed: `feed-${n % 12}` }),
  'send-email': (n) => ({ to: `user${n}@example.test`, template: n % 2 ? 'welcome' : 'receipt' }),
  thumbnail: (n) => ({ width: 64, height: 64, shade: n % 256 }),
  // The account service refuses every fourth one.
  'sync-account': (n) => ({ account: Math.floor(n / round.length) }),
  'poll-status': (n) => ({ shipment: n })
}

/** @param {number} count */
function* makeJobs(count) {
  for (let n = 0; n < count; n++) {
    const name = round[n % round.length]
    yield { id: `${name}:${n}`, name, data: data[name](n) }
  }
}

/** @param {number} n */
function makeLines(n) {
  return Array.from({ length: 3 + (n % 5) }, (_, at) => ({
    sku: `SKU-${(n * 7 + at) % 100}`,
    quantity: 1 + (at % 3),
    cents: 199 + at * 50
  }))
}

module.exports = { makeJobs }
