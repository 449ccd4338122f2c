'use strict'

/** @typedef {{ width: number, height: number, pixels: Buffer }} Image eight-bit grey */

/** @param {number} width @param {number} height @param {number} shade @returns {Image} */
function makeImage(width, height, shade) {
  const pixels = Buffer.allocUnsafe(width * height)
  for (let at = 0; at < pixels.length; at++) pixels[at] = (shade + at * 7) & 0xff
  return { width, height, pixels }
}

/** @param {Image} image @returns {Image} half as wide and high; each pixel is the mean of four */
function halve({ width, height, pixels }) {
  const half = {
    width: width >> 1,
    height: height >> 1,
    pixels: Buffer.allocUnsafe((width >> 1) * (height >> 1))
  }
  for (let y = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      const at = 2 * y * width + 2 * x
      const sum = pixels[at] + pixels[at + 1] + pixels[at + width] + pixels[at + width + 1]
      half.pixels[y * half.width + x] = sum >> 2
    }
  }
  return half
}

module.exports = { makeImage, halve }
