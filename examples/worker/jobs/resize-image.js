'use strict'

// Clean: the time limit that it races against is cleared whoever wins.

const { makeImage, halve } = require('../image')

const LIMIT_MS = 30_000

module.exports = async function resizeImage({ width, height, shade }) {
  let timer
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not resized in ${LIMIT_MS} ms`)), LIMIT_MS)
  })
  try {
    return await Promise.race([resize(makeImage(width, height, shade)), limit])
  } finally {
    clearTimeout(timer)
  }
}

async function resize(image) {
  while (image.width > 24) {
    image = halve(image)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return image.pixels.length
}
