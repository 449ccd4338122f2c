//! What heap snapshots say, field by field.
//!
//! Field order here is the order in the JSON. Sizes are in bytes; lines and columns count from 1, as everywhere in
//! reports, and not from 0 as V8 does.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::{Baseline, ClassChange, compare};
use crate::analysis::distances::SYSTEM;
use crate::analysis::rows::Row;
use crate::analysis::scripts::script_files;
use crate::analysis::summary::{ClassTotal, Measures, summarize};
use crate::snapshot::Graph;

/// Version of this model in the JSON.
const SCHEMA_VERSION: u32 = 1;

/// One snapshot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapSummary {
    schema_version: u32,
    snapshot: SnapshotTotals,
    classes: Vec<SummaryRow>,
}

/// Two snapshots of one process.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapComparison {
    schema_version: u32,
    before: SnapshotTotals,
    after: SnapshotTotals,
    classes: Vec<ComparisonRow>,
}

/// A snapshot as a whole.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotTotals {
    nodes: u32,
    edges: u32,
    shallow_bytes: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryRow {
    name: String,
    place: Option<Place>,
    count: u64,
    /// Nothing where only V8's own roots lead there.
    distance: Option<i32>,
    shallow_bytes: u64,
    retained_bytes: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ComparisonRow {
    name: String,
    place: Option<Place>,
    new_count: u64,
    deleted_count: u64,
    count_delta: i64,
    new_bytes: u64,
    deleted_bytes: u64,
    bytes_delta: i64,
}

/// Where the constructor of a class stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    file: Option<String>,
    script_id: u32,
    line: u32,
    column: u32,
}

type Files = BTreeMap<u32, String>;

/// The earlier snapshot of a comparison, without its graph.
pub struct Before {
    baseline: Baseline,
    totals: SnapshotTotals,
    files: Files,
}

impl Before {
    /// Keeps what a comparison needs.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        Self { baseline: Baseline::of(graph), totals: SnapshotTotals::of(graph), files: script_files(graph) }
    }
}

/// The Comparison table.
#[must_use]
pub fn comparison(before: Before, after: &Graph) -> HeapComparison {
    let mut files = before.files;
    files.extend(script_files(after));
    let changes = compare(before.baseline, after);
    HeapComparison {
        schema_version: SCHEMA_VERSION,
        before: before.totals,
        after: SnapshotTotals::of(after),
        classes: changes.into_iter().map(|change| ComparisonRow::of(change, &files)).collect(),
    }
}

/// The Summary table.
#[must_use]
pub fn summary(graph: &Graph) -> HeapSummary {
    let files = script_files(graph);
    let totals = summarize(graph, &Measures::of(graph));
    HeapSummary {
        schema_version: SCHEMA_VERSION,
        snapshot: SnapshotTotals::of(graph),
        classes: totals.into_iter().map(|total| SummaryRow::of(total, &files)).collect(),
    }
}

impl SnapshotTotals {
    fn of(graph: &Graph) -> Self {
        let sizes = graph.self_sizes();
        let shallow_bytes = graph.nodes().fold(0_u64, |sum, node| sum.saturating_add(sizes.get(node)));
        Self { nodes: graph.node_count(), edges: graph.edge_count(), shallow_bytes }
    }
}

impl SummaryRow {
    fn of(total: ClassTotal, files: &Files) -> Self {
        Self {
            place: Place::of(&total.row, files),
            name: total.row.name,
            count: total.count,
            distance: Some(total.distance).filter(|distance| (0..SYSTEM).contains(distance)),
            shallow_bytes: total.shallow_bytes,
            retained_bytes: total.retained_bytes,
        }
    }
}

impl ComparisonRow {
    fn of(change: ClassChange, files: &Files) -> Self {
        Self {
            place: Place::of(&change.row, files),
            name: change.row.name,
            new_count: change.new_count,
            deleted_count: change.deleted_count,
            count_delta: change.new_count.cast_signed() - change.deleted_count.cast_signed(),
            new_bytes: change.new_bytes,
            deleted_bytes: change.deleted_bytes,
            bytes_delta: change.new_bytes.cast_signed().wrapping_sub(change.deleted_bytes.cast_signed()),
        }
    }
}

impl Place {
    fn of(row: &Row, files: &Files) -> Option<Self> {
        let place = row.place?;
        Some(Self {
            file: files.get(&place.script).cloned(),
            script_id: place.script,
            line: place.line.saturating_add(1),
            column: place.column.saturating_add(1),
        })
    }
}
