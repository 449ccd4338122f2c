'use strict'

const holdover = require('../index')
const { isOff } = require('../config')

/** Wraps before the test file loads what it tests, so that timer functions that are taken at load are seen. */
function prepare() {
  if (!isOff()) /** @type {any} */ (holdover).prepare()
}

module.exports = { prepare }
