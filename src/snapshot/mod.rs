//! A `.heapsnapshot` of V8, Node 20 to 26, as a graph.
//!
//! ```text
//! bytes ─▶ Parser ─▶ rows of numbers ─▶ Columns ─▶ Graph
//!                └─▶ strings ─────────────┘
//! ```
//!
//! The parser takes pieces of any size and builds no tree of JSON. Every number is checked before it is used as an index,
//! so that a graph that exists is sound: all edges lead to nodes, all names have a text.

mod batches;
mod columns;
mod error;
mod file;
mod graph;
mod ids;
mod kinds;
mod meta;
mod numbers;
mod parser;
mod progress;
mod rows;
mod strings;

#[cfg(test)]
pub(crate) mod builder;
#[cfg(test)]
mod parser_tests;

pub use error::{ErrorKind, Result, SnapshotError};
pub use file::{PIECE_BYTES, announce, open, open_with, read, read_with};
pub use graph::{Edge, Graph, Location, Node, Sizes};
pub use kinds::{EdgeKind, NodeKind};
pub use parser::Parser;
pub use progress::Progress;
pub use strings::Strings;
