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
 * Takes the wrapper away; true when no trace is left. Safe to call twice. `extend` puts it in one more place that holds
 * the original.
 * @typedef {(() => boolean) & { extend: (place: Place) => boolean }} Undo
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
 * @returns {Undo}
 */
function patch(places, makeWrapper) {
  const original = places[0].owner[places[0].name]
  const wrapper = mirror(original, makeWrapper(original))
  /** Owners weakly: a test file's global object is one. @type {Array<{ ref: WeakRef<any>, name: string }>} */
  let patched = []
  /** @param {Place} place */
  function extend({ owner, name }) {
    const isNew = owner[name] === original && replace(owner, name, original, wrapper)
    if (isNew) patched.push({ ref: new WeakRef(owner), name })
    return isNew
  }
  function undo() {
    patched = patched.filter(({ ref }) => ref.deref() !== undefined)
    return patched.map(({ ref, name }) => replace(ref.deref(), name, wrapper, original)).every(Boolean)
  }
  for (const place of places) extend(place)
  return Object.assign(undo, { extend })
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
 * @param {() => Undo[]} applyPatches
 */
function reusable(applyPatches) {
  /** @type {Undo[]} of wrappers that are in the chain */
  let inChain = []
  return {
    install() {
      if (inChain.length === 0) inChain = applyPatches()
    },
    uninstall() {
      inChain = inChain.filter((undo) => !undo())
    },
    /** Puts the wrapper of a function that is in the chain in one more place. @param {Place} place */
    extend(place) {
      return inChain.some((undo) => undo.extend(place))
    }
  }
}

module.exports = { patch, reusable }
