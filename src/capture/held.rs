//! A snapshot that JavaScript holds.

use std::sync::Arc;

use crate::snapshot::Graph;

/// A graph until it is let go. Analyses under way go on with theirs.
pub struct Held {
    graph: Option<Arc<Graph>>,
}

impl Held {
    /// Holds a graph.
    #[must_use]
    pub fn new(graph: Graph) -> Self {
        Self { graph: Some(Arc::new(graph)) }
    }

    /// The graph; nothing once it was let go.
    #[must_use]
    pub fn graph(&self) -> Option<Arc<Graph>> {
        self.graph.clone()
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.graph.as_ref().map_or(0, |graph| graph.bytes())
    }

    /// Lets the graph go.
    pub fn close(&mut self) {
        self.graph = None;
    }
}
