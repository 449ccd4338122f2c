//! A snapshot in columns: 17 bytes for each node and 8 for each edge.

use std::collections::BTreeMap;
use std::ops::Range;

use super::kinds::{EdgeKind, NodeKind};
use super::strings::Strings;

/// The position of a node. V8's ids are not positions.
pub type Node = u32;
/// The position of an edge.
pub type Edge = u32;

/// A heap snapshot; read-only. Node 0 is the root.
#[derive(Debug)]
pub struct Graph {
    pub(super) types: Vec<u8>,
    pub(super) names: Vec<u32>,
    pub(super) ids: Vec<u32>,
    pub(super) self_sizes: Sizes,
    /// Where the edges of each node start, and where those of the last one end.
    pub(super) first_edges: Vec<Edge>,
    pub(super) to_nodes: Vec<Node>,
    pub(super) edge_names: EdgeNames,
    /// Nodes with a state of attachment, in order.
    pub(super) detachedness: Vec<(Node, u8)>,
    pub(super) has_detachedness: bool,
    /// In order of nodes, one each.
    pub(super) locations: Vec<Location>,
    pub(super) strings: Strings,
    pub(super) kinds: Vec<NodeKind>,
    pub(super) type_names: Vec<String>,
    pub(super) extra_native_bytes: u64,
}

/// Where a function or the constructor of an object stands in its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Whose.
    pub node: Node,
    /// Id of the script, in that process.
    pub script: u32,
    /// Line, from 0.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}

impl Graph {
    /// The root.
    pub const ROOT: Node = 0;

    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        u32::try_from(self.names.len()).unwrap_or(u32::MAX)
    }

    /// How many edges there are.
    #[must_use]
    pub fn edge_count(&self) -> u32 {
        u32::try_from(self.to_nodes.len()).unwrap_or(u32::MAX)
    }

    /// All nodes.
    #[must_use]
    pub fn nodes(&self) -> Range<Node> {
        0..self.node_count()
    }

    /// What a node is.
    #[must_use]
    pub fn kind(&self, node: Node) -> NodeKind {
        self.kinds[self.types[node as usize] as usize]
    }

    /// The number of the type of a node in this file.
    #[must_use]
    pub fn raw_kind(&self, node: Node) -> u32 {
        u32::from(self.types[node as usize])
    }

    /// V8's name of the type of a node.
    #[must_use]
    pub fn type_name(&self, node: Node) -> &str {
        &self.type_names[self.types[node as usize] as usize]
    }

    /// The index of the name of a node.
    #[must_use]
    pub fn name_index(&self, node: Node) -> u32 {
        self.names[node as usize]
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, node: Node) -> &str {
        self.strings.get(self.names[node as usize])
    }

    /// The id of a node: the same in all snapshots of one process.
    #[must_use]
    pub fn id(&self, node: Node) -> u32 {
        self.ids[node as usize]
    }

    /// Sizes as the file has them.
    #[must_use]
    pub fn self_sizes(&self) -> &Sizes {
        &self.self_sizes
    }

    /// The edges of a node.
    #[must_use]
    pub fn edges(&self, node: Node) -> Range<Edge> {
        self.first_edges[node as usize]..self.first_edges[node as usize + 1]
    }

    /// Where the edges of a node lead, in order.
    #[must_use]
    #[inline]
    pub fn targets(&self, node: Node) -> &[Node] {
        let edges = self.edges(node);
        &self.to_nodes[edges.start as usize..edges.end as usize]
    }

    /// Where an edge leads.
    #[must_use]
    pub fn to(&self, edge: Edge) -> Node {
        self.to_nodes[edge as usize]
    }

    /// What an edge is.
    #[must_use]
    pub fn edge_kind(&self, edge: Edge) -> EdgeKind {
        self.edge_names.kind(edge)
    }

    /// The index of the name of an edge, or its number: see [`EdgeKind::is_numbered`].
    #[must_use]
    pub fn edge_name_or_number(&self, edge: Edge) -> u32 {
        self.edge_names.value(edge)
    }

    /// The name of an edge; nothing where it has a number.
    #[must_use]
    pub fn edge_name(&self, edge: Edge) -> Option<&str> {
        let is_named = !self.edge_kind(edge).is_numbered();
        is_named.then(|| self.strings.get(self.edge_names.value(edge)))
    }

    /// Where the function, or the constructor of the object, stands.
    #[must_use]
    pub fn location(&self, node: Node) -> Option<Location> {
        let at = self.locations.binary_search_by_key(&node, |location| location.node).ok()?;
        Some(self.locations[at])
    }

    /// All locations, in order of nodes.
    #[must_use]
    pub fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// Nodes that the embedder knows to be attached (1) or detached (2), in order of nodes. Nothing where the file has no
    /// such field.
    #[must_use]
    pub fn detachedness(&self) -> Option<&[(Node, u8)]> {
        self.has_detachedness.then_some(&self.detachedness)
    }

    /// All strings.
    #[must_use]
    pub fn strings(&self) -> &Strings {
        &self.strings
    }

    /// Bytes outside the heap that V8 reports as one sum.
    #[must_use]
    pub fn extra_native_bytes(&self) -> u64 {
        self.extra_native_bytes
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.types.capacity()
            + 4 * (self.names.capacity() + self.ids.capacity() + self.first_edges.capacity())
            + self.self_sizes.bytes()
            + 4 * self.to_nodes.capacity()
            + self.edge_names.bytes()
            + self.detachedness.capacity() * size_of::<(Node, u8)>()
            + self.locations.capacity() * size_of::<Location>()
            + self.strings.bytes()
    }
}

/// A size for each node: four bytes, and a table for the few that are larger than 4 GiB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sizes {
    small: Vec<u32>,
    large: BTreeMap<Node, u64>,
}

impl Sizes {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { small: Vec::with_capacity(count), large: BTreeMap::new() }
    }

    /// Adds the size of the next node.
    pub(super) fn push(&mut self, bytes: u64) {
        let node = self.small.len();
        self.small.push(0);
        self.set(u32::try_from(node).unwrap_or(u32::MAX), bytes);
    }

    /// Adds the sizes of the next nodes, all below 4 GiB.
    pub(super) fn extend(&mut self, bytes: impl Iterator<Item = u32>) {
        self.small.extend(bytes);
    }

    /// The size of a node.
    #[must_use]
    #[inline]
    pub fn get(&self, node: Node) -> u64 {
        match self.small[node as usize] {
            u32::MAX => self.large.get(&node).copied().unwrap_or(u64::from(u32::MAX)),
            bytes => u64::from(bytes),
        }
    }

    /// Replaces the size of a node.
    pub fn set(&mut self, node: Node, bytes: u64) {
        let small = u32::try_from(bytes).unwrap_or(u32::MAX);
        if self.small[node as usize] == u32::MAX {
            self.large.remove(&node);
        }
        self.small[node as usize] = small;
        if small == u32::MAX {
            self.large.insert(node, bytes);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.small.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    fn bytes(&self) -> usize {
        4 * self.small.capacity() + 32 * self.large.len()
    }
}

/// Type and name, or number, of each edge: 3 and 29 bits, and a table for the few numbers that need more.
#[derive(Debug, Default)]
pub struct EdgeNames {
    packed: Vec<u32>,
    large: BTreeMap<Edge, u32>,
}

const VALUE_BITS: u32 = 29;
const LARGE: u32 = (1 << VALUE_BITS) - 1;

impl EdgeNames {
    /// Names and numbers from here on need the table.
    pub(super) const LARGE: u32 = LARGE;

    /// The type, to which the value is added.
    pub(super) fn pack(kind: EdgeKind) -> u32 {
        kind.bits() << VALUE_BITS
    }

    /// Adds the next edges, packed, whose values all need no table.
    pub(super) fn extend(&mut self, packed: impl Iterator<Item = u32>) {
        self.packed.extend(packed);
    }

    /// Takes the last ones back, which need no table.
    pub(super) fn truncate(&mut self, count: usize) {
        self.packed.truncate(count);
    }

    pub(super) fn with_capacity(count: usize) -> Self {
        Self { packed: Vec::with_capacity(count), large: BTreeMap::new() }
    }

    pub(super) fn push(&mut self, kind: EdgeKind, value: u32) {
        if value >= LARGE {
            self.large.insert(u32::try_from(self.packed.len()).unwrap_or(u32::MAX), value);
        }
        self.packed.push(Self::pack(kind) | value.min(LARGE));
    }

    #[inline]
    fn kind(&self, edge: Edge) -> EdgeKind {
        EdgeKind::from_bits(self.packed[edge as usize] >> VALUE_BITS)
    }

    #[inline]
    fn value(&self, edge: Edge) -> u32 {
        match self.packed[edge as usize] & LARGE {
            LARGE => self.large.get(&edge).copied().unwrap_or(LARGE),
            value => value,
        }
    }

    fn bytes(&self) -> usize {
        4 * self.packed.capacity() + 24 * self.large.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_32_bits_are_kept() {
        let mut sizes = Sizes::default();
        for bytes in [1, u64::from(u32::MAX), 6_000_000_000] {
            sizes.push(bytes);
        }
        assert_eq!([sizes.get(0), sizes.get(1), sizes.get(2)], [1, u64::from(u32::MAX), 6_000_000_000]);
        sizes.set(2, 7);
        sizes.set(0, 5_000_000_000);
        assert_eq!([sizes.get(0), sizes.get(2)], [5_000_000_000, 7]);
        assert_eq!(sizes.large.len(), 2);
    }

    #[test]
    fn edge_numbers_beyond_29_bits_are_kept() {
        let mut names = EdgeNames::default();
        for value in [7, LARGE - 1, LARGE, u32::MAX] {
            names.push(EdgeKind::Element, value);
        }
        assert_eq!([0, 1, 2, 3].map(|edge| names.value(edge)), [7, LARGE - 1, LARGE, u32::MAX]);
        assert_eq!(names.kind(3), EdgeKind::Element);
    }
}
