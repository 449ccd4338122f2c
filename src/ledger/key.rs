//! One row of a book: job name × kind × shape, and what passes have said about it.

use super::batch::{Header, ResourceKind};
use super::history::{Axis, History, Look};
use super::intern::OTHER_ID;
use super::summary::Summary;
use crate::verdict::Mode;
use crate::verdict::blame::{Blame, Origins, blame};
use crate::verdict::ladder::{Cohort, Evidence, Judgement, MIN_JOBS_LEAVING, Status, judge};
use crate::verdict::slope::Point;

/// What leftovers are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Job name that created them.
    pub name: u32,
    /// Kind of resource.
    pub kind: ResourceKind,
    /// What it looks like.
    pub shape: u32,
}

impl Key {
    /// Where keys of this kind go that found no room.
    #[must_use]
    pub const fn other(kind: ResourceKind) -> Self {
        Self { name: OTHER_ID, kind, shape: OTHER_ID }
    }
}

/// Figures about the owners of a key's survivors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carriers {
    /// Distinct emitters or targets.
    pub owners: u64,
    /// Most listeners of the event on one of them now.
    pub holders: u64,
    /// Longest delay of a one-shot timer, in milliseconds, else 0.
    pub held_ms: u64,
}

impl Carriers {
    /// Adds what another slice says.
    pub fn merge(&mut self, other: Self) {
        self.owners = self.owners.saturating_add(other.owners);
        self.holders = self.holders.max(other.holders);
        self.held_ms = self.held_ms.max(other.held_ms);
    }
}

/// What one completed pass says about one key.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    /// Its survivors in figures.
    pub summary: Summary,
    /// Their most frequent sites with counts.
    pub sites: Vec<(u32, u64)>,
    /// Their owners.
    pub carriers: Carriers,
    /// Whether one of the sites is a known line.
    pub place_known: bool,
}

/// After a release, the next leftovers must stay this many times as long as the released ones did.
const RELEASED_LIFETIMES: f64 = 2.0;

/// But no longer than this many grace periods, an hour by default.
const MAX_RELEASED_GRACE_PERIODS: f64 = 120.0;

/// A one-shot timer that is due later than this is judged like anything else, in milliseconds: one of a day is memory today.
pub const ONE_SHOT_HORIZON_MS: u64 = 3_600_000;

/// How a run judges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Check or production.
    pub mode: Mode,
    /// Grace period, in milliseconds.
    pub grace_ms: f64,
}

/// The first leftovers measured.
#[derive(Debug, Clone, Copy)]
struct FirstCohort {
    /// They are the survivors up to this moment.
    boundary: u64,
    /// How many there were.
    count: u64,
    /// Time of the pass that saw them first, in milliseconds.
    seen_ms: u64,
}

/// Everything known about a key.
#[derive(Debug, Clone)]
pub struct KeyState {
    /// What the last completed pass said.
    pub last: Pass,
    /// What that amounts to.
    pub judgement: Judgement,
    /// Most survivors ever.
    pub peak: u64,
    /// Time of the first pass that saw it, in milliseconds.
    pub first_seen_ms: u64,
    /// Time of the last pass that saw it, in milliseconds.
    pub last_seen_ms: u64,
    history: History,
    cohort: Option<FirstCohort>,
    looks: u64,
    was_leak: bool,
    /// How long the longest-lived cohort lived that was released, in milliseconds; 0 when none was.
    released_after_ms: u64,
}

impl KeyState {
    /// A key first seen at `now_ms`; `before` is what had finished at the pass before, which did not see it.
    #[must_use]
    pub fn new(now_ms: u64, before: Option<Look>) -> Self {
        let mut history = History::default();
        if let Some(look) = before {
            history.push(look);
        }
        Self {
            last: Pass::default(),
            judgement: Judgement { status: Status::Gone, slope: None, growing_intervals: 0, intervals: 0 },
            peak: 0,
            first_seen_ms: now_ms,
            last_seen_ms: now_ms,
            history,
            cohort: None,
            looks: 0,
            was_leak: false,
            released_after_ms: 0,
        }
    }

    /// Moment up to which survivors belong to the first cohort; 0 before there is one.
    #[must_use]
    pub fn cohort_boundary(&self) -> u64 {
        self.cohort.map_or(0, |cohort| cohort.boundary)
    }

    /// Takes in a completed pass and judges anew. `look.live` is set here.
    pub fn take(&mut self, key: Key, mut pass: Pass, look: Look, header: &Header, settings: Settings) {
        let live = pass.summary.live;
        if live > 0 {
            self.last_seen_ms = header.now_ms;
        }
        if live == 0 || self.is_cohort_gone(&pass.summary) {
            self.release_cohort(header.now_ms);
        }
        self.start_cohort(&mut pass.summary, header.now_ms);
        if live > 0 && pass.sites.is_empty() {
            // Timers that re-arm themselves are never the ones that were sampled: what was seen before still stands.
            pass.sites = std::mem::take(&mut self.last.sites);
            pass.place_known = self.last.place_known;
        }
        self.history.push(Look { live, ..look });
        self.looks += 1;
        self.peak = self.peak.max(live);
        self.last = pass;
        self.judgement = self.judge(key, settings.mode, settings.grace_ms);
        self.was_leak |= matches!(self.judgement.status, Status::Leak(_));
    }

    /// Nothing is left and nothing was ever reported, so the row can go.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.judgement.status == Status::Gone
    }

    /// Whom to blame for what the last pass saw.
    #[must_use]
    pub fn blame(&self) -> Blame {
        let summary = &self.last.summary;
        blame(Origins {
            live: summary.live,
            creating_jobs: summary.creating_jobs,
            late: summary.late,
            leaving: summary.leaving.total(),
        })
    }

    /// The first cohort now, if there was one.
    #[must_use]
    pub fn cohort(&self) -> Option<Cohort> {
        self.cohort.map(|cohort| Cohort { first: cohort.count, alive: self.last.summary.in_cohort })
    }

    /// Bytes it holds beside its own size.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.history.bytes() + self.last.sites.capacity() * size_of::<(u32, u64)>()
    }

    fn is_cohort_gone(&self, summary: &Summary) -> bool {
        self.cohort.is_some_and(|cohort| Cohort { first: cohort.count, alive: summary.in_cohort }.is_gone())
    }

    /// The first leftovers are gone: what comes later is judged from here on, and must live longer than they did.
    fn release_cohort(&mut self, now_ms: u64) {
        if let Some(cohort) = self.cohort.take() {
            self.released_after_ms = self.released_after_ms.max(now_ms.saturating_sub(cohort.seen_ms));
        }
        self.history = History::default();
    }

    fn start_cohort(&mut self, summary: &mut Summary, seen_ms: u64) {
        if self.cohort.is_none() && summary.live >= MIN_JOBS_LEAVING {
            summary.in_cohort = summary.live;
            self.cohort = Some(FirstCohort { boundary: summary.last_moment, count: summary.live, seen_ms });
        }
    }

    /// How long leftovers must stay after earlier ones were released, in milliseconds.
    fn must_outlive_ms(&self, grace_ms: f64) -> f64 {
        (RELEASED_LIFETIMES * as_float(self.released_after_ms)).min(MAX_RELEASED_GRACE_PERIODS * grace_ms)
    }

    /// How long ago the first cohort was first seen, in milliseconds.
    fn cohort_age_ms(&self) -> f64 {
        let seen_ms = self.cohort.map_or(self.last_seen_ms, |cohort| cohort.seen_ms);
        as_float(self.last_seen_ms.saturating_sub(seen_ms))
    }

    fn judge(&self, key: Key, mode: Mode, grace_ms: f64) -> Judgement {
        let summary = &self.last.summary;
        let axis = if self.blame() == Blame::BetweenJobs { Axis::AllJobs } else { Axis::OwnJobs };
        let mut points = self.history.points(axis);
        if mode == Mode::Check && points.first().is_some_and(|first| first.x > 0.0) {
            points.insert(0, Point::new(0.0, 0.0));
        }
        judge(&Evidence {
            mode,
            points: &points,
            live: summary.live,
            jobs_leaving: summary.leaving.total(),
            jobs_waiting: summary.jobs_waiting,
            cohort: self.cohort(),
            peak: self.peak,
            was_leak: self.was_leak,
            weak: summary.weak,
            place_known: self.last.place_known,
            sampled: !self.last.sites.is_empty(),
            looks: self.looks,
            mixed: key == Key::other(key.kind),
            released: self.cohort_age_ms() < self.must_outlive_ms(grace_ms),
            watched_grace_periods: self.cohort_age_ms() / grace_ms.max(1.0),
            falls_due: mode == Mode::Production
                && key.kind.is_ever_young()
                && self.blame() == Blame::BetweenJobs
                && self.last.carriers.held_ms < ONE_SHOT_HORIZON_MS,
            unproven: key.kind == ResourceKind::Listener
                && summary.collected < self.cohort.map_or(0, |it| it.count),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a process's life")]
const fn as_float(ms: u64) -> f64 {
    ms as f64
}
