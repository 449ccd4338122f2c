//! Many rows into columns at once: all of them are checked, column by column and without a branch for each, before the first
//! one counts. What is wrong with one that is not sound is found when it comes alone.

use super::columns::{Columns, attachment, twice};
use super::error::Result;
use super::graph::EdgeNames;
use super::kinds::EdgeKind;
use super::meta::{EdgeFields, NodeFields};
use super::numbers::Batch;
use super::rows::Sink;

impl Columns {
    /// Adds many nodes; false where one of them may be wrong, or the fields are in another order than V8's. Nothing has been
    /// added then.
    #[expect(clippy::cast_possible_truncation, reason = "all has been found to fit")]
    fn nodes<const N: usize>(&mut self, batch: Batch<'_>) -> Result<bool> {
        let NodeFields { kind: 0, name: 1, id: 2, self_size: 3, edge_count: 4, detachedness, .. } =
            self.meta.node
        else {
            return Ok(false);
        };
        let state = detachedness.filter(|&state| state == N - 1).unwrap_or(0);
        let (rows, _) = batch.values.as_chunks::<N>();
        let first = self.names.len();
        if state == 0 || first + rows.len() > self.meta.node_count as usize {
            return Ok(false);
        }
        let (mut kinds, mut widest, mut states, mut names, mut edges) = (0, 0, 0, 0, self.edges_announced);
        for row in rows {
            kinds = row[0].max(kinds);
            names = row[1].max(names);
            widest = row[3].max(widest);
            edges += u64::from(row[4]);
            states |= row[state];
        }
        let is_known = (kinds as usize) < self.meta.node_types.len();
        if !is_known || widest == u32::MAX || edges > u64::from(self.meta.edge_count) {
            return Ok(false);
        }
        for (at, row) in rows.iter().enumerate() {
            if !self.ids_seen.insert(row[2]) {
                return Err(twice(first + at, row[2], batch.row_at(at)));
            }
        }
        self.types.extend(rows.iter().map(|row| row[0] as u8));
        self.names.extend(rows.iter().map(|row| row[1]));
        self.ids.extend(rows.iter().map(|row| row[2]));
        self.self_sizes.extend(rows.iter().map(|row| row[3]));
        let mut next = self.edges_announced as u32;
        self.first_edges.extend(rows.iter().map(|row| {
            let first = next;
            next = next.wrapping_add(row[4]);
            first
        }));
        self.edges_announced = edges;
        if states != 0 {
            let states = (first..).zip(rows).filter(|(_, row)| row[state] != 0);
            self.detachedness.extend(states.map(|(node, row)| attachment(node, u64::from(row[state]))));
        }
        named_in(&mut self.largest_name, names, rows.iter().map(|row| row[1]), batch);
        Ok(true)
    }

    /// Adds many edges; false where one of them may be wrong, or the fields are in another order than V8's. Nothing has been
    /// added then.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is found further away than any node"
    )]
    fn edges(&mut self, batch: Batch<'_>) -> bool {
        let EdgeFields { count: 3, kind: 0, name: 1, to_node: 2 } = self.meta.edge else { return false };
        let (rows, _) = batch.values.as_chunks::<3>();
        let first = self.to_nodes.len();
        if first + rows.len() > self.meta.edge_count as usize {
            return false;
        }
        let (codes, to_node) = (&self.edge_codes, &self.to_node);
        let (mut names, mut kinds, mut numbers, mut wrong, mut furthest) = (0, 0, 0, 0, 0);
        self.to_nodes.extend(rows.iter().map(|&[_, _, to]| {
            let (ordinal, rest) = to_node.divide(u64::from(to));
            wrong |= rest;
            furthest = ordinal.max(furthest);
            ordinal as u32
        }));
        self.edge_names.extend(rows.iter().map(|&[kind, name, _]| {
            kinds = kind.max(kinds);
            numbers = name.max(numbers);
            let code = codes.of(kind);
            names = (code.named & name).max(names);
            code.packed | name
        }));
        let is_known = (kinds as usize) < self.meta.edge_types.len().min(EdgeCodes::TYPES);
        if !is_known
            || wrong != 0
            || furthest >= u64::from(self.meta.node_count)
            || numbers >= EdgeNames::LARGE
        {
            self.to_nodes.truncate(first);
            self.edge_names.truncate(first);
            return false;
        }
        named_in(
            &mut self.largest_name,
            names,
            rows.iter().map(|&[kind, name, _]| codes.of(kind).named & name),
            batch,
        );
        true
    }
}

/// What is done with the number of a type of edges, without a branch.
pub struct EdgeCodes([EdgeCode; EdgeCodes::TYPES]);

#[derive(Clone, Copy, Default)]
struct EdgeCode {
    /// The type where [`EdgeNames`] has it.
    packed: u32,
    /// All bits for what has a name, none for what has a number.
    named: u32,
}

impl EdgeCodes {
    /// V8 has seven.
    const TYPES: usize = 16;

    /// For these types.
    pub fn new(kinds: &[EdgeKind]) -> Self {
        let mut codes = [EdgeCode::default(); Self::TYPES];
        for (code, &kind) in codes.iter_mut().zip(kinds) {
            code.packed = EdgeNames::pack(kind);
            code.named = if kind.is_numbered() { 0 } else { u32::MAX };
        }
        Self(codes)
    }

    #[inline]
    fn of(&self, kind: u32) -> EdgeCode {
        self.0[kind as usize % Self::TYPES]
    }
}

/// Rows that are nodes.
pub struct NodeRows<'a>(pub &'a mut Columns);

impl Sink for NodeRows<'_> {
    fn row(&mut self, row: &[u64], at: u64) -> Result<()> {
        self.0.node(row, at)
    }

    fn rows(&mut self, batch: Batch<'_>) -> Result<bool> {
        match self.0.meta.node.count {
            6 => self.0.nodes::<6>(batch),
            7 => self.0.nodes::<7>(batch),
            _ => Ok(false),
        }
    }
}

/// Rows that are edges.
pub struct EdgeRows<'a>(pub &'a mut Columns);

impl Sink for EdgeRows<'_> {
    fn row(&mut self, row: &[u64], at: u64) -> Result<()> {
        self.0.edge(row, at)
    }

    fn rows(&mut self, batch: Batch<'_>) -> Result<bool> {
        Ok(self.0.edges(batch))
    }
}

/// Rows that are locations.
pub struct LocationRows<'a>(pub &'a mut Columns);

impl Sink for LocationRows<'_> {
    fn row(&mut self, row: &[u64], at: u64) -> Result<()> {
        self.0.location(row, at)
    }
}

/// The largest of many names, if it is larger than what was named before.
fn named_in(
    known: &mut Option<(u64, u64)>,
    largest: u32,
    mut names: impl Iterator<Item = u32>,
    batch: Batch<'_>,
) {
    if known.is_none_or(|(known, _)| u64::from(largest) > known)
        && let Some(row) = names.position(|name| name == largest)
    {
        *known = Some((u64::from(largest), batch.row_at(row)));
    }
}
