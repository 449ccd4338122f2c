//! Which edges keep something alive, as far as dominators and retained sizes are concerned.

use super::special::Special;
use crate::snapshot::{Edge, EdgeKind, Graph, Node, NodeKind};

/// One bit for each edge.
pub struct Essential {
    bits: Vec<u64>,
}

impl Essential {
    /// All but: weak edges; edges of a node to itself; from the table of a `WeakMap` to a value, since its key has one too;
    /// shortcuts that do not start at the root; edges from what a debugger holds to what the program holds.
    #[must_use]
    pub fn find(graph: &Graph, special: &Special) -> Self {
        let owned = owned_by_program(graph);
        let mut bits = vec![0; (graph.edge_count() as usize).div_ceil(64)];
        for node in graph.nodes() {
            let is_root = node == Graph::ROOT;
            let is_owned = owned[node as usize];
            for edge in graph.edges(node) {
                let to = graph.to(edge);
                let keeps = match graph.edge_kind(edge) {
                    EdgeKind::Weak => false,
                    EdgeKind::Shortcut => is_root,
                    EdgeKind::Internal => special
                        .weak_map_edge(graph.edge_name_or_number(edge))
                        .is_none_or(|weak_map| weak_map.table != u64::from(graph.id(node))),
                    _ => true,
                };
                if keeps && to != node && (is_root || is_owned || !owned[to as usize]) {
                    bits[edge as usize / 64] |= 1 << (edge % 64);
                }
            }
        }
        Self { bits }
    }

    /// Whether the edge is one of them.
    #[must_use]
    #[inline]
    pub fn contains(&self, edge: Edge) -> bool {
        self.bits[edge as usize / 64] & (1 << (edge % 64)) != 0
    }
}

/// What can be reached from the global objects of the program: from shortcuts of the root, and from documents.
fn owned_by_program(graph: &Graph) -> Vec<bool> {
    let mut owned = vec![false; graph.node_count() as usize];
    let mut to_visit: Vec<Node> = Vec::new();
    for edge in graph.edges(Graph::ROOT) {
        let node = graph.to(edge);
        let is_start = match graph.edge_kind(edge) {
            EdgeKind::Shortcut => true,
            EdgeKind::Element => {
                graph.kind(node) == NodeKind::Synthetic && graph.name(node) == "(Document DOM trees)"
            }
            _ => false,
        };
        if is_start {
            owned[node as usize] = true;
            to_visit.push(node);
        }
    }
    while let Some(node) = to_visit.pop() {
        for edge in graph.edges(node) {
            let to = graph.to(edge);
            if !owned[to as usize] && graph.edge_kind(edge) != EdgeKind::Weak {
                owned[to as usize] = true;
                to_visit.push(to);
            }
        }
    }
    owned
}
