//! What grows with the jobs, from snapshots of one process.

use std::collections::HashSet;

use serde::Serialize;

use super::heap::{SCHEMA_VERSION, SnapshotTotals};
use super::heap_growth_rows::{ClassRow, KeeperRow, ObjectRow, Table};
use super::heap_paths::PathStep;
use crate::analysis::growth::{Growth, Point, grow};
use crate::analysis::scripts::script_files;
use crate::snapshot::Graph;
use crate::verdict::growth::{Growth as Judged, Overall, overall};

/// Snapshots of one process after more and more jobs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeapGrowth {
    schema_version: u32,
    verdict: &'static str,
    snapshots: Vec<SnapshotRow>,
    keepers: Vec<KeeperRow>,
    objects: Vec<ObjectRow>,
    classes: Vec<ClassRow>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotRow {
    jobs: u64,
    #[serde(flatten)]
    totals: SnapshotTotals,
}

/// Snapshots as they come, each after more jobs. Only their objects are kept.
#[derive(Default)]
pub struct Snapshots {
    points: Vec<Point>,
    rows: Vec<SnapshotRow>,
    /// The folder of what watches the process and is part of it.
    watcher: String,
}

/// Snapshots of which one is of another process than the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger {
    /// Which one, from 0.
    pub at: usize,
}

impl Snapshots {
    /// None yet. What functions in `watcher`, a folder, keep in their variables is not the program's.
    #[must_use]
    pub fn watched_from(watcher: String) -> Self {
        Self { watcher, ..Self::default() }
    }

    /// One more, after so many jobs, which is not the last. The graph can go.
    pub fn add(&mut self, graph: &Graph, jobs: u64) {
        self.points.push(Point::of(graph, jobs));
        self.rows.push(SnapshotRow { jobs, totals: SnapshotTotals::of(graph) });
    }

    /// What grows from the first one to the last.
    ///
    /// # Errors
    ///
    /// When they are not of one process: ids mean nothing then.
    pub fn growth(&self, last: &Graph, jobs: u64) -> Result<HeapGrowth, Stranger> {
        let mut rows = self.rows.clone();
        rows.push(SnapshotRow { jobs, totals: SnapshotTotals::of(last) });
        let found = grow(&self.points, last);
        match found.stranger {
            Some(at) => Err(Stranger { at }),
            None => Ok(HeapGrowth::of(&found, last, rows, &self.watcher)),
        }
    }

    /// Jobs finished at each.
    #[must_use]
    pub fn jobs(&self) -> impl ExactSizeIterator<Item = u64> {
        self.points.iter().map(|point| point.jobs)
    }

    /// Memory that they take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.points.iter().map(|point| point.objects.bytes() as u64).sum()
    }

    /// None any more.
    pub fn clear(&mut self) {
        self.points.clear();
        self.rows.clear();
    }

    /// The first one stays.
    pub fn drop_every_second(&mut self) {
        let jobs: Vec<u64> = self.jobs().step_by(2).collect();
        self.points.retain(|point| jobs.contains(&point.jobs));
        self.rows.retain(|row| jobs.contains(&row.jobs));
    }
}

impl HeapGrowth {
    fn of(found: &Growth, last: &Graph, snapshots: Vec<SnapshotRow>, watcher: &str) -> Self {
        let table = Table {
            graph: last,
            jobs: snapshots.iter().map(|snapshot| snapshot.jobs).collect(),
            names: &found.names,
            files: script_files(last),
            watcher,
        };
        let keepers: Vec<(Judged, KeeperRow)> =
            found.keepers.iter().filter_map(|keeper| table.keeper(keeper)).collect();
        // That the storage of a keeper grows is said with it.
        let on_paths: HashSet<u32> =
            keepers.iter().flat_map(|(_, row)| row.path.iter().map(PathStep::id)).collect();
        let objects = found.objects.iter().filter(|object| !on_paths.contains(&last.id(object.node)));
        let objects: Vec<(Judged, ObjectRow)> = objects.filter_map(|object| table.object(object)).collect();
        let mut classes: Vec<ClassRow> =
            found.classes.iter().filter_map(|class| table.class(class)).collect();
        classes.sort_by(|a, b| b.rate.per_job.total_cmp(&a.rate.per_job).then_with(|| a.name.cmp(&b.name)));
        let theirs = keepers.iter().filter(|(_, row)| !row.own).map(|&(judged, _)| judged);
        let verdict =
            overall(theirs.chain(objects.iter().filter(|(_, row)| !row.own).map(|&(judged, _)| judged)));
        Self {
            schema_version: SCHEMA_VERSION,
            verdict: verdict_name(verdict),
            snapshots,
            keepers: sorted(keepers, |row| row.bytes_per_job),
            objects: sorted(objects, |row| row.rate.per_job),
            classes,
        }
    }
}

/// What grows before what is undecided, most first.
fn sorted<T>(mut judged: Vec<(Judged, T)>, most: impl Fn(&T) -> f64) -> Vec<T> {
    let is_undecided = |judged: &Judged| matches!(judged, Judged::Undecided(_));
    judged.sort_by(|(a, one), (b, other)| {
        is_undecided(a).cmp(&is_undecided(b)).then_with(|| most(other).total_cmp(&most(one)))
    });
    judged.into_iter().map(|(_, row)| row).collect()
}

fn verdict_name(verdict: Overall) -> &'static str {
    match verdict {
        Overall::Grows => "grows",
        Overall::Steady => "steady",
        Overall::Inconclusive => "inconclusive",
    }
}

#[cfg(test)]
#[path = "heap_growth_tests.rs"]
mod tests;
