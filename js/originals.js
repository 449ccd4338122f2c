'use strict'

const timers = require('node:timers')

/**
 * The real timer functions, taken when holdover is loaded: its own waiting must work under fake
 * timers and must never be recorded as the host's.
 */
const { nextTick } = process
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers

module.exports = { nextTick, setTimeout, clearTimeout, setInterval, clearInterval, setImmediate }
