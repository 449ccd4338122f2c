//! What holds the objects of a class, or one object, field by field.

use serde::Serialize;

use super::heap::{SCHEMA_VERSION, SnapshotTotals};
use super::heap_paths::{Files, PathStep, steps};
use crate::analysis::retainers::{Retainer, Retention, Target, retainers};
use crate::analysis::scripts::script_files;
use crate::snapshot::Graph;

/// What holds some objects.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapRetainers {
    schema_version: u32,
    snapshot: SnapshotTotals,
    objects: u64,
    bytes: u64,
    /// Of them, those that something else holds.
    held: u64,
    /// How many ways of holding there are; the list may be shorter.
    ways: usize,
    retainers: Vec<RetainerRow>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RetainerRow {
    objects: u64,
    references: u64,
    bytes: u64,
    path: Vec<PathStep>,
    suspect_from: usize,
}

/// At most so many ways of holding.
#[must_use]
pub fn retention(graph: &Graph, target: &Target, max_paths: usize) -> HeapRetainers {
    let files = script_files(graph);
    let found = retainers(graph, target);
    let row = |retainer: &Retainer| RetainerRow::of(retainer, graph, &found, &files);
    HeapRetainers {
        schema_version: SCHEMA_VERSION,
        snapshot: SnapshotTotals::of(graph),
        objects: found.objects,
        bytes: found.bytes,
        held: found.held,
        ways: found.retainers.len(),
        retainers: found.retainers.iter().take(max_paths).map(row).collect(),
    }
}

impl RetainerRow {
    fn of(retainer: &Retainer, graph: &Graph, found: &Retention, files: &Files) -> Self {
        Self {
            objects: retainer.objects,
            references: retainer.references,
            bytes: retainer.bytes,
            path: steps(graph, &retainer.path, retainer.any_name, &found.names, files),
            suspect_from: retainer.suspect_from,
        }
    }
}
