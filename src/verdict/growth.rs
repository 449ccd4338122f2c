//! Whether a few counts, each taken after more jobs, grow with the jobs.
//!
//! The ladder judges leftovers that were watched one by one. Here are only a handful of exact counts: snapshots are dear,
//! and three are usual. What fills up (a cache, a pool) has stopped growing by the last of them, and what is replaced (a
//! cache of the latest entries) has as many gone as new; neither is growth.

use super::ladder::Certainty;
use super::slope::{Point, Slope, estimate, halves};
use super::trend::{Trend, growing_intervals, trend};

/// What is known of one thing that is counted.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// (jobs finished, how many there are), x strictly increasing.
    pub points: &'a [Point],
    /// How many of the same sort went meanwhile: they may have made room for the new ones.
    pub gone: f64,
    /// Growth for each job that counts as growth at all.
    pub min_per_job: f64,
    /// It grows by leaps, as storage does that is made twice as large when it is full: one leap says nothing.
    pub by_leaps: bool,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// It grows with the jobs, at so many for each.
    Grows(Certainty, Slope),
    /// It grew, and whether it goes on is not seen yet.
    Undecided(Slope),
    /// New ones took the place of others.
    Replaced,
    /// It grew, and stopped.
    Stopped,
    /// It has not grown, or hardly.
    Still,
}

/// Fewer for each job are no growth: things that are made once cost more than so many jobs.
pub const MIN_COUNT_PER_JOB: f64 = 0.05;
/// The same in bytes, for a single object that becomes larger.
pub const MIN_BYTES_PER_JOB: f64 = 1.0;

/// Points below which a plateau cannot be told from growth.
pub const MIN_POINTS: usize = 3;
/// Leaps of storage from which it grows.
const MIN_LEAPS: usize = 2;
/// Where so large a share of the new may stand in the place of others, nothing is said to grow.
const REPLACED_SHARE: f64 = 0.5;
/// The last half grows so many times as fast as the first: either it has begun just now, or the older ones go.
const UNEVEN: f64 = 2.0;
/// Fewer by so many deviations of what comes by chance (Poisson) are too few.
const DEVIATIONS: f64 = 3.0;
/// None at all is too few where so many are expected.
const MIN_EXPECTED: f64 = 2.5;
/// The rates of both halves are this near to the whole one, or it is not sure.
const EVEN_SHARE: f64 = 0.1;

/// Judges one thing that is counted.
#[must_use]
pub fn judge(evidence: &Evidence<'_>) -> Growth {
    let points = evidence.points;
    let (Some(start), Some(end), Some(slope)) = (points.first(), points.last(), estimate(points)) else {
        return Growth::Still;
    };
    let grown = end.y - start.y;
    if grown < evidence.min_per_job * (end.x - start.x) {
        return Growth::Still;
    }
    let is_replaced = evidence.gone >= REPLACED_SHARE * grown;
    if points.len() < MIN_POINTS {
        return if is_replaced { Growth::Replaced } else { Growth::Undecided(slope) };
    }
    if evidence.by_leaps && growing_intervals(points) < MIN_LEAPS {
        return Growth::Still;
    }
    match trend(points, 1.0, 0.0) {
        Trend::Flat | Trend::Stopped => Growth::Stopped,
        Trend::Starting | Trend::Growing if is_uneven(points) || is_behind(evidence) => {
            if is_replaced {
                Growth::Replaced
            } else {
                Growth::Undecided(slope)
            }
        }
        Trend::Starting | Trend::Growing => Growth::Grows(certainty(evidence, slope, grown), slope),
    }
}

/// Most of it came in the last half.
fn is_uneven(points: &[Point]) -> bool {
    halves(points).is_none_or(|(first, last)| last > UNEVEN * first)
}

/// At one of the points there were fewer than chance allows where as many come with each job: those that were there went, and
/// snapshots at uneven distances hide it from the halves. Storage, which leaps, is behind now and then.
fn is_behind(evidence: &Evidence<'_>) -> bool {
    let (Some(start), Some(end)) = (evidence.points.first(), evidence.points.last()) else { return false };
    let per_job = (end.y - start.y) / (end.x - start.x);
    let is_short = |point: &Point| {
        let (expected, counted) = (per_job * (point.x - start.x), point.y - start.y);
        let too_few = (DEVIATIONS * expected.sqrt()).max(expected / UNEVEN);
        expected - counted > too_few || counted <= 0.0 && expected >= MIN_EXPECTED
    };
    !evidence.by_leaps && evidence.points.iter().any(is_short)
}

/// Storage is as large as its last leap made it, so its rate is never sure.
fn certainty(evidence: &Evidence<'_>, slope: Slope, grown: f64) -> Certainty {
    let near = EVEN_SHARE * slope.mid;
    let is_even = slope.low >= slope.mid - near && slope.high <= slope.mid + near;
    let is_sure = is_even && evidence.gone <= EVEN_SHARE * grown && !evidence.by_leaps;
    if is_sure { Certainty::Sure } else { Certainty::Likely }
}

/// What the snapshots say as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// Something grows with the jobs.
    Grows,
    /// Nothing does, and nothing seems to.
    Steady,
    /// Something grew, and these snapshots cannot tell whether it goes on.
    Inconclusive,
}

/// From all that was judged.
#[must_use]
pub fn overall(judged: impl IntoIterator<Item = Growth>) -> Overall {
    judged.into_iter().fold(Overall::Steady, |overall, growth| match (overall, growth) {
        (Overall::Grows, _) | (_, Growth::Grows(..)) => Overall::Grows,
        (_, Growth::Undecided(_)) => Overall::Inconclusive,
        _ => overall,
    })
}

#[cfg(test)]
#[path = "growth_tests.rs"]
mod tests;
