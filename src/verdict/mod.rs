//! Decides everything that is decided: evidence in, status out.
//!
//! Pure and `std` only. Nothing here knows a listener from a socket, a batch from a snapshot, or what time it
//! is: a caller hands over counts and points, so resources, constructors of a heap and memory figures are all
//! judged by the same rules.
//!
//! | module | decides |
//! |---|---|
//! | [`slope`] | how fast something grows, and how surely |
//! | [`trend`] | whether it still grows: plateau, late start |
//! | [`ladder`] | leak, kept, returned or undecided, and how certain |
//! | [`rate`] | the figure "per job" |
//! | [`blame`] | which job to name, and whether it leaks only when it fails |
//! | [`stuck`] | whether an open job will ever end |
//! | [`overall`] | clean, leaks or inconclusive |
//! | [`next`] | whether a check needs more jobs |
//! | [`growth`] | whether a handful of counts grows with the jobs |
//! | [`heap_steps`] | whether it asks where memory comes from, or for a snapshot of the heap |
//! | [`suspicion`] | whether memory grows so likely that snapshots are worth their pause |
//! | [`forecast`] | when memory runs out |

pub mod blame;
pub mod forecast;
pub mod growth;
pub mod heap_steps;
pub mod ladder;
pub mod next;
pub mod overall;
pub mod rate;
pub mod slope;
pub mod stuck;
pub mod suspicion;
pub mod trend;

#[cfg(test)]
mod scenarios;

/// How the evidence was gathered, which sets how much of it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Always on, nothing forced, nothing hurried.
    Production,
    /// One job called again and again with forced collections between, from a clean start.
    Check,
}
