//! Whether memory grows with the jobs so likely that heap snapshots are worth their pause.
//!
//! What is asked for is where live memory was allocated, and when: samples of V8's profiler in equal stretches of time.
//! What a job leaves behind is as old as the jobs, evenly; a table that was built once, code that V8 compiled and a cache of
//! the latest entries are not. Nothing is decided here but whether to look closer, so a wrong yes costs time and no alarm.

use super::forecast::growth;
use super::slope::Point;

/// Stretches of time into which samples are sorted.
pub const STRETCHES: usize = 8;

/// Live memory that one function allocated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allocation {
    /// Samples by stretch of time, of sizes that come again and again: objects, not code.
    pub counts: [u32; STRETCHES],
    /// The storage that a collection took last: its size, where that was in the latter half.
    pub storage_bytes: f64,
}

/// What is live after some jobs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// By function; the same function has the same number in every reading.
    pub allocations: Vec<(u32, Allocation)>,
}

/// How likely memory grows with the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// Nothing looks like it.
    None,
    /// A second look after more jobs would tell.
    Weak,
    /// Snapshots would tell.
    Strong,
}

/// So few samples may lie evenly by chance.
const MIN_SAMPLES: u32 = 5;
/// So many do not.
const MANY_SAMPLES: u32 = 12;
/// Of more jobs so many will do, since nothing is asked again.
const LAST_SAMPLES: u32 = 8;
/// Each of the later quarters has at least one sample in so many; where samples are few, one of them may have none.
const QUARTER_DIVISOR: u32 = 20;
/// The first half has no more than half of them, and so many deviations of what is made evenly: what was made early and never
/// again is no growth.
const DEVIATIONS: f64 = 2.6;
/// What holdover itself allocates when it has asked before falls into the latter half and moves the middle: so much more may
/// be early.
const ASKING_SHARE: f64 = 0.05;
/// Storage below this is that of a few entries.
const MIN_STORAGE_BYTES: f64 = 1_000.0;
/// Storage grows in steps of half or of all of its size.
const STORAGE_STEP: f64 = 1.4;
/// External memory that grows less per job is Node's own.
const MIN_EXTERNAL_BYTES_PER_JOB: f64 = 64.0;
/// A heap swings by so many bytes from one collection to the next although nothing leaks: code comes and goes.
const HEAP_SWING_BYTES: f64 = 1_000_000.0;

/// What readings say, the latest last; each goes back to the first job or to the reading before it.
#[must_use]
pub fn suspicion(readings: &[Reading]) -> Suspicion {
    let Some((latest, earlier)) = readings.split_last() else { return Suspicion::None };
    let of = |&(site, allocation): &(u32, Allocation)| {
        let before = earlier.last().and_then(|reading| reading.storage_of(site));
        let many = if earlier.is_empty() { MANY_SAMPLES } else { LAST_SAMPLES };
        by_age(&allocation.counts, many).max(by_storage(allocation.storage_bytes, before))
    };
    latest.allocations.iter().map(of).max().unwrap_or(Suspicion::None)
}

/// Whether bytes outside the heap grow, which nothing but the program moves.
#[must_use]
pub fn external_grows(points: impl IntoIterator<Item = Point>) -> bool {
    growth(points).is_some_and(|slope| slope.low > 0.0 && slope.mid >= MIN_EXTERNAL_BYTES_PER_JOB)
}

/// Whether the heap grows so much that nothing but the program can be the cause.
#[must_use]
pub fn heap_grows(points: &[Point]) -> bool {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return false };
    let is_large = last.y - first.y >= HEAP_SWING_BYTES;
    is_large && growth(points.iter().copied()).is_some_and(|slope| slope.low > 0.0)
}

impl Reading {
    fn storage_of(&self, site: u32) -> Option<f64> {
        self.allocations.iter().find(|(other, _)| *other == site).map(|(_, found)| found.storage_bytes)
    }
}

/// Samples of all ages, those of the last jobs included; so many are no chance.
fn by_age(counts: &[u32; STRETCHES], many_samples: u32) -> Suspicion {
    let counts = &without_start(counts);
    let total: u32 = counts.iter().sum();
    let first_half: u32 = counts[..STRETCHES / 2].iter().sum();
    let is_low = |quarter: &&[u32]| quarter.iter().sum::<u32>() * QUARTER_DIVISOR < total.max(1);
    let low = counts.chunks(2).skip(1).filter(is_low).count();
    let is_there_throughout = low <= usize::from(total < many_samples);
    let many = f64::from(total);
    let is_early = f64::from(first_half) > many * (0.5 + ASKING_SHARE) + DEVIATIONS * many.sqrt() / 2.0;
    let goes_on = counts[STRETCHES - 2..].iter().any(|count| *count > 0);
    if total < MIN_SAMPLES || !is_there_throughout || is_early || !goes_on {
        return Suspicion::None;
    }
    if total < many_samples { Suspicion::Weak } else { Suspicion::Strong }
}

/// What a function makes once, at its first calls, is in the first stretch: it counts as much as the fullest of the others.
fn without_start(counts: &[u32; STRETCHES]) -> [u32; STRETCHES] {
    let [first, others @ ..] = counts;
    let mut even = *counts;
    even[0] = *first.min(others.iter().max().unwrap_or(&0));
    even
}

/// Storage that was taken late, and again later and larger.
fn by_storage(bytes: f64, before: Option<f64>) -> Suspicion {
    if bytes < MIN_STORAGE_BYTES {
        return Suspicion::None;
    }
    match before {
        Some(before) if before >= MIN_STORAGE_BYTES => {
            if bytes >= STORAGE_STEP * before {
                Suspicion::Strong
            } else {
                Suspicion::None
            }
        }
        _ => Suspicion::Weak,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(counts: [u32; STRETCHES]) -> Suspicion {
        suspicion(&[Reading { allocations: vec![(1, Allocation { counts, storage_bytes: 0.0 })] }])
    }

    fn storage(bytes: &[f64]) -> Suspicion {
        let reading = |&storage_bytes: &f64| Reading {
            allocations: vec![(1, Allocation { counts: [0; STRETCHES], storage_bytes })],
        };
        suspicion(&bytes.iter().map(reading).collect::<Vec<_>>())
    }

    #[test]
    fn objects_of_all_ages_are_suspect() {
        assert_eq!(objects([2, 3, 2, 1, 2, 3, 2, 2]), Suspicion::Strong);
        assert_eq!(objects([0, 1, 2, 0, 1, 1, 0, 1]), Suspicion::Weak, "a leak of every tenth job");
    }

    #[test]
    fn fewer_objects_are_suspect_once_more_jobs_have_run() {
        let asked_again = |counts| {
            let reading = Reading { allocations: vec![(1, Allocation { counts, storage_bytes: 0.0 })] };
            suspicion(&[Reading::default(), reading])
        };
        assert_eq!(asked_again([1, 1, 2, 0, 1, 1, 1, 1]), Suspicion::Strong);
        assert_eq!(asked_again([1, 1, 2, 0, 1, 1, 0, 1]), Suspicion::Weak);
        assert_eq!(asked_again([0, 0, 0, 0, 2, 2, 3, 3]), Suspicion::None);
    }

    #[test]
    fn latest_entries_of_a_cache_are_not() {
        assert_eq!(objects([0, 0, 0, 0, 5, 6, 5, 6]), Suspicion::None);
        assert_eq!(objects([0, 0, 0, 0, 0, 0, 0, 40]), Suspicion::None);
    }

    #[test]
    fn what_was_made_early_is_not() {
        assert_eq!(objects([50, 2, 0, 0, 0, 0, 0, 0]), Suspicion::None);
        assert_eq!(objects([0, 0, 47, 8, 4, 0, 0, 8]), Suspicion::None);
        assert_eq!(objects([11, 2, 1, 0, 0, 0, 0, 7]), Suspicion::None, "and again at the end");
    }

    #[test]
    fn what_a_function_makes_at_its_first_calls_hides_nothing() {
        assert_eq!(objects([20, 2, 3, 2, 1, 2, 3, 2]), Suspicion::Strong, "a leak of every fourth job");
        assert_eq!(objects([25, 3, 1, 0, 3, 3, 0, 1]), Suspicion::Strong);
        assert_eq!(objects([40, 1, 0, 0, 0, 0, 0, 0]), Suspicion::None);
    }

    #[test]
    fn storage_that_grows_again_is_suspect() {
        assert_eq!(storage(&[10_000.0]), Suspicion::Weak);
        assert_eq!(storage(&[10_000.0, 23_000.0]), Suspicion::Strong);
        assert_eq!(storage(&[3_600.0, 3_600.0]), Suspicion::None, "a table that is rebuilt at its size");
        assert_eq!(storage(&[10_000.0, 0.0]), Suspicion::None);
        assert_eq!(storage(&[500.0]), Suspicion::None);
    }

    #[test]
    fn nothing_read_is_nothing_suspected() {
        assert_eq!(suspicion(&[]), Suspicion::None);
    }

    #[test]
    fn bytes_outside_the_heap_are_suspect_when_they_grow_with_the_jobs() {
        let points = |per_job: f64| (0..10).map(move |i| Point::new(f64::from(i), f64::from(i) * per_job));
        assert!(external_grows(points(20_000.0)));
        assert!(!external_grows(points(16.0)));
        assert!(!external_grows((0..10).map(|i| Point::new(f64::from(i), f64::from(i % 2) * 160.0))));
    }

    #[test]
    fn heap_that_swings_is_no_growth() {
        let swing = |i: i32| f64::from(i % 2) * 250_000.0;
        let points = |per_job: f64| {
            (0..12).map(|i| Point::new(f64::from(i * 10), f64::from(i * 10) * per_job + swing(i))).collect()
        };
        let (still, growing): (Vec<Point>, Vec<Point>) = (points(100.0), points(100_000.0));
        assert!(!heap_grows(&still));
        assert!(heap_grows(&growing));
    }
}
