'use strict'

const { makeImage, halve } = require('../image')

module.exports = async function thumbnail({ width, height, shade }) {
  let image = makeImage(width, height, shade)
  const progress = { of: width, now: width }

  // Planted mistake 2: the ticker is set for each thumbnail and cleared for none.
  const tick = () => `thumbnail ${progress.now}/${progress.of}`
  setInterval(tick, 250)

  while (image.width > 16) {
    image = halve(image)
    progress.now = image.width
    await new Promise((resolve) => setImmediate(resolve))
  }
  return image.pixels.toString('base64')
}
