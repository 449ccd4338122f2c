//! What heap snapshots say, field by field.
//!
//! Field order here is the order in the JSON. Sizes are in bytes; lines and columns count from 1, as everywhere in
//! reports, and not from 0 as V8 does.

use serde::Serialize;

use crate::analysis::compare::{Baseline, ClassChange, Comparison, compare};
use crate::analysis::distances::SYSTEM;
use crate::analysis::paths::{Holding, Hop};
use crate::analysis::scripts::script_files;
use crate::analysis::summary::{ClassTotal, Measures, summarize};
use crate::snapshot::Graph;

use super::heap_paths::{Files, PathStep, Place, steps};

/// Version of this model in the JSON.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Ways of holding that are told. They are sorted by bytes, and nobody reads on to the hundredth.
const MAX_HOLDINGS: usize = 100;

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
    /// Nothing where it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    holdings: Option<Vec<HoldingRow>>,
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

/// New objects that are held alike.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HoldingRow {
    /// The class of the heads.
    head_class: String,
    heads: u64,
    objects: u64,
    bytes: u64,
    path: Vec<PathStep>,
    suspect_from: usize,
}

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

/// The Comparison table, and on demand what holds the new objects.
#[must_use]
pub fn comparison(before: Before, after: &Graph, with_paths: bool) -> HeapComparison {
    let mut files = before.files;
    files.extend(script_files(after));
    let Comparison { changes, holdings, names } = compare(before.baseline, after, with_paths);
    let class = |hop: &Hop| names.get(&hop.node).cloned();
    let row = |holding: Holding| HoldingRow {
        head_class: holding.path.last().and_then(class).unwrap_or_default(),
        heads: holding.heads,
        objects: holding.objects,
        bytes: holding.bytes,
        path: steps(after, &holding.path, holding.any_name, &names, &files),
        suspect_from: holding.suspect_from,
    };
    HeapComparison {
        schema_version: SCHEMA_VERSION,
        before: before.totals,
        after: SnapshotTotals::of(after),
        classes: changes.into_iter().map(|change| ComparisonRow::of(change, &files)).collect(),
        holdings: with_paths.then(|| holdings.into_iter().take(MAX_HOLDINGS).map(row).collect()),
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
    pub(super) fn of(graph: &Graph) -> Self {
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
