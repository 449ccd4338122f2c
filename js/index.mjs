import holdover from './index.js'

export const { start, runJob, wrapJob, outside, check, assertNoLeaks, HoldoverError, LeakError } = holdover
export default holdover
