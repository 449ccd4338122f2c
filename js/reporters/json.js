'use strict'

/** The report itself, as js/report.schema.json describes it. @param {import('../index').Report} report */
function render(report) {
  return `${JSON.stringify(report, null, 2)}\n`
}

module.exports = { render }
