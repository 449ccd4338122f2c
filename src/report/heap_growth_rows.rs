//! The rows of what grows with the jobs: each one's rate, judged, and where it hangs.
//!
//! Rows are keepers: the variable or property on which things pile up. Which class of what hangs there is counted, so that
//! a rate is one of entries and not of all their parts, is decided here; whether that count grows, in the verdict.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;

use super::heap_paths::{Files, PathStep, Place, Thing, steps};
use crate::analysis::growth::{ClassSeries, ObjectSeries, Tally};
use crate::analysis::keepers::{Keeper, Part};
use crate::analysis::paths::Hop;
use crate::snapshot::{EdgeKind, Graph, Node, NodeKind};
use crate::verdict::growth::{Evidence, Growth as Judged, MIN_BYTES_PER_JOB, MIN_COUNT_PER_JOB, judge};
use crate::verdict::ladder::Certainty;
use crate::verdict::slope::{self, Slope};

/// Classes that are told of what a keeper holds.
const MAX_PARTS: usize = 8;

/// How it grows.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    status: &'static str,
    certainty: Option<&'static str>,
    pub per_job: f64,
    per_job_low: f64,
    per_job_high: f64,
}

/// Where things pile up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeeperRow {
    #[serde(flatten)]
    pub rate: Rate,
    /// What is counted.
    of: Thing,
    /// Whether that are entries, or what hangs on a few of them.
    counts_entries: bool,
    /// Whether they are in several objects that are held alike.
    scattered: bool,
    /// How many of those that are there now were there in each snapshot.
    pub counts: Vec<u64>,
    /// Entries and all that hangs on them, now.
    objects: u64,
    bytes: u64,
    pub bytes_per_job: f64,
    /// V8's, Node's or holdover's own, not the program's.
    pub own: bool,
    parts: Vec<PartRow>,
    pub path: Vec<PathStep>,
    suspect_from: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartRow {
    #[serde(flatten)]
    of: Thing,
    count: u64,
    bytes: u64,
    per_job: f64,
}

/// One object that becomes larger.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRow {
    /// In bytes.
    #[serde(flatten)]
    pub rate: Rate,
    of: Thing,
    /// Its size in each snapshot.
    bytes: Vec<u64>,
    pub own: bool,
    pub path: Vec<PathStep>,
    suspect_from: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRow {
    #[serde(flatten)]
    pub rate: Rate,
    pub name: String,
    place: Option<Place>,
    counts: Vec<u64>,
    bytes: Vec<u64>,
    pub own: bool,
}

/// The path to an entry; of a chain its first link stands for all.
fn told(keeper: &Keeper) -> Vec<Hop> {
    let Range { start, end } = keeper.further_links;
    [&keeper.path[..start], &keeper.path[end..]].concat()
}

/// What all rows are made with.
pub struct Table<'a> {
    pub graph: &'a Graph,
    pub jobs: Vec<u64>,
    pub names: &'a HashMap<Node, String>,
    pub files: Files,
    pub watcher: &'a str,
}

impl Table<'_> {
    pub fn keeper(&self, keeper: &Keeper) -> Option<(Judged, KeeperRow)> {
        let head = keeper.path.last()?.node;
        let entries = (head, keeper.entries.clone(), keeper.gone, true);
        let part = |part: &Part| {
            (part.sample, part.tallies.iter().map(|tally| tally.count).collect(), part.gone, false)
        };
        let parts = keeper.parts.iter().filter(|part| !self.is_own(part.sample)).map(part);
        let candidates = std::iter::once(entries).chain(parts);
        let judged = candidates.filter_map(|candidate| {
            let judged = self.judge_count(&candidate.1, candidate.2);
            Some((judged, rate(judged)?, candidate))
        });
        // Entries before what hangs on them; growth before what is not decided.
        let mut judged: Vec<_> = judged.collect();
        judged.sort_by_key(|(judged, _, _)| matches!(judged, Judged::Undecided(_)));
        let (judged, rate, (node, counts, _, counts_entries)) = judged.into_iter().next()?;
        let total = keeper.tallies.last().copied().unwrap_or_default();
        let bytes: Vec<u64> = keeper.tallies.iter().map(|tally| tally.bytes).collect();
        let row = KeeperRow {
            rate,
            of: self.thing(node),
            counts_entries,
            scattered: keeper.is_scattered,
            counts,
            objects: total.count,
            bytes: total.bytes,
            bytes_per_job: self.slope(&bytes),
            own: self.is_others(&keeper.path, keeper.suspect_from),
            parts: keeper.parts.iter().take(MAX_PARTS).map(|part| self.part(part)).collect(),
            path: steps(self.graph, &told(keeper), keeper.any_name, self.names, &self.files),
            suspect_from: keeper.suspect_from,
        };
        Some((judged, row))
    }

    fn part(&self, part: &Part) -> PartRow {
        let Tally { count, bytes } = part.tallies.last().copied().unwrap_or_default();
        let counts: Vec<u64> = part.tallies.iter().map(|tally| tally.count).collect();
        PartRow { of: self.thing(part.sample), count, bytes, per_job: self.slope(&counts) }
    }

    pub fn object(&self, object: &ObjectSeries) -> Option<(Judged, ObjectRow)> {
        let points = self.points(&object.bytes);
        let judged =
            judge(&Evidence { points: &points, gone: 0.0, min_per_job: MIN_BYTES_PER_JOB, by_leaps: true });
        let row = ObjectRow {
            rate: rate(judged).filter(|_| !self.is_weak(object.node))?,
            of: self.thing(object.node),
            bytes: object.bytes.clone(),
            own: self.is_global(&object.path) || self.is_others(&object.path, object.suspect_from),
            path: steps(self.graph, &object.path, false, self.names, &self.files),
            suspect_from: object.suspect_from,
        };
        Some((judged, row))
    }

    pub fn class(&self, class: &ClassSeries) -> Option<ClassRow> {
        let counts: Vec<u64> = class.tallies.iter().map(|tally| tally.count).collect();
        // All that is there counts, so what went has been taken off already.
        let rate = rate(self.judge_count(&counts, 0))?;
        Some(ClassRow {
            rate,
            name: class.row.name.clone(),
            place: Place::of(&class.row, &self.files),
            counts,
            bytes: class.tallies.iter().map(|tally| tally.bytes).collect(),
            own: is_own_class(&class.row.name),
        })
    }

    fn judge_count(&self, counts: &[u64], gone: u64) -> Judged {
        let (points, gone) = (self.points(counts), as_float(gone));
        judge(&Evidence { points: &points, gone, min_per_job: MIN_COUNT_PER_JOB, by_leaps: false })
    }

    fn slope(&self, counts: &[u64]) -> f64 {
        slope::estimate(&self.points(counts)).map_or(0.0, |slope| slope.mid)
    }

    fn points(&self, counts: &[u64]) -> Vec<slope::Point> {
        let pairs = self.jobs.iter().zip(counts);
        pairs.map(|(&jobs, &count)| slope::Point::new(as_float(jobs), as_float(count))).collect()
    }

    fn thing(&self, node: Node) -> Thing {
        Thing::of(self.graph, node, self.names, &self.files)
    }

    /// Whether what a path ends in is V8's, Node's or the watcher's.
    fn is_others(&self, path: &[Hop], suspect_from: usize) -> bool {
        path.last().is_some_and(|hop| self.is_own(hop.node))
            || self.is_in_code(path)
            || self.is_watchers(path, suspect_from)
    }

    /// Whether a variable of the watcher holds it: the function that sees the variable says so.
    fn is_watchers(&self, path: &[Hop], suspect_from: usize) -> bool {
        let Some(suspect) = path.get(suspect_from) else { return false };
        let seen_by = path[..suspect_from].iter().rev().find_map(|hop| self.file_of(hop.node));
        !self.watcher.is_empty()
            && self.graph.edge_kind(suspect.edge) == EdgeKind::Context
            && seen_by.is_some_and(|file| file.starts_with(self.watcher))
    }

    /// Where a function stands.
    fn file_of(&self, node: Node) -> Option<&String> {
        let location = self.graph.location(node).filter(|_| self.graph.kind(node) == NodeKind::Closure)?;
        self.files.get(&location.script)
    }

    /// What compiled code holds, in whichever storage, V8 keeps to run it faster: names that a line has used (Node 26).
    fn is_in_code(&self, path: &[Hop]) -> bool {
        let kinds = path.iter().rev().skip(1).map(|hop| self.graph.kind(hop.node));
        let holder = kinds.into_iter().find(|kind| !matches!(kind, NodeKind::Array | NodeKind::Hidden));
        holder == Some(NodeKind::Code)
    }

    /// Whether it is the global object: V8 puts next to its variables what compiled code depends on. Variables that jobs add
    /// are kept as entries, by their names. Node 26 has its `global*` one step further.
    fn is_global(&self, path: &[Hop]) -> bool {
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return false };
        let name = self.graph.name(last.node);
        path.len() <= 2
            && self.graph.edge_kind(first.edge) == EdgeKind::Shortcut
            && matches!(name, "global" | "global*")
    }

    /// Whether its storage is made for the most that were there between two collections, and keeps none of them.
    fn is_weak(&self, node: Node) -> bool {
        self.names.get(&node).is_some_and(|name| matches!(name.as_str(), "WeakMap" | "WeakSet"))
    }

    /// Whether V8 or Node made it for themselves.
    fn is_own(&self, node: Node) -> bool {
        let kind = self.graph.kind(node);
        matches!(kind, NodeKind::Code | NodeKind::Synthetic | NodeKind::Hidden | NodeKind::Array)
            || self.graph.type_name(node) == "object shape"
            || self.names.get(&node).is_some_and(|name| is_own_class(name))
    }
}

/// The same by the name of a class.
fn is_own_class(name: &str) -> bool {
    matches!(name, "(compiled code)" | "(system)" | "(object shape)" | "(array)" | "(synthetic)")
        || name.trim_start_matches("Detached ").starts_with("Node / ")
}

/// Nothing where there is no growth to tell.
fn rate(judged: Judged) -> Option<Rate> {
    let (status, certainty, Slope { mid, low, high }) = match judged {
        Judged::Grows(Certainty::Sure, slope) => ("grows", Some("sure"), slope),
        Judged::Grows(Certainty::Likely, slope) => ("grows", Some("likely"), slope),
        Judged::Undecided(slope) => ("undecided", None, slope),
        Judged::Replaced | Judged::Stopped | Judged::Still => return None,
    };
    Some(Rate { status, certainty, per_job: mid, per_job_low: low, per_job_high: high })
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes stay below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}
