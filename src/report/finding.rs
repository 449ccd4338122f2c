//! One key over all threads of a run: what the report says one sentence about.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ledger::RunView;
use crate::ledger::book::Book;
use crate::ledger::intern::{BETWEEN_JOBS, OTHER};
use crate::ledger::key::{Carriers, Key, KeyState};
use crate::ledger::texts::{Place, Shape, Site};
use crate::verdict::Mode;
use crate::verdict::blame::{Blame, Outcomes};
use crate::verdict::ladder::{Certainty, Cohort, Reason, Status};
use crate::verdict::rate::{RateEvidence, per_job};

/// Call sites that source maps lead elsewhere, by id.
pub type Mapped = BTreeMap<u32, Site>;

/// A key with its texts, and the sum of what the threads say about it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The key.
    pub key: Key,
    /// Its status: a leak in one thread is a leak.
    pub status: Status,
    /// Whom to blame.
    pub blame: Blame,
    /// Name of the job that created it.
    pub creator: Arc<str>,
    /// Its shape as text.
    pub shape_text: Arc<str>,
    /// Its shape.
    pub shape: Shape,
    /// Its known sites with counts, most frequent first.
    pub sites: Vec<(Site, u64)>,
    /// Leftovers now.
    pub live: u64,
    /// Most leftovers ever.
    pub peak: u64,
    /// Jobs finished, in all threads that live.
    pub finished: u64,
    /// Threads that have some now.
    pub threads: u64,
    /// Distinct jobs that left one.
    pub leaving: Outcomes,
    /// Distinct jobs whose leftovers still wait for a collection.
    pub jobs_waiting: u64,
    /// Leftovers per finished job, with its bounds.
    pub rate: Rate,
    /// Owners of the leftovers.
    pub carriers: Carriers,
    /// The first leftovers and how many are left.
    pub cohort: Cohort,
    /// Windows looked at.
    pub windows: u64,
    /// Leftovers that lived through two major collections.
    pub collected: u64,
    /// Time first seen, in milliseconds.
    pub first_seen_ms: u64,
    /// Time last seen, in milliseconds.
    pub last_seen_ms: u64,
}

/// Leftovers per finished job.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rate {
    /// Best estimate.
    pub mid: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Finding {
    /// Name of the job to blame.
    #[must_use]
    pub fn job(&self) -> &str {
        if self.blame == Blame::BetweenJobs { BETWEEN_JOBS } else { &self.creator }
    }
}

/// All findings of a run, by key.
#[must_use]
pub fn findings(view: &RunView<'_>, mapped: &Mapped) -> Vec<Finding> {
    let mut by_key: BTreeMap<Key, Vec<(&Book, &KeyState)>> = BTreeMap::new();
    for (_, book) in &view.books {
        for (key, state) in book.keys() {
            by_key.entry(*key).or_default().push((*book, state));
        }
    }
    by_key.into_iter().map(|(key, rows)| sum_up(view, mapped, key, &rows)).collect()
}

fn sum_up(view: &RunView<'_>, mapped: &Mapped, key: Key, rows: &[(&Book, &KeyState)]) -> Finding {
    let text = |found: Option<Arc<str>>| found.unwrap_or_else(|| Arc::from(OTHER));
    let shape_text = text(view.texts.shapes.text(key.shape));
    let status = rows.iter().map(|(_, state)| state.judgement.status).min_by_key(|status| rank(*status));
    let mut finding = Finding {
        key,
        status: status.unwrap_or(Status::Gone),
        blame: blame_of(rows),
        creator: text(view.texts.names.text(key.name)),
        shape: Shape::parse(&shape_text),
        shape_text,
        sites: sites(view, mapped, rows),
        live: 0,
        peak: 0,
        finished: 0,
        threads: 0,
        leaving: Outcomes::default(),
        jobs_waiting: 0,
        rate: Rate::default(),
        carriers: Carriers::default(),
        cohort: Cohort { first: 0, alive: 0 },
        windows: 0,
        collected: 0,
        first_seen_ms: u64::MAX,
        last_seen_ms: 0,
    };
    for (book, state) in rows {
        finding.add(book, state, view.settings.mode);
    }
    // Threads that leave none count too: a job's rate is the same however its jobs are spread over threads.
    finding.finished = view.books.iter().map(|(_, book)| finding.finished_in(book)).sum();
    finding.rate = finding.rate.divided(finding.finished);
    finding
}

impl Finding {
    /// Jobs of one thread that the leftovers are counted against.
    fn finished_in(&self, book: &Book) -> u64 {
        if self.blame == Blame::BetweenJobs { book.finished_all() } else { book.finished(self.key.name) }
    }

    /// Adds one thread; the rate is a sum weighted by finished jobs until it is divided by them.
    fn add(&mut self, book: &Book, state: &KeyState, mode: Mode) {
        let summary = &state.last.summary;
        let finished = self.finished_in(book);
        let slope = state.judgement.slope;
        let mid = per_job(&RateEvidence {
            mode,
            live: summary.live,
            finished,
            slope,
            first_moment: summary.first_moment,
            finished_all: book.finished_all(),
        });
        let (low, high) = slope.map_or((mid, mid), |slope| (slope.low, slope.high));
        self.rate.add(Rate { mid, low, high }, finished);
        self.threads += u64::from(summary.live > 0);
        self.live += summary.live;
        self.peak += state.peak;
        self.leaving.completed += summary.leaving.completed;
        self.leaving.failed += summary.leaving.failed;
        self.leaving.timed_out += summary.leaving.timed_out;
        self.jobs_waiting += summary.jobs_waiting;
        self.collected += summary.collected;
        self.carriers.merge(state.last.carriers);
        let cohort = state.cohort().unwrap_or(Cohort { first: 0, alive: 0 });
        self.cohort.first += cohort.first;
        self.cohort.alive += cohort.alive;
        self.windows = self.windows.max(state.judgement.intervals as u64);
        self.first_seen_ms = self.first_seen_ms.min(state.first_seen_ms);
        self.last_seen_ms = self.last_seen_ms.max(state.last_seen_ms);
    }
}

impl Rate {
    fn add(&mut self, other: Self, finished: u64) {
        let weight = as_float(finished);
        self.mid += other.mid * weight;
        self.low += other.low * weight;
        self.high += other.high * weight;
    }

    fn divided(self, finished: u64) -> Self {
        let weight = as_float(finished.max(1));
        Self { mid: self.mid / weight, low: self.low / weight, high: self.high / weight }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of jobs stay below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}

/// The most telling status comes first.
fn rank(status: Status) -> (u8, Option<Certainty>, &'static str) {
    let reason = |reason: Reason| reason.text();
    match status {
        Status::Leak(certainty) => (0, Some(certainty), ""),
        Status::Undecided(why) => (1, None, reason(why)),
        Status::Returned => (2, None, ""),
        Status::Kept(why) => (3, None, reason(why)),
        Status::Gone => (4, None, ""),
    }
}

/// Leaking threads speak for the others.
fn blame_of(rows: &[(&Book, &KeyState)]) -> Blame {
    let is_leak = |state: &KeyState| matches!(state.judgement.status, Status::Leak(_));
    let speaker = rows.iter().find(|(_, state)| is_leak(state)).or(rows.first());
    speaker.map_or(Blame::Job, |(_, state)| state.blame())
}

/// Known sites of all threads: equal ones add up, also where several stacks or generated lines lead to one place.
fn sites(view: &RunView<'_>, mapped: &Mapped, rows: &[(&Book, &KeyState)]) -> Vec<(Site, u64)> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (site, count) in rows.iter().flat_map(|(_, state)| &state.last.sites) {
        *counts.entry(*site).or_default() += count;
    }
    let mut by_place: BTreeMap<(Place, Option<Place>), (Site, u64)> = BTreeMap::new();
    for (id, count) in counts {
        let Some(site) = site(view, mapped, id).filter(|site| site.place.file.is_some()) else { continue };
        let key = (site.place.clone(), site.called_from.clone());
        by_place.entry(key).or_insert((site, 0)).1 += count;
    }
    let mut sites: Vec<(Site, u64)> = by_place.into_values().collect();
    sites.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.place.cmp(&b.0.place)));
    sites
}

/// A call site as it is shown: where a source map leads, else as it was captured.
#[must_use]
pub fn site(view: &RunView<'_>, mapped: &Mapped, id: u32) -> Option<Site> {
    let captured = || view.texts.sites.text(id).map(|text| Site::parse(&text));
    mapped.get(&id).cloned().or_else(captured)
}
