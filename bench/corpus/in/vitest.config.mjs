// Job modules are loaded by Node itself, so that lines are those of their files.
export default {
  test: {
    globals: true,
    pool: 'forks',
    server: { deps: { external: [/\/fixtures\//, /jobs\.js/] } }
  }
}
