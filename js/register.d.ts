// Loaded for what it does: `--require holdover/register`, `--import holdover/register`.
export {}
