//! What a snapshot says: pure functions of a graph.
//!
//! Constructors, sizes, distances and dominators follow Chrome `DevTools` to the letter, so that its tables and ours are the
//! same. Where it has to be known which of V8's edges and nodes count, the module says so. Each has a slow twin in
//! `naive.rs` that does the same in the plainest way, and a property test that compares them.

pub mod classes;
pub mod compact;
pub mod compare;
mod detached;
pub mod distances;
pub mod dominators;
pub mod essential;
mod groups;
pub mod growth;
mod hash;
mod id_map;
pub mod interfaces;
pub mod keepers;
mod members;
mod numbers;
pub mod paths;
mod places;
mod readings;
pub mod retainers;
pub mod rows;
pub mod scripts;
pub mod shallow;
pub mod special;
pub mod summary;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod growth_tests;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;

pub use detached::Detached;

use crate::snapshot::{Graph, Node, NodeKind};

/// Whether a child of the root starts what the program itself holds, and not a group that V8 makes up.
fn is_user_root(graph: &Graph, node: Node) -> bool {
    graph.kind(node) != NodeKind::Synthetic || graph.name(node) == "(Document DOM trees)"
}
