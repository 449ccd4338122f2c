//! Rows into columns, each number checked.

use super::batches::EdgeCodes;
use super::error::{ErrorKind, Result, SnapshotError};
use super::graph::{EdgeNames, Graph, Location, Sizes};
use super::ids::Ids;
use super::kinds::EdgeKind;
use super::meta::Meta;
use super::strings::Strings;

/// The columns of a graph while they fill.
pub struct Columns {
    pub(super) meta: Meta,
    pub(super) to_node: Ordinals,
    pub(super) edge_codes: EdgeCodes,
    pub(super) types: Vec<u8>,
    pub(super) names: Vec<u32>,
    pub(super) ids: Vec<u32>,
    pub(super) self_sizes: Sizes,
    pub(super) first_edges: Vec<u32>,
    pub(super) edges_announced: u64,
    pub(super) to_nodes: Vec<u32>,
    pub(super) edge_names: EdgeNames,
    pub(super) detachedness: Vec<(u32, u8)>,
    pub(super) locations: Vec<Location>,
    pub(super) ids_seen: Ids,
    /// The largest index of a string, and the row that has it; strings come last.
    pub(super) largest_name: Option<(u64, u64)>,
}

impl Columns {
    /// `bytes` is the size of the file where it is known: no row takes fewer than two bytes for each field.
    pub fn new(meta: Meta, bytes: Option<u64>) -> Self {
        let room = |count: u32, fields: usize| {
            // Of a stream nobody knows how long it is, and what a file says of itself is no reason to believe it.
            let most = bytes.map_or(1 << 20, |bytes| bytes / (2 * fields.max(1) as u64));
            usize::try_from(u64::from(count).min(most)).unwrap_or(0)
        };
        let nodes = room(meta.node_count, meta.node.count);
        let edges = room(meta.edge_count, meta.edge.count);
        Self {
            to_node: Ordinals::new(meta.node.count),
            edge_codes: EdgeCodes::new(&meta.edge_types),
            types: Vec::with_capacity(nodes),
            names: Vec::with_capacity(nodes),
            ids: Vec::with_capacity(nodes),
            self_sizes: Sizes::with_capacity(nodes),
            first_edges: Vec::with_capacity(nodes + 1),
            edges_announced: 0,
            to_nodes: Vec::with_capacity(edges),
            edge_names: EdgeNames::with_capacity(edges),
            detachedness: Vec::new(),
            locations: Vec::new(),
            ids_seen: Ids::default(),
            largest_name: None,
            meta,
        }
    }

    /// What the file says of itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Adds a node.
    pub fn node(&mut self, row: &[u64], at: u64) -> Result<()> {
        let fields = &self.meta.node;
        let node = self.names.len();
        if node >= self.meta.node_count as usize {
            let problem =
                format!("there are more than the {} nodes that were announced", self.meta.node_count);
            return Err(SnapshotError::new(ErrorKind::Count, at, problem));
        }
        let kind = row[fields.kind];
        if kind >= self.meta.node_types.len() as u64 {
            return Err(missing(at, &format!("node {node} has type {kind}"), self.meta.node_types.len()));
        }
        let (Ok(name), Ok(id)) = (u32::try_from(row[fields.name]), u32::try_from(row[fields.id])) else {
            let problem = format!("node {node}: its name or its id does not fit into 32 bits");
            return Err(SnapshotError::new(ErrorKind::Reference, at, problem));
        };
        if !self.ids_seen.insert(id) {
            return Err(twice(node, id, at));
        }
        let first_edge = self.edges_announced;
        self.edges_announced = first_edge.saturating_add(row[fields.edge_count]);
        if self.edges_announced > u64::from(self.meta.edge_count) {
            let problem = format!("node {node} has edges beyond the {} announced", self.meta.edge_count);
            return Err(SnapshotError::new(ErrorKind::Count, at, problem));
        }
        if let Some(state) = fields.detachedness.map(|field| row[field]).filter(|&state| state != 0) {
            self.detachedness.push(attachment(node, state));
        }
        self.types.push(u8::try_from(kind).unwrap_or(u8::MAX));
        self.names.push(name);
        self.ids.push(id);
        self.self_sizes.push(row[fields.self_size]);
        self.first_edges.push(u32::try_from(first_edge).unwrap_or(u32::MAX));
        self.named(u64::from(name), at);
        Ok(())
    }

    /// Adds an edge.
    pub fn edge(&mut self, row: &[u64], at: u64) -> Result<()> {
        let fields = &self.meta.edge;
        let edge = self.to_nodes.len();
        if edge >= self.meta.edge_count as usize {
            let problem =
                format!("there are more than the {} edges that were announced", self.meta.edge_count);
            return Err(SnapshotError::new(ErrorKind::Count, at, problem));
        }
        let kind = usize::try_from(row[fields.kind]).ok().and_then(|kind| self.meta.edge_types.get(kind));
        let Some(&kind) = kind else {
            let what = format!("edge {edge} has type {}", row[fields.kind]);
            return Err(missing(at, &what, self.meta.edge_types.len()));
        };
        let Some(to) = self.to_node.ordinal(row[fields.to_node], self.meta.node_count) else {
            let problem = format!("edge {edge} leads to {}, where no node starts", row[fields.to_node]);
            return Err(SnapshotError::new(ErrorKind::Reference, at, problem));
        };
        self.edge_to(kind, row[fields.name], to, at)
    }

    #[inline]
    fn edge_to(&mut self, kind: EdgeKind, name: u64, to: u32, at: u64) -> Result<()> {
        if !kind.is_numbered() {
            self.named(name, at);
        }
        let Ok(name) = u32::try_from(name) else {
            let problem =
                format!("edge {}: its name or number does not fit into 32 bits", self.to_nodes.len());
            return Err(SnapshotError::new(ErrorKind::Reference, at, problem));
        };
        self.to_nodes.push(to);
        self.edge_names.push(kind, name);
        Ok(())
    }

    /// Adds a location.
    pub fn location(&mut self, row: &[u64], at: u64) -> Result<()> {
        let Some(fields) = &self.meta.location else { return Ok(()) };
        let Some(node) = self.to_node.ordinal(row[fields.node], self.meta.node_count) else {
            let problem = format!("a location is of {}, where no node starts", row[fields.node]);
            return Err(SnapshotError::new(ErrorKind::Reference, at, problem));
        };
        let numbers = [fields.script, fields.line, fields.column].map(|field| u32::try_from(row[field]));
        let [Ok(script), Ok(line), Ok(column)] = numbers else {
            let problem = format!("the location of node {node} does not fit into 32 bits");
            return Err(SnapshotError::new(ErrorKind::Reference, at, problem));
        };
        self.locations.push(Location { node, script, line, column });
        Ok(())
    }

    #[inline]
    fn named(&mut self, name: u64, at: u64) {
        if self.largest_name.is_none_or(|(largest, _)| name > largest) {
            self.largest_name = Some((name, at));
        }
    }

    /// The nodes are over.
    pub fn nodes_end(&mut self, at: u64) -> Result<()> {
        self.ids_seen = Ids::default();
        self.first_edges.push(u32::try_from(self.edges_announced).unwrap_or(u32::MAX));
        complete(at, "nodes", self.names.len(), self.meta.node_count)?;
        let edges = usize::try_from(self.edges_announced).unwrap_or(usize::MAX);
        complete(at, "edges of all nodes", edges, self.meta.edge_count)
    }

    /// The edges are over.
    pub fn edges_end(&mut self, at: u64) -> Result<()> {
        complete(at, "edges", self.to_nodes.len(), self.meta.edge_count)
    }

    /// The graph. `end` is where the file ends.
    pub fn finish(mut self, strings: Strings, end: u64) -> Result<Graph> {
        if self.names.is_empty() {
            return Err(SnapshotError::new(ErrorKind::Count, end, "there are no nodes"));
        }
        if let Some((name, at)) = self.largest_name.filter(|(name, _)| *name >= strings.len() as u64) {
            let problem = format!("string {name} is named; there are {}", strings.len());
            return Err(SnapshotError::new(ErrorKind::Reference, at, problem));
        }
        // The last of several for one node counts, as it does in DevTools.
        self.locations.reverse();
        self.locations.sort_by_key(|location| location.node);
        self.locations.dedup_by_key(|location| location.node);
        self.locations.shrink_to_fit();
        Ok(Graph {
            types: self.types,
            names: self.names,
            ids: self.ids,
            self_sizes: self.self_sizes,
            first_edges: self.first_edges,
            to_nodes: self.to_nodes,
            edge_names: self.edge_names,
            has_detachedness: self.meta.node.detachedness.is_some(),
            detachedness: self.detachedness,
            locations: self.locations,
            strings,
            kinds: self.meta.node_types,
            type_names: self.meta.node_type_names,
            extra_native_bytes: self.meta.extra_native_bytes,
        })
    }
}

/// Positions of nodes, which edges tell as positions of numbers.
pub(super) struct Ordinals {
    fields: u64,
    /// 2^64 / fields, rounded up: multiplying by it divides, and takes a fifth of the time.
    inverse: u64,
}

impl Ordinals {
    fn new(fields: usize) -> Self {
        let fields = fields.max(2) as u64;
        Self { fields, inverse: u64::MAX / fields + 1 }
    }

    /// The node whose row starts at that number, if there is one.
    #[inline]
    fn ordinal(&self, index: u64, count: u32) -> Option<u32> {
        let (ordinal, rest) = self.divide(index);
        let ordinal = u32::try_from(ordinal).ok().filter(|&ordinal| ordinal < count)?;
        (rest == 0).then_some(ordinal)
    }

    /// The index through the number of fields, and zero where nothing is left over.
    #[inline]
    pub(super) fn divide(&self, index: u64) -> (u64, u64) {
        // Exact below 2^58: the error of the inverse is below 2^-64 of `fields`, which is at most 32.
        let ordinal = (u128::from(index) * u128::from(self.inverse)) >> 64;
        let ordinal = ordinal as u64;
        (ordinal, ordinal.wrapping_mul(self.fields) ^ index)
    }
}

/// Anything but 1 and 2 means nothing to anybody.
pub(super) fn attachment(node: usize, state: u64) -> (u32, u8) {
    (u32::try_from(node).unwrap_or(u32::MAX), u8::try_from(state).unwrap_or(0))
}

/// Two nodes have one id.
pub(super) fn twice(node: usize, id: u32, at: u64) -> SnapshotError {
    let problem = format!("node {node} has the id {id}, which another node has");
    SnapshotError::new(ErrorKind::Duplicate, at, problem)
}

fn missing(at: u64, what: &str, types: usize) -> SnapshotError {
    SnapshotError::new(ErrorKind::Reference, at, format!("{what}; there are {types}"))
}

fn complete(at: u64, what: &str, found: usize, announced: u32) -> Result<()> {
    if found == announced as usize {
        return Ok(());
    }
    let problem = format!("there are {found} {what}; {announced} were announced");
    Err(SnapshotError::new(ErrorKind::Count, at, problem))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn multiplying_divides(fields in 2_usize..=32, index in 0_u64..(1 << 40), count in any::<u32>()) {
            let expected = (index % fields as u64 == 0)
                .then(|| index / fields as u64)
                .filter(|&ordinal| ordinal < u64::from(count));
            let found = Ordinals::new(fields).ordinal(index, count);
            prop_assert_eq!(found.map(u64::from), expected);
        }
    }

    #[test]
    fn an_index_that_is_far_too_large_is_no_node() {
        for fields in 2..=32 {
            assert_eq!(Ordinals::new(fields).ordinal(u64::MAX, u32::MAX), None);
            assert_eq!(
                Ordinals::new(fields).ordinal(u64::MAX / fields as u64 * fields as u64, u32::MAX),
                None
            );
        }
    }
}
