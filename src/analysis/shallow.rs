//! Shallow sizes as they are shown: storage belongs to what it stores for.
//!
//! An array object is a few words, its elements are in a node of their own. So a node of V8's own making (hidden, array,
//! and the text of external strings) that exactly one other node leads to gives its size away to that one.

use super::{Detached, is_user_root};
use crate::snapshot::{EdgeKind, Graph, Node, NodeKind, Sizes};

const NOBODY: Node = Node::MAX;
const SEVERAL: Node = Node::MAX - 1;

/// The sizes of all nodes after storage has been given to its owners.
///
/// As they are in a snapshot that has no roots of the program: that one was taken with V8's internals exposed.
#[must_use]
pub fn shallow_sizes(graph: &Graph, detached: &Detached) -> Sizes {
    let mut sizes = graph.self_sizes().clone();
    if !graph.edges(Graph::ROOT).any(|edge| is_user_root(graph, graph.to(edge))) {
        return sizes;
    }
    for (node, &owner) in (0..).zip(&owners(graph, detached)) {
        if owner == node || owner == NOBODY || owner == SEVERAL {
            continue;
        }
        if owner == Graph::ROOT || graph.kind(owner) == NodeKind::Synthetic {
            continue;
        }
        sizes.set(owner, sizes.get(owner).saturating_add(sizes.get(node)));
        sizes.set(node, 0);
    }
    sizes
}

/// The one node that each node belongs to: itself, unless it is storage.
fn owners(graph: &Graph, detached: &Detached) -> Vec<Node> {
    let first = |node| if is_storage(graph, detached, node) { NOBODY } else { node };
    let mut owner_of: Vec<Node> = graph.nodes().map(first).collect();
    // The order of the visits changes nothing: an owner is only ever replaced by "several", and then passed on again.
    let mut to_visit = Vec::new();
    for start in graph.nodes() {
        if owner_of[start as usize] != start {
            continue;
        }
        to_visit.push(start);
        while let Some(node) = to_visit.pop() {
            let owner = owner_of[node as usize];
            for edge in graph.edges(node) {
                if graph.edge_kind(edge) == EdgeKind::Weak {
                    continue;
                }
                let target = graph.to(edge);
                let known = &mut owner_of[target as usize];
                if *known == target || *known == owner || *known == SEVERAL {
                    continue;
                }
                *known = if *known == NOBODY { owner } else { SEVERAL };
                to_visit.push(target);
            }
        }
    }
    owner_of
}

fn is_storage(graph: &Graph, detached: &Detached, node: Node) -> bool {
    match graph.kind(node) {
        NodeKind::Hidden | NodeKind::Array => true,
        NodeKind::Native => graph.name(node) == "system / ExternalStringData" && !detached.contains(node),
        _ => false,
    }
}
