'use strict'

const timers = require('node:timers')
const timersPromises = require('node:timers/promises')

/**
 * The real timer functions, taken when holdover is loaded: its own waiting must work under fake
 * timers and must never be recorded as the host's.
 */
const { nextTick } = process
const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers
const promises = { setTimeout: timersPromises.setTimeout, setInterval: timersPromises.setInterval }

/**
 * Clears a timer that was made to look at something. Tools that list open handles learn of a clear only a turn later
 * and until then ask `hasRef()`, which stays true for a cleared timer (Node 20 to 26).
 * @param {NodeJS.Timeout} timer
 */
function dropTimer(timer) {
  clearTimeout(timer)
  timer.unref()
}

module.exports = {
  nextTick,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  promises,
  dropTimer
}
