//! What grew between snapshots, as findings of the report.
//!
//! One mistake is one finding. What hangs on a listener or a timer that leaks is a part of that leak; everything else is a
//! finding of its own, named by the variable or property on which it piles up.

use super::finding::{Mapped, site};
use super::fingerprint::of_keeper;
use super::heap_alike::{entries_first, hangs_on_entries, joined};
use super::heap_carriers::carriers;
use super::heap_facts::{HeapFacts, KeeperFacts, StateFacts, StepFacts, StepPlace};
use super::heap_names::{HeapKind, holder, is_required_module, kind};
use super::model::{EvidenceRow, Kept, Leak, OutcomeCounts, SiteCount};
use super::{owners, round, words};
use crate::ledger::RunView;
use crate::ledger::texts::{Place, Site};
use crate::verdict::heap_steps::{MIN_SNAPSHOTS, certainty, keeps_pace};
use crate::verdict::ladder::{Certainty, Reason};
use crate::verdict::slope::Point;

/// Frames shown per leak.
const MAX_STACK: usize = 12;
/// Rates this near to each other are the same.
pub(super) const SAME_RATE: f64 = 0.05;
/// So few entries may be held elsewhere, the newest by `tail`, and make no other rate.
const ELSEWHERE_SHARE: f64 = 0.002;
/// Storage that is smaller has grown to its size.
const MIN_STORAGE_BYTES: u64 = 4_096;
/// V8's table of what `Symbol.for` made.
const SYMBOLS: &str = "public_symbol_table";

/// What the report says of everything that grew.
#[derive(Debug, Default)]
pub struct HeapRows {
    /// What leaks.
    pub leaks: Vec<Leak>,
    /// What may.
    pub kept: Vec<Kept>,
}

/// Everything that grew and that no other finding explains; what one explains is added to it.
#[must_use]
pub fn rows(
    view: &RunView<'_>,
    mapped: &Mapped,
    facts: &HeapFacts,
    now_ms: u64,
    explained_by: &mut [Leak],
    kept: &[Kept],
) -> HeapRows {
    let mut rows = HeapRows::default();
    let objects = joined(facts.objects.iter().filter(|object| object.bytes.now() >= MIN_STORAGE_BYTES));
    let mut led: Vec<(&KeeperFacts, usize)> = Vec::new();
    for (keeper, is_object) in entries_first(&facts.keepers, &objects) {
        let carriers = carriers(keeper);
        let is_carrier = |leak: &Leak| carriers.iter().any(|carrier| carrier.is_of(leak));
        let is_along = |leak: &Leak| !keeper.counts_entries && !is_object && comes_with(leak, keeper);
        let explaining =
            explained_by.iter().position(is_carrier).or_else(|| explained_by.iter().position(is_along));
        let whole = led.iter().find(|(of, _)| hangs_on_entries(keeper, of)).map(|&(_, at)| at);
        let explaining = match explaining {
            Some(at) => explained_by.get_mut(at),
            None => whole.and_then(|at| rows.leaks.get_mut(at)),
        };
        if let Some(leak) = explaining {
            explain(leak, facts, keeper, is_object);
            continue;
        }
        if kept.iter().any(|kept| carriers.iter().any(|carrier| carrier.kinds.contains(&kept.kind))) {
            continue;
        }
        let awaits_last = !is_object && !class_grows(facts, keeper);
        if awaits_last && !may_grow(facts, keeper) {
            continue;
        }
        let grown = Grown::of(facts, keeper, is_object);
        let site = (keeper.site != 0).then(|| site(view, mapped, keeper.site)).flatten();
        match (keeper.status.as_str(), grown.keeps_pace()) {
            (_, false) => {}
            _ if is_of_node(keeper) && keeper.state.is_none() => {
                rows.kept.push(grown.kept(site, Reason::MadeByNode));
            }
            ("grows", true) if !awaits_last => {
                led.push((keeper, rows.leaks.len()));
                rows.leaks.push(grown.leak(site, now_ms));
            }
            _ => rows.kept.push(grown.kept(site, Reason::TooFewLooks)),
        }
    }
    rows
}

/// There are more of that class than before: where new ones took the place of as many, as in a cache of the latest entries,
/// there are not.
fn class_grows(facts: &HeapFacts, keeper: &KeeperFacts) -> bool {
    let class = if keeper.of.kind == "closure" { "Function" } else { &keeper.of.name };
    facts.classes.iter().any(|growing| growing.name == class)
}

/// Of texts and numbers V8 has thousands, and drops more with its code than a few jobs add: whether there are more of that class
/// is for the last snapshot to tell.
fn may_grow(facts: &HeapFacts, keeper: &KeeperFacts) -> bool {
    let is_plain =
        matches!(keeper.of.kind.as_str(), "string" | "concatenated string" | "sliced string" | "number");
    let is_last = facts.snapshots.len() > MIN_SNAPSHOTS;
    is_plain && !is_last && keeper.status == "grows" && !is_of_node(keeper)
}

/// On a variable of Node's own code, or on a part that Node gives its own objects: the symptom of something else.
fn is_of_node(keeper: &KeeperFacts) -> bool {
    let file =
        |place: &Option<StepPlace>| place.as_ref().and_then(|place| place.file.clone()).unwrap_or_default();
    let is_node = |place: &Option<StepPlace>| file(place).starts_with("node:");
    let suspect = keeper.path.get(keeper.suspect_from..).unwrap_or_default();
    // The function whose scope, or a scope around that, has the variable; a module of the host's has none.
    let before = keeper.path.get(..keeper.suspect_from).unwrap_or(&keeper.path);
    let seen_by = before.iter().rev().find(|step| step.to != "system / Context");
    // What an ES module exports that was required is the program's, whatever leads there.
    let exports = keeper.path.iter().rposition(is_required_module).map_or(0, |at| at + 1);
    let is_variable =
        exports <= keeper.suspect_from && suspect.first().is_some_and(|step| step.edge == "context");
    let is_private = |name: &str| name.starts_with(['#', '_']) || name.starts_with("<symbol ");
    let is_part = |pair: &[StepFacts]| {
        is_node(&pair[0].class_place) && pair[1].edge_name.as_deref().is_some_and(is_private)
    };
    let from = keeper.suspect_from.saturating_sub(1);
    let is_symbol = keeper.path.iter().any(|step| step.edge_name.as_deref() == Some(SYMBOLS));
    is_symbol
        || is_variable && seen_by.is_some_and(|step| is_node(&step.place))
        || keeper.path.get(from.max(exports)..).unwrap_or_default().windows(2).any(is_part)
}

/// A heap of things that hang on something new, as many for each job as there are leftovers: where the owner of these is
/// reached through it alone (a loop that waits for the next message), they are what hangs there.
fn comes_with(leak: &Leak, keeper: &KeeperFacts) -> bool {
    let times = keeper.per_job / leak.per_job;
    leak.retained_bytes.unwrap_or(0) < keeper.bytes.now()
        && times > 0.5
        && (times - times.round()).abs() < SAME_RATE * times
}

/// The way to the first thing that a leak keeps, and the bytes of all of them, also those of jobs since the last snapshot.
fn explain(leak: &mut Leak, facts: &HeapFacts, keeper: &KeeperFacts, is_object: bool) {
    let bytes_per_job = bytes_per_job(keeper, is_object);
    let jobs_since = leak.jobs_finished.saturating_sub(facts.snapshots.last().copied().unwrap_or(0));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes")]
    let since = (bytes_per_job * float(jobs_since)).max(0.0) as u64;
    let bytes = keeper.bytes.now().saturating_add(since);
    leak.retained_bytes = Some(leak.retained_bytes.unwrap_or(0).saturating_add(bytes));
    leak.bytes_per_job = Some(round(leak.bytes_per_job.unwrap_or(0.0) + bytes_per_job));
    if leak.retaining_path.is_none() {
        leak.retaining_path = Some(keeper.words.clone());
    }
}

/// Of an object that becomes larger, bytes are what is counted.
fn bytes_per_job(keeper: &KeeperFacts, is_object: bool) -> f64 {
    if is_object { keeper.per_job } else { keeper.bytes_per_job }
}

/// One finding about the heap.
struct Grown<'a> {
    facts: &'a HeapFacts,
    keeper: &'a KeeperFacts,
    kind: HeapKind,
    name: String,
    class: String,
    /// What it is among the things that Node keeps for the program.
    state: Option<&'a StateFacts>,
    /// Its size is what grows, and no number of things.
    is_object: bool,
}

impl<'a> Grown<'a> {
    fn of(facts: &'a HeapFacts, keeper: &'a KeeperFacts, is_object: bool) -> Self {
        let (name, class) = holder(keeper, is_object);
        let state = keeper.state.as_ref().filter(|_| is_of_node(keeper) && !is_object);
        let kind = if state.is_some() { HeapKind::Collection } else { kind(keeper) };
        Self { facts, keeper, kind, name, class, state, is_object }
    }

    /// How many of what is counted a job leaves behind: things, or bytes where they have no number.
    fn rate(&self) -> [f64; 3] {
        let KeeperFacts { per_job, per_job_low, per_job_high, bytes_per_job, .. } = self.keeper;
        let scale = match self.kind {
            HeapKind::Closure | HeapKind::Heap if !self.is_object => bytes_per_job / per_job,
            _ => 1.0,
        };
        let at = &self.facts.snapshots;
        let jobs = float(at.last().copied().unwrap_or(0).saturating_sub(at.first().copied().unwrap_or(0)));
        let is_counted = !self.is_object && !matches!(self.kind, HeapKind::Closure | HeapKind::Heap);
        let is_near =
            |rate: f64, whole: f64| (rate - whole).abs() * jobs <= (ELSEWHERE_SHARE * jobs).max(1.0);
        let is_whole = |rate: f64| is_counted && rate.round() >= 1.0 && is_near(rate, rate.round());
        [*per_job, *per_job_low, *per_job_high]
            .map(|rate| if is_whole(rate) { rate.round() } else { round(rate * scale) })
    }

    fn leak(&self, site: Option<Site>, now_ms: u64) -> Leak {
        let keeper = self.keeper;
        let [per_job, per_job_low, per_job_high] = self.rate();
        let site = site.unwrap_or_default();
        let count = self.count();
        let windows = self.facts.snapshots.len().saturating_sub(1) as u64;
        let owner = site.owner.clone().unwrap_or_else(|| "unknown".to_owned());
        let fix = match self.state {
            _ if owners::is_library(&owner) => words::FIX_LIBRARY.to_owned(),
            Some(state) => state.fix.clone(),
            None if self.keeper.of.kind == "sliced string" => words::FIX_SLICE.to_owned(),
            None => words::heap_fix(self.kind, &self.name, self.keeper.of.kind == "closure"),
        };
        Leak {
            fingerprint: self.fingerprint(),
            certainty: if self.certainty() == Certainty::Sure { "sure" } else { "likely" },
            kind: self.kind.name(),
            description: self.description(),
            job: self.facts.job.clone(),
            per_job,
            count,
            jobs_finished: self.facts.snapshots.last().copied().unwrap_or(0),
            threads: 1,
            jobs_leaving: OutcomeCounts::default(),
            site: Some(site.place.clone()).filter(|place| place.file.is_some()),
            sites: sites(&site, count),
            stack: site.frames.iter().take(MAX_STACK).map(ToString::to_string).collect(),
            generated: site.generated,
            called_from: site.called_from,
            owner,
            via: site.via,
            holder: None,
            held_ms: None,
            fix,
            only_when_failing: false,
            companions: Vec::new(),
            client: None,
            known: None,
            evidence: EvidenceRow {
                windows,
                survivors: count,
                per_job_low,
                per_job_high,
                // Each snapshot collects before it is taken.
                collections: windows + 1,
                cohort_alive: 1.0,
            },
            retained_bytes: Some(keeper.bytes.now()),
            bytes_per_job: Some(round(bytes_per_job(keeper, self.is_object))),
            retaining_path: Some(keeper.words.clone()),
            first_seen: now_ms,
            last_seen: now_ms,
            ignored_because: None,
        }
    }

    fn count(&self) -> u64 {
        self.keeper.counts.last().copied().unwrap_or(0)
    }

    fn kept(&self, site: Option<Site>, reason: Reason) -> Kept {
        Kept {
            fingerprint: self.fingerprint(),
            kind: self.kind.name(),
            description: self.description(),
            job: self.facts.job.clone(),
            count: if self.is_object { self.keeper.bytes.now() } else { self.count() },
            reason: reason.text(),
            undecided: reason == Reason::TooFewLooks,
            site: site.map(|site| site.place).filter(|place| place.file.is_some()),
        }
    }

    fn keeps_pace(&self) -> bool {
        let counts = if self.is_object { self.keeper.bytes.each() } else { &self.keeper.counts };
        let points = self.facts.snapshots.iter().zip(counts);
        keeps_pace(&points.map(|(&jobs, &count)| Point::new(float(jobs), float(count))).collect::<Vec<_>>())
    }

    fn fingerprint(&self) -> String {
        let what = match self.state {
            Some(_) => self.description(),
            None => format!("{} {}", self.name, self.class),
        };
        of_keeper(self.kind.name(), &what, &self.facts.job)
    }

    fn description(&self) -> String {
        match self.state {
            // Up to what is Node's: `log._writableState`.
            Some(state) if state.is_named => {
                let variable = self.name.split("._").next().unwrap_or_default();
                format!("{} in {variable}", state.thing)
            }
            Some(state) => state.thing.clone(),
            None => words::heap_description(self.kind, &self.name, &self.class),
        }
    }

    fn certainty(&self) -> Certainty {
        let counts = &self.keeper.counts;
        let grown = counts.last().copied().unwrap_or(0).saturating_sub(counts.first().copied().unwrap_or(0));
        certainty(self.keeper.certainty.as_deref() == Some("sure"), grown, self.facts.snapshots.len())
    }
}

fn sites(site: &Site, count: u64) -> Vec<SiteCount> {
    let place: &Place = site.called_from.as_ref().unwrap_or(&site.place);
    if place.file.is_none() { Vec::new() } else { vec![SiteCount { place: place.clone(), count }] }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes stay below 2^53")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
