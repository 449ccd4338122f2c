//! What the embedder has let go of: native nodes that are called "Detached …".

use std::collections::HashSet;

use crate::snapshot::{EdgeKind, Graph, Node, NodeKind};

const ATTACHED: u8 = 1;
const DETACHED: u8 = 2;

/// The native nodes whose name starts with "Detached " because of what the embedder says, and not in the file.
///
/// What is reachable from an attached native node is attached; of the rest, what is reachable from a detached one is
/// detached. Neither goes on through nodes of V8's own.
#[derive(Debug, Default)]
pub struct Detached {
    nodes: HashSet<Node>,
}

impl Detached {
    /// Finds them.
    #[must_use]
    pub fn find(graph: &Graph) -> Self {
        let known = graph.detachedness().unwrap_or_default();
        let mut walk = Walk { graph, seen: HashSet::new(), attached: Vec::new(), detached: Vec::new() };
        for &(node, state) in known {
            walk.enter(node, state & 3);
        }
        let mut nodes = HashSet::new();
        while let Some(node) = walk.attached.pop() {
            walk.spread(node, ATTACHED);
        }
        while let Some(node) = walk.detached.pop() {
            nodes.insert(node);
            walk.spread(node, DETACHED);
        }
        Self { nodes }
    }

    /// Whether the node is one of them.
    #[must_use]
    #[inline]
    pub fn contains(&self, node: Node) -> bool {
        !self.nodes.is_empty() && self.nodes.contains(&node)
    }
}

struct Walk<'a> {
    graph: &'a Graph,
    seen: HashSet<Node>,
    attached: Vec<Node>,
    detached: Vec<Node>,
}

impl Walk<'_> {
    fn enter(&mut self, node: Node, state: u8) {
        if !self.seen.insert(node) || self.graph.kind(node) != NodeKind::Native {
            return;
        }
        match state {
            ATTACHED => self.attached.push(node),
            DETACHED => self.detached.push(node),
            _ => {}
        }
    }

    fn spread(&mut self, node: Node, state: u8) {
        for edge in self.graph.edges(node) {
            if !matches!(self.graph.edge_kind(edge), EdgeKind::Hidden | EdgeKind::Weak) {
                self.enter(self.graph.to(edge), state);
            }
        }
    }
}
