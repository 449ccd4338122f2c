'use strict'

// Preloaded into each run: what it took, in a file, since Jest may end by `process.exit()`.
const fs = require('node:fs')

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const file = process.env.SUITE_FIGURES
  if (file)
    fs.writeFileSync(
      file,
      JSON.stringify({
        wallMs: performance.now(),
        cpuMs: (user + system) / 1_000,
        maxRssKb: process.resourceUsage().maxRSS
      })
    )
})
