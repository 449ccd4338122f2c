import holdover from './index.js'

export const { start, runJob, wrapJob, outside, check, assertNoLeaks, heap, HoldoverError, LeakError } =
  holdover
export default holdover
