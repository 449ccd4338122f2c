//! Shallow sizes as they are shown: storage belongs to what it stores for.
//!
//! An array object is a few words, its elements are in a node of their own. So a node of V8's own making (hidden, array,
//! and the text of external strings) that exactly one other node leads to gives its size away to that one.

use super::members::Members;
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
    for (node, owner) in Owners::find(graph, detached).gifts() {
        sizes.set(owner, sizes.get(owner).saturating_add(sizes.get(node)));
        sizes.set(node, 0);
    }
    sizes
}

/// The same sizes, for those who ask for each once: what differs from the file takes a tenth of the memory.
pub struct ShallowSizes<'a> {
    own: &'a Sizes,
    given_away: Members,
    owners: Members,
    /// What each owner got.
    got: Vec<u64>,
}

impl<'a> ShallowSizes<'a> {
    /// The sizes of a graph.
    #[must_use]
    pub fn of(graph: &'a Graph, detached: &Detached) -> Self {
        let (own, nodes) = (graph.self_sizes(), graph.node_count());
        let gifts = Owners::find(graph, detached);
        let given_away = Members::from(nodes, gifts.gifts().map(|(node, _)| node));
        let owners = Members::from(nodes, gifts.gifts().map(|(_, owner)| owner));
        let mut got = vec![0_u64; owners.len()];
        for (node, owner) in gifts.gifts() {
            let got = &mut got[owners.number(owner)];
            *got = got.saturating_add(own.get(node));
        }
        Self { own, given_away, owners, got }
    }

    /// The size of a node.
    #[must_use]
    #[inline]
    pub fn get(&self, node: Node) -> u64 {
        if self.given_away.contains(node) {
            return 0;
        }
        let own = self.own.get(node);
        if self.owners.contains(node) { own.saturating_add(self.got[self.owners.number(node)]) } else { own }
    }
}

/// The one node that each piece of storage belongs to.
struct Owners<'a> {
    graph: &'a Graph,
    storage: Members,
    of: Vec<Node>,
}

impl<'a> Owners<'a> {
    fn find(graph: &'a Graph, detached: &Detached) -> Self {
        let has_user_roots = graph.edges(Graph::ROOT).any(|edge| is_user_root(graph, graph.to(edge)));
        let is_storage = |node| has_user_roots && is_storage(graph, detached, node);
        let storage = Members::of(graph.node_count(), is_storage);
        let of = vec![NOBODY; storage.len()];
        let mut owners = Self { graph, storage, of };
        if has_user_roots {
            owners.spread();
        }
        owners
    }

    fn spread(&mut self) {
        // The order of the visits changes nothing: an owner is only ever replaced by "several", and then passed on again.
        let mut to_visit = Vec::new();
        for start in self.graph.nodes() {
            if self.storage.contains(start) {
                continue;
            }
            self.offer(start, start, &mut to_visit);
            while let Some(node) = to_visit.pop() {
                self.offer(node, self.of[self.storage.number(node)], &mut to_visit);
            }
        }
    }

    /// Storage that a node leads to belongs to the owner, unless it belongs to another one already.
    #[inline]
    fn offer(&mut self, node: Node, owner: Node, to_visit: &mut Vec<Node>) {
        for (edge, &target) in self.graph.edges(node).zip(self.graph.targets(node)) {
            if !self.storage.contains(target) || self.graph.edge_kind(edge) == EdgeKind::Weak {
                continue;
            }
            let known = &mut self.of[self.storage.number(target)];
            if *known == owner || *known == SEVERAL {
                continue;
            }
            *known = if *known == NOBODY { owner } else { SEVERAL };
            to_visit.push(target);
        }
    }

    /// Storage, and who gets its size.
    fn gifts(&self) -> impl Iterator<Item = (Node, Node)> {
        self.storage.iter().zip(self.of.iter().copied()).filter(|&(_, owner)| {
            let is_one = owner != NOBODY && owner != SEVERAL && owner != Graph::ROOT;
            is_one && self.graph.kind(owner) != NodeKind::Synthetic
        })
    }
}

fn is_storage(graph: &Graph, detached: &Detached, node: Node) -> bool {
    match graph.kind(node) {
        NodeKind::Hidden | NodeKind::Array => true,
        NodeKind::Native => graph.name(node) == "system / ExternalStringData" && !detached.contains(node),
        _ => false,
    }
}
