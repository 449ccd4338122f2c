//! How many steps a node is away from what the program itself holds.

use super::is_user_root;
use super::special::Special;
use crate::snapshot::{Edge, EdgeKind, Graph, Node, NodeKind};

/// Of what only V8's own roots reach: so many steps more.
pub const SYSTEM: i32 = 100_000_000;
/// Of what nothing reaches.
pub const NONE: i32 = -5;

/// The distance of each node.
///
/// Weak edges, the descriptors of maps and one map of V8's contexts are no way. A value in a `WeakMap` is reached by the
/// later one of its key and the table.
#[must_use]
pub fn distances(graph: &Graph, special: &Special) -> Vec<i32> {
    let count = graph.node_count() as usize;
    let mut search = Search {
        graph,
        special,
        distances: vec![NONE; count],
        to_visit: Vec::with_capacity(count),
        half_reached: vec![false; special.pair_count],
    };
    for edge in graph.edges(Graph::ROOT) {
        let node = graph.to(edge);
        if is_user_root(graph, node) {
            search.distances[node as usize] = 1;
            search.to_visit.push(node);
        }
    }
    let has_user_roots = !search.to_visit.is_empty();
    search.spread();
    search.distances[Graph::ROOT as usize] = if has_user_roots { SYSTEM } else { 0 };
    search.to_visit.push(Graph::ROOT);
    search.spread();
    search.distances
}

struct Search<'a> {
    graph: &'a Graph,
    special: &'a Special,
    distances: Vec<i32>,
    to_visit: Vec<Node>,
    /// Pairs of which one of the two edges has been met.
    half_reached: Vec<bool>,
}

/// What edges of a node are no way.
enum Blocked {
    None,
    SloppyFunctionMap,
    MapDescriptors,
}

impl Search<'_> {
    fn spread(&mut self) {
        let mut next = 0;
        while let Some(&node) = self.to_visit.get(next) {
            next += 1;
            let distance = self.distances[node as usize] + 1;
            let blocked = self.blocked(node);
            for edge in self.graph.edges(node) {
                let to = self.graph.to(edge);
                if self.graph.edge_kind(edge) == EdgeKind::Weak || self.distances[to as usize] != NONE {
                    continue;
                }
                if self.is_way(&blocked, edge) {
                    self.distances[to as usize] = distance;
                    self.to_visit.push(to);
                }
            }
        }
        self.to_visit.clear();
    }

    fn blocked(&self, node: Node) -> Blocked {
        let name = self.graph.name_index(node);
        match self.graph.kind(node) {
            NodeKind::Hidden if self.special.native_context.contains(&name) => Blocked::SloppyFunctionMap,
            NodeKind::Array if self.special.map_descriptors.contains(&name) => Blocked::MapDescriptors,
            _ => Blocked::None,
        }
    }

    fn is_way(&mut self, blocked: &Blocked, edge: Edge) -> bool {
        let kind = self.graph.edge_kind(edge);
        let name = self.graph.edge_name_or_number(edge);
        match blocked {
            Blocked::SloppyFunctionMap
                if !kind.is_numbered() && self.special.sloppy_function_map.contains(&name) =>
            {
                return false;
            }
            // Of three entries each, the second one leads into another map's properties.
            Blocked::MapDescriptors => {
                let index = if kind.is_numbered() {
                    Some(i64::from(name))
                } else {
                    leading_number(self.graph.strings().get(name))
                };
                return index.is_none_or(|index| index < 2 || index % 3 != 1);
            }
            _ => {}
        }
        if kind != EdgeKind::Internal {
            return true;
        }
        let Some(weak_map) = self.special.weak_map_edge(name) else { return true };
        let half = &mut self.half_reached[weak_map.pair as usize];
        *half = !*half;
        !*half
    }
}

/// What JavaScript's `parseInt` makes of a text.
fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end.min(18)].parse::<i64>().ok().map(|number| sign * number)
}
