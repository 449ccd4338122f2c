'use strict'

const { showsNothingOfHoldover } = require('../helpers/open-handles')

const VITEST = {
  args: ['node_modules/vitest/vitest.mjs', 'run', '--detectAsyncLeaks', 'vitest/worker'],
  control: [],
  handles: /Async Leaks (\d+)/,
  passed: /Tests {2}1 passed/
}

for (const runner of ['vitest-4', 'vitest-5'])
  showsNothingOfHoldover({ runner, tool: 'vitest --detectAsyncLeaks', ...VITEST })
