//! The ladder: retained, then leak, kept, returned or undecided, with how certain that is.

use super::Mode;
use super::slope::{Point, Slope, estimate};
use super::trend::{Trend, growing_intervals, trend};

/// What is known about one kind of leftover. Counts are of leftovers past their grace period.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent facts, not a state")]
pub struct Evidence<'a> {
    /// How it was gathered.
    pub mode: Mode,
    /// (jobs finished, leftovers alive), oldest first, x strictly increasing; in a check it starts at (0, 0).
    pub points: &'a [Point],
    /// Leftovers alive now.
    pub live: u64,
    /// Distinct jobs they come from.
    pub jobs_leaving: u64,
    /// Distinct jobs whose leftovers may only be waiting for a garbage collection; not part of the counts above.
    pub jobs_waiting: u64,
    /// The leftovers of the first jobs measured; one that is gone was renewed before judging.
    pub cohort: Option<Cohort>,
    /// Most leftovers ever alive.
    pub peak: u64,
    /// An earlier look said leak.
    pub was_leak: bool,
    /// Leftovers that rest on a weak reference alone.
    pub weak: u64,
    /// At least one of them has a known line in the source.
    pub place_known: bool,
    /// At least one of them had its call site taken, known or not.
    pub sampled: bool,
    /// Completed looks at it so far.
    pub looks: u64,
    /// Several things thrown together for lack of room.
    pub mixed: bool,
    /// Earlier ones were released, and these have not lived clearly longer yet.
    pub released: bool,
    /// How long the first of them have been watched since they were first seen, in grace periods.
    pub watched_grace_periods: f64,
    /// One-shot timers of a loop that goes on between jobs: each ends by itself, however many there are at a time.
    pub falls_due: bool,
    /// Finalization might still take them: not all of the first have lived through two major collections.
    pub unproven: bool,
}

/// The first leftovers measured, and how many of them are still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cohort {
    /// How many there were.
    pub first: u64,
    /// How many of them are alive now.
    pub alive: u64,
}

impl Cohort {
    /// So few are alive that the others must have been released.
    #[must_use]
    pub fn is_gone(self) -> bool {
        self.alive_share() < COHORT_ALIVE_SHARE
    }

    /// Share still alive, 0..=1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share, shown with two digits")]
    pub fn alive_share(self) -> f64 {
        if self.first == 0 { 0.0 } else { (self.alive as f64 / self.first as f64).min(1.0) }
    }
}

/// How sure a leak is; `Sure` is meant never to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// All evidence that can be asked for is there.
    Sure,
    /// It meets the definition of a leak, with little evidence to spare.
    Likely,
}

/// Where one kind of leftover stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing is left, and nothing ever was reported.
    Gone,
    /// Left behind again and again, growing with the jobs.
    Leak(Certainty),
    /// Left behind, and not a leak.
    Kept(Reason),
    /// Was a leak, released since.
    Returned,
    /// May still turn out either way.
    Undecided(Reason),
}

/// Why leftovers are no leak, or not one yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// All of them come from one job.
    OneJob,
    /// All of them come from two jobs.
    TwoJobs,
    /// They grew and stopped growing.
    Plateau,
    /// Those of the first jobs are gone.
    ReleasedLate,
    /// There are more and fewer of them, without a direction.
    NotGrowing,
    /// No line in the source is known yet.
    PlaceUnknown,
    /// Node's own code made them, with no line of the user above it: the symptom of something else.
    MadeByNode,
    /// A garbage collection may still take them.
    WaitsForCollection,
    /// Too few jobs or looks so far.
    TooFewLooks,
    /// They began to grow only lately.
    JustStarted,
    /// Each of them ends by itself, at a time that is known.
    FallsDue,
}

impl Reason {
    /// The words of the report.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::OneJob => "one job only",
            Self::TwoJobs => "two jobs only",
            Self::Plateau => "plateau",
            Self::ReleasedLate => "released late",
            Self::NotGrowing => "not growing",
            Self::PlaceUnknown => "place unknown",
            Self::MadeByNode => "made by Node itself",
            Self::WaitsForCollection => "waits for a collection",
            Self::TooFewLooks => "needs more jobs",
            Self::JustStarted => "began to grow lately",
            Self::FallsDue => "fires by itself",
        }
    }
}

/// A status with the figures it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Where it stands.
    pub status: Status,
    /// Growth per job, where it was worked out.
    pub slope: Option<Slope>,
    /// Intervals in which the count rose.
    pub growing_intervals: usize,
    /// Intervals looked at.
    pub intervals: usize,
}

/// Leftovers of fewer distinct jobs are information, never a leak.
pub const MIN_JOBS_LEAVING: u64 = 3;
/// A cohort with a smaller share alive was released late.
const COHORT_ALIVE_SHARE: f64 = 0.5;
/// A former leak with at most one in this many of its peak left has returned.
const RETURNED_DIVISOR: u64 = 10;
/// Looks after which an unknown place no longer holds a finding back.
const LOOKS_WITHOUT_PLACE: u64 = 10;
/// Finished jobs of a check below which little is decided.
const MIN_CHECK_JOBS: f64 = 20.0;
/// One or two leftovers of so many jobs are the timer that a background task arms again and again, and no leak that is rare.
const MANY_CHECK_JOBS: f64 = 400.0;
/// So many jobs must have left something before a finding is sure: a cache or pool that fills is a leak in every respect
/// until it is full, however many jobs it takes.
const LARGE_JOBS_LEAVING: u64 = 500;
/// In production a leak must have been watched for so long, in grace periods: five minutes by default …
const MIN_GRACE_PERIODS: f64 = 10.0;
/// … and be large or old besides, for the same reason.
const OLD_GRACE_PERIODS: f64 = 30.0;

/// Judges one kind of leftover.
#[must_use]
pub fn judge(evidence: &Evidence) -> Judgement {
    let growing = growing_intervals(evidence.points);
    let intervals = evidence.points.len().saturating_sub(1);
    let (found, slope) = climb(evidence, growing);
    Judgement { status: withdraw(evidence, found), slope, growing_intervals: growing, intervals }
}

/// Turns the status of a former leak that was released into `Returned`.
fn withdraw(evidence: &Evidence, found: Status) -> Status {
    let is_low = evidence.live.saturating_mul(RETURNED_DIVISOR) <= evidence.peak;
    let is_released = is_low || evidence.released;
    // A check shows only its last look, so it has nothing to withdraw.
    let was_shown = evidence.was_leak && evidence.mode == Mode::Production;
    match found {
        Status::Leak(_) => found,
        _ if was_shown && is_released => Status::Returned,
        // It stopped growing: whoever was told of a leak must be told that it is none.
        Status::Kept(Reason::Plateau | Reason::ReleasedLate | Reason::NotGrowing) if was_shown => {
            Status::Returned
        }
        _ => found,
    }
}

fn climb(evidence: &Evidence, growing: usize) -> (Status, Option<Slope>) {
    if evidence.live == 0 && evidence.jobs_waiting == 0 {
        return (Status::Gone, None);
    }
    if evidence.jobs_leaving < MIN_JOBS_LEAVING {
        return (few_jobs(evidence), None);
    }
    if evidence.falls_due {
        return (Status::Kept(Reason::FallsDue), None);
    }
    let trend = current_trend(evidence);
    if matches!(trend, Trend::Stopped | Trend::Flat) && has_history(evidence) {
        let reason = if evidence.released { Reason::ReleasedLate } else { Reason::Plateau };
        return (Status::Kept(reason), None);
    }
    if evidence.released {
        return (Status::Kept(Reason::ReleasedLate), None);
    }
    let min_growing = if evidence.mode == Mode::Check { 2 } else { 3 };
    if growing < min_growing {
        return (Status::Undecided(Reason::TooFewLooks), None);
    }
    if evidence.mode == Mode::Check && trend == Trend::Starting {
        return (Status::Undecided(Reason::JustStarted), None);
    }
    let slope = estimate(evidence.points);
    (growing_status(evidence, growing, slope), slope)
}

/// Status of something whose count still rises.
fn growing_status(evidence: &Evidence, growing: usize, slope: Option<Slope>) -> Status {
    let is_above_zero = slope.is_some_and(|slope| slope.low > 0.0);
    if !is_above_zero {
        // In production a series that long without a direction has none; a check can still look again.
        let is_long = evidence.points.len() >= super::slope::MIN_POINTS_FOR_RANKS;
        return if is_long && evidence.mode == Mode::Production {
            Status::Kept(Reason::NotGrowing)
        } else {
            Status::Undecided(Reason::TooFewLooks)
        };
    }
    if evidence.sampled && !evidence.place_known {
        return Status::Kept(Reason::MadeByNode);
    }
    if evidence.mode == Mode::Production && !is_ripe(evidence) {
        return Status::Undecided(Reason::TooFewLooks);
    }
    if evidence.mode == Mode::Production && !evidence.place_known && evidence.looks < LOOKS_WITHOUT_PLACE {
        return Status::Undecided(Reason::PlaceUnknown);
    }
    Status::Leak(certainty(evidence, growing))
}

/// Watched long enough in production to be called a leak at all.
fn is_ripe(evidence: &Evidence) -> bool {
    evidence.watched_grace_periods >= MIN_GRACE_PERIODS && (is_large(evidence) || is_old(evidence))
}

fn is_large(evidence: &Evidence) -> bool {
    evidence.jobs_leaving >= LARGE_JOBS_LEAVING
}

fn is_old(evidence: &Evidence) -> bool {
    evidence.watched_grace_periods >= OLD_GRACE_PERIODS
}

fn certainty(evidence: &Evidence, growing: usize) -> Certainty {
    let is_sure = match evidence.mode {
        Mode::Check => growing >= 3 && is_large(evidence),
        Mode::Production => {
            let is_cohort_whole = evidence.cohort.is_some_and(|cohort| cohort.alive >= cohort.first);
            growing >= 5
                && is_large(evidence)
                && is_old(evidence)
                && is_cohort_whole
                && evidence.weak == 0
                && !evidence.unproven
        }
    };
    if is_sure && !evidence.mixed { Certainty::Sure } else { Certainty::Likely }
}

/// One or two leaving jobs: information, unless a check can still find the third one.
fn few_jobs(evidence: &Evidence) -> Status {
    if evidence.mode == Mode::Production && evidence.jobs_leaving + evidence.jobs_waiting >= MIN_JOBS_LEAVING
    {
        return Status::Undecided(Reason::WaitsForCollection);
    }
    if evidence.live == 0 {
        return Status::Gone;
    }
    let may_be_rare = matches!(current_trend(evidence), Trend::Growing | Trend::Starting);
    let is_early = finished(evidence) < MIN_CHECK_JOBS || evidence.points.len() < 3;
    let is_open = finished(evidence) < MANY_CHECK_JOBS && (may_be_rare || is_early);
    if evidence.mode == Mode::Check && is_open {
        return Status::Undecided(Reason::TooFewLooks);
    }
    Status::Kept(if evidence.jobs_leaving <= 1 { Reason::OneJob } else { Reason::TwoJobs })
}

fn current_trend(evidence: &Evidence) -> Trend {
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let jobs_per_survivor = evidence.jobs_leaving as f64 / evidence.live.max(1) as f64;
    // A production history is long and traffic pauses; a check calls one job at an even pace.
    let quiet_share = if evidence.mode == Mode::Check { 0.0 } else { 0.1 };
    trend(evidence.points, jobs_per_survivor.min(1.0), quiet_share)
}

/// Two points are needed before "no growth" says anything.
fn has_history(evidence: &Evidence) -> bool {
    evidence.points.len() >= 2
}

fn finished(evidence: &Evidence) -> f64 {
    evidence.points.last().map_or(0.0, |point| point.x)
}
