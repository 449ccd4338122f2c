'use strict'

/**
 * The only place that replaces a function on somebody else's object.
 */

/**
 * @typedef {object} Place
 * @property {any} owner
 * @property {string} name
 */

/**
 * Makes `wrapper` indistinguishable from `original` by its own properties: name, length, the
 * `util.promisify.custom` getter, and the prototype of generator functions.
 * @param {Function} original
 * @param {Function} wrapper
 */
function mirror(original, wrapper) {
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(original))
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(original, key))
    const own = Object.getOwnPropertyDescriptor(wrapper, key)
    if (own === undefined || own.configurable) Object.defineProperty(wrapper, key, descriptor)
    else if (own.writable) /** @type {any} */ (wrapper)[key] = descriptor.value
  }
  return wrapper
}

/**
 * Puts one wrapper over one function wherever it is found, so that aliases stay identical
 * (`on === addListener`, `setTimeout === timers.setTimeout`).
 *
 * The wrapper must call `original` itself and stay transparent while it is switched off: undoing
 * never removes somebody else's patch. If another library wrapped ours since, ours stays below it
 * and `undo` says so; the caller then keeps the wrapper for the next install instead of adding one.
 *
 * @param {Place[]} places all of them now hold the same function; others are left alone
 * @param {(original: Function) => Function} makeWrapper of the original's kind (a method shorthand
 *   where the original has no `prototype`)
 * @returns {() => boolean} undo; true when no trace is left. Safe to call twice.
 */
function patch(places, makeWrapper) {
  const original = places[0].owner[places[0].name]
  const wrapper = mirror(original, makeWrapper(original))
  const patched = places.filter(({ owner, name }) => replace(owner, name, original, wrapper))
  return function undo() {
    return patched.map(({ owner, name }) => replace(owner, name, wrapper, original)).every(Boolean)
  }
}

/**
 * @param {any} owner @param {string} name @param {Function} from @param {Function} to
 * @returns {boolean} whether `from` was there (or `to` already is)
 */
function replace(owner, name, from, to) {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  if (descriptor === undefined) return false
  if (descriptor.value === to) return true
  if (descriptor.value !== from || !(descriptor.configurable || descriptor.writable)) return false
  if (descriptor.configurable) Object.defineProperty(owner, name, { ...descriptor, value: to })
  else owner[name] = to
  return true
}

/**
 * A hook that can be switched on and off: `install` patches once, `uninstall` undoes what is on top
 * and leaves the rest in place, silent.
 * @param {() => Array<() => boolean>} applyPatches
 */
function reusable(applyPatches) {
  /** @type {Array<() => boolean>} undos of wrappers that are in the chain */
  let inChain = []
  return {
    install() {
      if (inChain.length === 0) inChain = applyPatches()
    },
    uninstall() {
      inChain = inChain.filter((undo) => !undo())
    }
  }
}

module.exports = { patch, reusable }
