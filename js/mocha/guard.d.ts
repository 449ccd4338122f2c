/** Root hooks, for mocha's `--require`. */
export const mochaHooks: { beforeAll?: () => void }
