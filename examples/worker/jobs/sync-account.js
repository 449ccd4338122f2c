'use strict'

module.exports = async function syncAccount({ account }, { accounts, call }) {
  const changes = []
  const onChange = (change) => changes.push(change)
  accounts.on('change', onChange)

  // Planted mistake 3: cleanup stands behind the call and not in a finally block. Where the service answers with an
  // error, the listener stays.
  const { version } = await call('PUT', `/accounts/${account}`, { plan: 'team' })
  accounts.off('change', onChange)

  return { version, changes: changes.length }
}
