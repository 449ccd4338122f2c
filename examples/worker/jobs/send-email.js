'use strict'

module.exports = async function sendEmail({ to, template }, { redis, call }) {
  const mail = { to, subject: `Your ${template}`, body: render(template, to) }

  // Planted mistake 1: the connection outlives the job, and nobody takes this listener off it again.
  const retry = () => call('POST', '/mails', mail)
  redis.on('end', retry)

  const { accepted } = await call('POST', '/mails', mail)
  return accepted
}

/** @param {string} template @param {string} to */
function render(template, to) {
  return `Dear ${to.split('@')[0]},\n\n${`this is your ${template}. `.repeat(10)}\n`
}
