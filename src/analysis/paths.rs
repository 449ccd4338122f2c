//! What holds the objects that came since an earlier snapshot: one path for each way of holding them.
//!
//! Every object gets one path from the root, in a tree. Old objects come first, so that a path leads from what was there
//! already to what is new, and hops that explain nothing (`__proto__`, `constructor`, the map of an object) are avoided
//! while there is another way. Only the **heads** are told: new objects that hang on an old one. What hangs on a head is
//! added to it. Heads whose paths read alike are one group: positions in arrays and tables do not count.

use std::collections::HashMap;

use super::essential::Essential;
use super::hash::FastMap;
use super::readings::Readings;
use crate::snapshot::{Edge, EdgeKind, Graph, Node, NodeKind, Sizes};

/// New objects that are held alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// How many heads.
    pub heads: u64,
    /// Heads, and new objects that hang on them.
    pub objects: u64,
    /// Their shallow sizes.
    pub bytes: u64,
    /// The path to one of the heads, from below the root on.
    pub path: Vec<Hop>,
    /// From this hop on the path is suspect: the last variable or property before the head.
    pub suspect_from: usize,
    /// Each head has a name of its own in the object that holds it: keys of an object that is used as a table.
    pub any_name: bool,
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Over which edge.
    pub edge: Edge,
    /// To which node.
    pub node: Node,
}

/// What a path is looked for with.
pub struct Search<'a> {
    /// The later snapshot.
    pub graph: &'a Graph,
    /// The edges that hold something.
    pub essential: &'a Essential,
    /// Shallow sizes; what has none belongs to its owner.
    pub sizes: &'a Sizes,
    /// Whether an object is new.
    pub is_new: &'a dyn Fn(Node) -> bool,
    /// What a node is called in a path: equal names read alike.
    pub class: &'a dyn Fn(Node) -> u32,
}

/// No node, or no edge.
pub const NONE: u32 = u32::MAX;
/// What runs while V8 takes the snapshot holds it for a moment: any other path says more.
const STACK_HOP: u32 = 1_000;
/// A hop that explains nothing costs as much as so many others: a timer's function sees variables of its module as all
/// functions of it do, and holds them by chance.
const POOR_HOP: u32 = 12;
/// A property belongs to a variable so far away at most: `bus._events.end` is two hops.
const HOPS_FROM_VARIABLE: usize = 3;

/// All groups, the one with most bytes first.
#[must_use]
pub fn holdings(search: &Search<'_>) -> Vec<Holding> {
    let tree = Tree::grow(search);
    let tops = tree.tops(search);
    let mut readings = Readings::new(search, &tree, &tops);
    let mut groups = Groups::default();
    for &node in &tree.order {
        if !(search.is_new)(node) || search.sizes.get(node) == 0 {
            continue;
        }
        let head = tops[node as usize];
        let group = groups.of(&mut readings, head);
        let holding = &mut groups.all[group];
        holding.heads += u64::from(head == node);
        holding.objects += 1;
        holding.bytes = holding.bytes.saturating_add(search.sizes.get(node));
    }
    let mut all = groups.all;
    all.sort_by_key(|holding| (std::cmp::Reverse(holding.bytes), holding.path.last().map(|hop| hop.node)));
    all
}

/// One path to every node.
pub struct Tree {
    /// The node above each, [`NONE`] above the root and what nothing leads to.
    pub parent: Vec<Node>,
    /// Over which edge.
    pub edge: Vec<Edge>,
    /// Nodes behind their parents.
    pub order: Vec<Node>,
}

impl Tree {
    /// Finds the paths.
    #[must_use]
    pub fn grow(search: &Search<'_>) -> Self {
        let count = search.graph.node_count() as usize;
        let mut tree =
            Self { parent: vec![NONE; count], edge: vec![NONE; count], order: Vec::with_capacity(count) };
        let mut costs = vec![u32::MAX; count];
        costs[Graph::ROOT as usize] = 0;
        let mut new = Queue::default();
        let mut old = Queue::default();
        old.push(0, Graph::ROOT);
        let mut is_done = vec![false; count];
        // Whether the way to a node goes over a new one. However short that is, it never replaces one that does not.
        let mut is_over_new = vec![false; count];
        // Old objects are all reached before the first new one is left.
        while let Some((cost, node)) = old.pop().or_else(|| new.pop()) {
            if std::mem::replace(&mut is_done[node as usize], true) {
                continue;
            }
            tree.order.push(node);
            let goes_over_new = is_over_new[node as usize] || (search.is_new)(node);
            for edge in search.graph.edges(node).filter(|&edge| search.essential.contains(edge)) {
                let to = search.graph.to(edge);
                let cost = cost.saturating_add(hop_cost(search.graph, node, edge));
                let is_known = costs[to as usize] != u32::MAX;
                let is_worse = is_known && goes_over_new && !is_over_new[to as usize];
                if is_done[to as usize] || cost >= costs[to as usize] || is_worse {
                    continue;
                }
                is_over_new[to as usize] = goes_over_new;
                costs[to as usize] = cost;
                tree.parent[to as usize] = node;
                tree.edge[to as usize] = edge;
                let queue = if (search.is_new)(to) { &mut new } else { &mut old };
                queue.push(cost, to);
            }
        }
        tree
    }

    /// Of each new object the topmost one of the new objects in a row that its path ends with, [`NONE`] of an old one.
    /// Storage that belongs to another object is passed over.
    fn tops(&self, search: &Search<'_>) -> Vec<Node> {
        let mut tops = vec![NONE; self.parent.len()];
        for &node in &self.order {
            let parent = self.parent[node as usize];
            let above = if parent == NONE { NONE } else { tops[parent as usize] };
            tops[node as usize] = match (search.sizes.get(node) == 0, (search.is_new)(node)) {
                (false, false) => NONE,
                (false, true) if above == NONE => node,
                _ => above,
            };
        }
        tops
    }

    /// Of each node the topmost new object on its path, itself where that is the first: old objects too may hang on new
    /// ones alone, as in a list that grows at its head.
    #[must_use]
    pub fn topmost(&self, search: &Search<'_>) -> Vec<Node> {
        let mut tops = vec![NONE; self.parent.len()];
        for &node in &self.order {
            let parent = self.parent[node as usize];
            let above = if parent == NONE { NONE } else { tops[parent as usize] };
            let is_top = above == NONE && parent != NONE && (search.is_new)(node);
            tops[node as usize] = if is_top { node } else { above };
        }
        tops
    }

    /// The path to a node, from below the root on.
    #[must_use]
    pub fn path(&self, to: Node) -> Vec<Hop> {
        let mut path = Vec::new();
        let mut node = to;
        while self.parent[node as usize] != NONE {
            path.push(Hop { edge: self.edge[node as usize], node });
            node = self.parent[node as usize];
        }
        path.reverse();
        path
    }
}

/// Nodes by cost. Costs grow by little, so there is a list for each.
#[derive(Default)]
struct Queue {
    lists: Vec<Vec<Node>>,
    first: usize,
}

impl Queue {
    fn push(&mut self, cost: u32, node: Node) {
        let cost = cost as usize;
        if self.lists.len() <= cost {
            self.lists.resize_with(cost + 1, Vec::new);
        }
        self.first = self.first.min(cost);
        self.lists[cost].push(node);
    }

    fn pop(&mut self) -> Option<(u32, Node)> {
        while self.first < self.lists.len() {
            if let Some(node) = self.lists[self.first].pop() {
                return Some((u32::try_from(self.first).unwrap_or(u32::MAX), node));
            }
            self.first += 1;
        }
        None
    }
}

fn hop_cost(graph: &Graph, from: Node, edge: Edge) -> u32 {
    if from != Graph::ROOT && graph.kind(from) == NodeKind::Synthetic && is_momentary(graph, graph.to(edge)) {
        return if is_stack(graph, from) { STACK_HOP } else { POOR_HOP };
    }
    match graph.edge_name(edge) {
        Some(
            "__proto__" | "constructor" | "prototype" | "map" | "feedback_cell" | "code" | "shared"
            | "_onTimeout" | "_onImmediate",
        ) => POOR_HOP,
        _ => 1,
    }
}

/// Whether what a group of roots (the stack, handles of the compiler) leads to may be there just now: all but the scope of a
/// function, whose variables say more than a place on the stack.
fn is_momentary(graph: &Graph, node: Node) -> bool {
    graph.kind(node) != NodeKind::Synthetic && graph.name(node) != "system / Context"
}

/// What runs while V8 takes the snapshot.
#[must_use]
pub fn is_stack(graph: &Graph, node: Node) -> bool {
    graph.kind(node) == NodeKind::Synthetic && graph.name(node) == "(Stack roots)"
}

/// Whether a name is a position in a table: V8 numbers the slots of a Map or Set as names.
#[must_use]
pub fn is_position(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Heads by how their paths read.
#[derive(Default)]
struct Groups {
    of_head: FastMap<Node, usize>,
    by_reading: HashMap<u32, usize>,
    all: Vec<Holding>,
}

impl Groups {
    fn of(&mut self, readings: &mut Readings<'_>, head: Node) -> usize {
        if let Some(&group) = self.of_head.get(&head) {
            return group;
        }
        let next = self.all.len();
        let group = *self.by_reading.entry(readings.of(head)).or_insert(next);
        if group == next {
            let path = readings.path(head);
            let any_name = readings.is_in_table(head);
            let suspect_from = suspect_from(readings.search.graph, &path, any_name);
            self.all.push(Holding { heads: 0, objects: 0, bytes: 0, path, suspect_from, any_name });
        }
        self.of_head.insert(head, group);
        group
    }
}

/// The last hop over a name that somebody wrote before the head; where that is a property of what a variable holds, or of
/// a part of it, the hop over the variable. The name of the last hop does not count where it is `any_name`.
#[must_use]
pub fn suspect_from(graph: &Graph, path: &[Hop], any_name: bool) -> usize {
    let path = &path[..path.len() - usize::from(any_name && !path.is_empty())];
    let is = |hop: &Hop, kind: EdgeKind| {
        let name = graph.edge_name(hop.edge);
        graph.edge_kind(hop.edge) == kind && name.is_some_and(|name| !is_position(name))
    };
    let is_written = |hop: &Hop| is(hop, EdgeKind::Context) || is(hop, EdgeKind::Property);
    let Some(last) = path.iter().rposition(is_written) else { return path.len().saturating_sub(1) };
    let first = last.saturating_sub(HOPS_FROM_VARIABLE);
    let variable = path[first..=last].iter().rposition(|hop| is(hop, EdgeKind::Context));
    variable.map_or(last, |variable| first + variable)
}
