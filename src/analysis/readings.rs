//! How paths read: positions do not count, and links of a chain read alike where that is asked for.

use std::ops::Range;

use super::hash::{FastMap, FastSet};
use super::paths::{Hop, NONE, Search, Tree, is_position};
use crate::snapshot::{Edge, EdgeKind, Node, NodeKind};

const ANY_POSITION: u32 = u32::MAX;
const ANY_CLASS: u32 = u32::MAX;

/// How paths read: equal numbers read alike, but for positions.
pub struct Readings<'a> {
    pub(super) search: &'a Search<'a>,
    tree: &'a Tree,
    /// Numbers of parent's reading, edge and class.
    numbers: FastMap<(u32, u32, u32), u32>,
    of_node: FastMap<Node, u32>,
    tables: FastMap<Node, u32>,
    folds_chains: bool,
    /// Classes whose objects make trees.
    trees: FastSet<u32>,
}

/// Links of a chain follow each other after so many hops at most: a promise, its reaction, a function, its scope, the function
/// that waits and its promise.
const MAX_LINK_HOPS: usize = 8;

/// So many nodes hang on one of their class by one name, and as many by another one, where they make a tree.
const MIN_BRANCHES: u32 = 8;

/// Classes whose objects hold whatever the program puts there, one of the same class too.
fn is_plain(class: &str) -> bool {
    matches!(class, "" | "Object" | "Array" | "Map" | "Set" | "Promise" | "Error")
        || class.starts_with("system / ")
}

/// An object that holds so many heads by names is a table, in which names are positions.
const MIN_TABLE_NAMES: u32 = 16;

impl<'a> Readings<'a> {
    /// `tops` are heads where they are themselves.
    #[must_use]
    pub fn new(search: &'a Search<'a>, tree: &'a Tree, tops: &[Node]) -> Self {
        let mut tables = FastMap::<Node, u32>::default();
        for &node in tree.order.iter().filter(|&&node| tops[node as usize] == node) {
            let edge = tree.edge[node as usize];
            if edge != NONE && search.graph.edge_kind(edge) == EdgeKind::Property {
                *tables.entry(tree.parent[node as usize]).or_default() += 1;
            }
        }
        tables.retain(|_, names| *names >= MIN_TABLE_NAMES);
        let (numbers, of_node) = (FastMap::default(), FastMap::default());
        Self { search, tree, numbers, of_node, tables, folds_chains: false, trees: FastSet::default() }
    }

    /// Links of a chain, each on the one before (`.next`, `.next` …), read alike, and so do nodes of a tree.
    #[must_use]
    pub fn folding_chains(self) -> Self {
        let mut by_name = FastMap::<(u32, u32), u32>::default();
        for &node in self.tree.order.iter().filter(|&&node| self.is_on_its_like(node)) {
            *by_name.entry(((self.search.class)(node), self.edge_to(node))).or_default() += 1;
        }
        let mut names = FastMap::<u32, u32>::default();
        for ((class, _), _) in by_name.into_iter().filter(|&(_, nodes)| nodes >= MIN_BRANCHES) {
            *names.entry(class).or_default() += 1;
        }
        let trees = names.into_iter().filter(|&(_, names)| names > 1).map(|(class, _)| class).collect();
        Self { folds_chains: true, trees, ..self }
    }

    /// Where a node is the next link of a chain: how many hops above it is the link before, which is held in the same way.
    #[must_use]
    pub fn link_hops(&self, node: Node) -> Option<usize> {
        (1..=MAX_LINK_HOPS).find(|&hops| self.repeats(node, hops) || hops == 1 && self.branches(node))
    }

    /// Whether a node is on one of its own class, by a name. Of plain objects, arrays and Maps that says nothing.
    fn is_on_its_like(&self, node: Node) -> bool {
        let (graph, parent) = (self.search.graph, self.tree.parent[node as usize]);
        parent != NONE
            && (self.search.class)(node) == (self.search.class)(parent)
            && graph.kind(node) == NodeKind::Object
            && graph.edge_kind(self.tree.edge[node as usize]) == EdgeKind::Property
            && self.edge_to(node) != ANY_POSITION
            && !is_plain(graph.name(node))
    }

    /// Whether a node is a branch of a tree, on the one before by whichever name (`.left`, `.right`).
    #[must_use]
    pub fn branches(&self, node: Node) -> bool {
        !self.trees.is_empty() && self.trees.contains(&(self.search.class)(node)) && self.is_on_its_like(node)
    }

    /// Whether the last hops to a node are those before them once more. Positions alone make no chain: `rows[*][*]`.
    fn repeats(&self, node: Node, hops: usize) -> bool {
        let above = |from: Node, hops: usize| {
            (0..hops).try_fold(from, |at, _| Some(self.tree.parent[at as usize]).filter(|&at| at != NONE))
        };
        let is_hop = |node: Node| self.tree.parent[node as usize] != NONE;
        let Some(mut before) = above(node, hops) else { return false };
        let (mut at, mut has_name) = (node, false);
        for _ in 0..hops {
            let is_alike = is_hop(at)
                && is_hop(before)
                && (self.search.class)(at) == (self.search.class)(before)
                && self.edge_to(at) == self.edge_to(before);
            if !is_alike {
                return false;
            }
            has_name = has_name || self.edge_to(at) != ANY_POSITION;
            (at, before) = (self.tree.parent[at as usize], self.tree.parent[before as usize]);
        }
        has_name
    }

    /// The hops of a path that say nothing new: further links of a chain.
    #[must_use]
    pub fn further_links(&self, path: &[Hop]) -> Range<usize> {
        let link = |hop: &Hop| self.link_hops(hop.node);
        let Some(first) = path.iter().position(|hop| link(hop).is_some()) else { return 0..0 };
        let hops = link(&path[first]).unwrap_or(1);
        let length = path[first..].iter().take_while(|hop| link(hop) == Some(hops)).count();
        // From the end of the first link on, by whole links.
        let start = first + 1 - hops;
        start..start + length.div_ceil(hops) * hops
    }

    /// Of the path to a node: that of its parent's, the edge and the class.
    pub fn of(&mut self, node: Node) -> u32 {
        let mut open = Vec::new();
        let mut at = node;
        let mut reading = loop {
            if let Some(&known) = self.of_node.get(&at) {
                break known;
            }
            if self.tree.parent[at as usize] == NONE {
                break 0;
            }
            open.push(at);
            at = self.tree.parent[at as usize];
        };
        for node in open.into_iter().rev() {
            reading = match self.link_before(node) {
                Some(known) => known,
                None => self.number(reading, self.edge_to(node), (self.search.class)(node)),
            };
            self.of_node.insert(node, reading);
        }
        reading
    }

    /// The reading of the link before, where a node is the next one.
    fn link_before(&self, node: Node) -> Option<u32> {
        let hops = self.folds_chains.then(|| self.link_hops(node)).flatten()?;
        let before = (0..hops).fold(node, |at, _| self.tree.parent[at as usize]);
        self.of_node.get(&before).copied()
    }

    /// Of the place at which a node is held, whatever its class and in whichever storage of the holder: the keys of a table
    /// are held where its values are.
    pub fn of_place(&mut self, node: Node) -> u32 {
        let parent = self.tree.parent[node as usize];
        if parent == NONE {
            return 0;
        }
        let above = self.of(self.holder(parent));
        let edge = if self.branches(node) { ANY_POSITION } else { self.edge_to(node) };
        self.number(above, edge, ANY_CLASS)
    }

    /// Whose storage a node is; itself where it is none.
    #[must_use]
    pub fn holder(&self, node: Node) -> Node {
        let mut holder = node;
        while self.search.sizes.get(holder) == 0
            && matches!(self.search.graph.kind(holder), NodeKind::Array | NodeKind::Hidden)
            && self.tree.parent[holder as usize] != NONE
        {
            holder = self.tree.parent[holder as usize];
        }
        holder
    }

    /// Of a key in the storage of a Map or of an object's properties, the value where that is held there too.
    #[must_use]
    pub fn value_of(&self, key: Node) -> Option<Node> {
        self.neighbour(key, |edge| edge.checked_add(1), 1)
    }

    /// Of a value in the storage of a Map, the key in the same way.
    #[must_use]
    pub fn key_of(&self, value: Node) -> Option<Node> {
        self.neighbour(value, |edge| edge.checked_sub(1), u32::MAX)
    }

    /// What the storage has so many places further, a node of its own whose holder is the same. V8 puts a value behind its key;
    /// entries of a Set, and pairs, have something between them that is no object.
    fn neighbour(&self, node: Node, other: impl Fn(Edge) -> Option<Edge>, places: u32) -> Option<Node> {
        let storage = self.tree.parent[node as usize];
        if storage == NONE || self.holder(storage) == storage {
            return None;
        }
        let (graph, edge) = (self.search.graph, self.tree.edge[node as usize]);
        let place = |edge: Edge| graph.edge_name(edge).and_then(|name| name.parse::<u32>().ok());
        let other = other(edge).filter(|other| graph.edges(storage).contains(other))?;
        let is_next = place(other)? == place(edge)?.wrapping_add(places);
        let to = graph.to(other);
        let parent = self.tree.parent[to as usize];
        let is_beside = parent != NONE && self.holder(parent) == self.holder(storage);
        (is_next && is_beside && self.search.sizes.get(to) > 0).then_some(to)
    }

    /// Of a reference: that of the path to where it comes from, its name and the class of what it leads to. An array and its
    /// storage lead to the same elements.
    pub fn of_reference(&mut self, from: Node, edge: Edge) -> u32 {
        let (name, class) = (self.edge(from, edge), (self.search.class)(self.search.graph.to(edge)));
        let from = if name == ANY_POSITION { self.holder(from) } else { from };
        let above = self.of(from);
        self.number(above, name, class)
    }

    fn number(&mut self, above: u32, edge: u32, class: u32) -> u32 {
        let next = u32::try_from(self.numbers.len() + 1).unwrap_or(u32::MAX);
        *self.numbers.entry((above, edge, class)).or_insert(next)
    }

    fn edge_to(&self, node: Node) -> u32 {
        self.edge(self.tree.parent[node as usize], self.tree.edge[node as usize])
    }

    fn edge(&self, from: Node, edge: Edge) -> u32 {
        match self.search.graph.edge_name(edge) {
            Some(name) if !is_position(name) && !self.is_table_name(from, edge) => {
                self.search.graph.edge_name_or_number(edge)
            }
            _ => ANY_POSITION,
        }
    }

    /// The path to a node, from below the root on.
    #[must_use]
    pub fn path(&self, to: Node) -> Vec<Hop> {
        self.tree.path(to)
    }

    /// Whether the name by which a node is held is one of many.
    #[must_use]
    pub fn is_in_table(&self, node: Node) -> bool {
        self.is_table_name(self.tree.parent[node as usize], self.tree.edge[node as usize])
    }

    /// The same of a reference.
    #[must_use]
    pub fn is_table_name(&self, from: Node, edge: Edge) -> bool {
        !self.tables.is_empty()
            && self.tables.contains_key(&from)
            && self.search.graph.edge_kind(edge) == EdgeKind::Property
    }
}
