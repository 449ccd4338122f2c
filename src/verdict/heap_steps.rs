//! When a check asks where memory comes from, and when it takes a snapshot of the heap.
//!
//! Bytes raise the question, counts answer it. A check that finds nothing asks once, at its end, which costs one
//! collection. Only what looks like growth is worth snapshots: three at even distances, so that a straight line can be told
//! from a plateau.

use super::ladder::Certainty;
use super::next::{Progress, Step};
use super::overall::MIN_JOBS;
use super::slope::Point;
use super::suspicion::Suspicion;

/// What is known of the heap so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeapProgress<'a> {
    /// Jobs finished at each reading of where memory comes from.
    pub readings: &'a [u64],
    /// What the readings say.
    pub suspicion: Option<Suspicion>,
    /// Jobs finished at each snapshot.
    pub snapshots: &'a [u64],
    /// No snapshot can be taken here, or none that would not hurt.
    pub is_out_of_reach: bool,
}

/// Snapshots from which growth can be told from a plateau.
pub const MIN_SNAPSHOTS: usize = 3;
/// Jobs at which growth of the heap is asked for, whatever else is found.
const ASK_AT_JOBS: u64 = 100;
/// Readings after which what is still weak is nothing.
const MAX_READINGS: usize = 2;
/// Jobs are asked about again, whatever was found, where as many as before take no more CPU than that, in milliseconds.
const AGAIN_MS: f64 = 500.0;
/// And no more time than that, where jobs wait or the machine does something else.
const AGAIN_ELAPSED_MS: f64 = 1_500.0;
/// Jobs between two snapshots at least, since a check looks at these multiples alone; else two fifths of those before the
/// first one.
const MIN_GAP_JOBS: u64 = 20;

/// The step that follows, with the heap in view.
#[must_use]
pub fn with_heap(progress: &Progress<'_>, step: Step) -> Step {
    let heap = &progress.heap;
    if progress.ran() < MIN_JOBS && progress.fixed_jobs.is_none() {
        return step;
    }
    match heap.suspicion {
        None if is_due(progress, step) => Step::Measure("asks where memory comes from"),
        Some(Suspicion::None | Suspicion::Weak) if is_asked_again(progress) => again(progress, step),
        Some(Suspicion::Strong) if !heap.is_out_of_reach => snapshots(progress, step),
        _ => step,
    }
}

/// At the end, or where a leak among the first hundred jobs would show; of a fixed number of jobs half of them are left
/// for snapshots.
fn is_due(progress: &Progress<'_>, step: Step) -> bool {
    match progress.fixed_jobs {
        Some(fixed) => progress.ran() >= MIN_JOBS && progress.ran().saturating_mul(2) >= fixed,
        None => matches!(step, Step::Enough(_)) || progress.ran() >= ASK_AT_JOBS,
    }
}

/// Of a leak of every tenth job, a hundred jobs leave hardly a sample: jobs that are quick are asked about again in any case.
fn is_asked_again(progress: &Progress<'_>) -> bool {
    let heap = &progress.heap;
    let is_weak = heap.suspicion == Some(Suspicion::Weak);
    let is_quick =
        |&first| progress.fixed_jobs.is_none() && take_less(progress, first, AGAIN_MS, AGAIN_ELAPSED_MS);
    heap.readings.len() < MAX_READINGS && (is_weak || heap.readings.first().is_some_and(is_quick))
}

/// Twice as many jobs tell what is weak now.
fn again(progress: &Progress<'_>, step: Step) -> Step {
    let last = progress.heap.readings.last().copied().unwrap_or(0);
    let is_over = progress.fixed_jobs.is_some() && matches!(step, Step::Enough(_));
    if progress.ran() >= last.saturating_mul(2) || is_over {
        Step::Measure("asks again where memory comes from")
    } else {
        Step::More("memory may grow")
    }
}

/// Whether so many jobs take less CPU and less time than that, at the pace so far.
#[expect(clippy::cast_precision_loss, reason = "counts of jobs stay below 2^53")]
fn take_less(progress: &Progress<'_>, jobs: u64, used_ms: f64, elapsed_ms: f64) -> bool {
    let is_within = |ms: f64, most: f64| ms * jobs as f64 <= most * progress.ran().max(1) as f64;
    is_within(progress.used_ms, used_ms) && is_within(progress.elapsed_ms, elapsed_ms)
}

fn snapshots(progress: &Progress<'_>, step: Step) -> Step {
    let taken = progress.heap.snapshots;
    let (Some(&first), Some(&last)) = (taken.first(), taken.last()) else {
        return Step::Snapshot("memory seems to grow");
    };
    if taken.len() >= MIN_SNAPSHOTS {
        return step;
    }
    let is_last_chance = progress.fixed_jobs.is_some() && matches!(step, Step::Enough(_));
    if progress.ran() >= due(progress, first, last) || is_last_chance && progress.ran() > last {
        return Step::Snapshot("what grows must go on growing");
    }
    if is_last_chance { step } else { Step::More("what grows must go on growing") }
}

/// Jobs at which the next snapshot is due. Storage grows by half of its size at a time, a table by all of it, so where one reading
/// was not enough, since that alone may be suspect, half as many jobs more are needed each time, and twice as many where jobs are
/// quick.
fn due(progress: &Progress<'_>, first: u64, last: u64) -> u64 {
    let may_be_storage = progress.heap.readings.len() > 1;
    match progress.fixed_jobs {
        Some(fixed) => last + fixed.saturating_sub(first).div_ceil(2).max(1),
        None if may_be_storage && are_quick(progress, last) => last.saturating_mul(TABLE_STEP).div_ceil(5),
        None if may_be_storage => last.saturating_mul(3).div_ceil(2),
        None => last + (first.saturating_mul(2) / 5).next_multiple_of(MIN_GAP_JOBS).max(MIN_GAP_JOBS),
    }
}

/// All three snapshots, the last after [`TABLE_STEP`] fifths of the jobs of the one before, take no more CPU than that, in
/// milliseconds.
const QUICK_MS: f64 = 3_000.0;
/// And no more time than that, where jobs wait or the machine does something else.
const QUICK_ELAPSED_MS: f64 = 9_000.0;
/// Fifths of the jobs before: a table has been made larger meanwhile, whatever its size was.
const TABLE_STEP: u64 = 11;

fn are_quick(progress: &Progress<'_>, last: u64) -> bool {
    take_less(progress, last * TABLE_STEP / 5, QUICK_MS, QUICK_ELAPSED_MS)
}

/// So many must have come before it is sure, as for anything that is counted: a cache that fills is a leak until it is full.
const LARGE_GROWTH: u64 = 500;

/// How sure it is that something leaks whose counts lie on a line, or near it.
#[must_use]
pub const fn certainty(is_even: bool, grown: u64, snapshots: usize) -> Certainty {
    if is_even && grown >= LARGE_GROWTH && snapshots > MIN_SNAPSHOTS {
        Certainty::Sure
    } else {
        Certainty::Likely
    }
}

/// Growth in the last stretch is at least this share of that between the first three snapshots, and no more than its inverse:
/// else it stopped, or what was there first is gone.
const PACE_SHARE: f64 = 0.5;
/// Less for each job is no growth, see [`super::growth::MIN_COUNT_PER_JOB`].
const MIN_PER_JOB: f64 = super::growth::MIN_COUNT_PER_JOB;

/// Whether growth that three snapshots showed goes on until the last one. The stretch before that is long, and a line drawn
/// through it hides what happened there.
#[must_use]
pub fn keeps_pace(points: &[Point]) -> bool {
    let (Some(first), Some(third), Some(last)) =
        (points.first(), points.get(MIN_SNAPSHOTS - 1), points.last())
    else {
        return false;
    };
    let rate = |from: &Point, to: &Point| (to.y - from.y) / (to.x - from.x);
    let early = rate(first, third);
    if points.len() == MIN_SNAPSHOTS {
        return early >= MIN_PER_JOB;
    }
    let late = rate(third, last);
    late >= MIN_PER_JOB && late >= PACE_SHARE * early && early >= PACE_SHARE * late
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENOUGH: Step = Step::Enough("nothing is left behind");
    const MORE: Step = Step::More("nothing is left so far");

    /// Of jobs that take 20 ms each.
    #[expect(clippy::cast_precision_loss, reason = "few")]
    fn at(finished: u64, heap: HeapProgress<'_>) -> Progress<'_> {
        Progress { finished, heap, elapsed_ms: 20.0 * finished as f64, ..Progress::START }
    }

    fn action(progress: &Progress<'_>, step: Step) -> &'static str {
        with_heap(progress, step).words().0
    }

    fn strong(snapshots: &[u64]) -> HeapProgress<'_> {
        HeapProgress {
            readings: &[100],
            suspicion: Some(Suspicion::Strong),
            snapshots,
            ..HeapProgress::default()
        }
    }

    #[test]
    fn heap_is_asked_for_once_before_a_check_ends() {
        assert_eq!(action(&at(80, HeapProgress::default()), MORE), "more");
        assert_eq!(action(&at(100, HeapProgress::default()), ENOUGH), "measure");
        assert_eq!(action(&at(20, HeapProgress::default()), ENOUGH), "measure");
        let none =
            HeapProgress { readings: &[100], suspicion: Some(Suspicion::None), ..HeapProgress::default() };
        assert_eq!(action(&at(100, none), ENOUGH), "enough");
    }

    #[test]
    fn leak_of_something_else_does_not_put_the_question_off() {
        assert_eq!(action(&at(100, HeapProgress::default()), MORE), "measure");
    }

    #[test]
    fn weak_suspicion_is_asked_again_after_twice_the_jobs_and_then_dropped() {
        let weak =
            |readings| HeapProgress { readings, suspicion: Some(Suspicion::Weak), ..HeapProgress::default() };
        assert_eq!(action(&at(100, weak(&[100])), ENOUGH), "more");
        assert_eq!(action(&at(200, weak(&[100])), ENOUGH), "measure");
        assert_eq!(action(&at(200, weak(&[100, 200])), ENOUGH), "enough");
    }

    #[test]
    fn quick_jobs_are_asked_about_again_whatever_was_found() {
        let asked = |finished, used_ms, readings| {
            let heap = HeapProgress { readings, suspicion: Some(Suspicion::None), ..HeapProgress::default() };
            action(&Progress { used_ms, elapsed_ms: 2.0 * used_ms, ..at(finished, heap) }, ENOUGH)
        };
        assert_eq!(asked(100, 100.0, &[100]), "more");
        assert_eq!(asked(180, 180.0, &[100]), "more");
        assert_eq!(asked(200, 200.0, &[100]), "measure");
        assert_eq!(asked(200, 200.0, &[100, 200]), "enough");
        assert_eq!(asked(100, 520.0, &[100]), "enough", "a hundred more take 520 ms");
        let fixed = Progress {
            fixed_jobs: Some(200),
            ..at(
                100,
                HeapProgress {
                    readings: &[100],
                    suspicion: Some(Suspicion::None),
                    ..HeapProgress::default()
                },
            )
        };
        assert_eq!(action(&fixed, MORE), "more");
        assert_eq!(action(&fixed, ENOUGH), "enough");
    }

    #[test]
    fn strong_suspicion_takes_three_snapshots_at_even_distances() {
        assert_eq!(action(&at(100, strong(&[])), ENOUGH), "snapshot");
        assert_eq!(action(&at(120, strong(&[100])), ENOUGH), "more");
        assert_eq!(action(&at(140, strong(&[100])), ENOUGH), "snapshot");
        assert_eq!(action(&at(160, strong(&[100, 140])), ENOUGH), "more");
        assert_eq!(action(&at(180, strong(&[100, 140])), ENOUGH), "snapshot");
        assert_eq!(action(&at(180, strong(&[100, 140, 180])), ENOUGH), "enough");
    }

    #[test]
    fn slow_jobs_are_few_between_snapshots() {
        assert_eq!(action(&at(40, strong(&[20])), ENOUGH), "snapshot");
    }

    #[test]
    fn fixed_number_of_jobs_is_shared_by_question_and_answer() {
        let fixed = |finished, heap| Progress { fixed_jobs: Some(100), ..at(finished, heap) };
        assert_eq!(action(&fixed(40, HeapProgress::default()), MORE), "more");
        assert_eq!(action(&fixed(50, HeapProgress::default()), MORE), "measure");
        assert_eq!(action(&fixed(50, strong(&[])), MORE), "snapshot");
        assert_eq!(action(&fixed(70, strong(&[50])), MORE), "more");
        assert_eq!(action(&fixed(80, strong(&[50])), MORE), "snapshot");
        assert_eq!(action(&fixed(100, strong(&[50, 80])), ENOUGH), "snapshot");
        assert_eq!(action(&fixed(100, strong(&[50, 80, 100])), ENOUGH), "enough");
    }

    #[test]
    fn storage_takes_half_as_many_jobs_more_each_time() {
        for (used_ms, elapsed_ms) in [(5_000.0, 5_000.0), (1_000.0, 15_000.0)] {
            let storage = |finished, snapshots| {
                let heap = HeapProgress { readings: &[100, 200], ..strong(snapshots) };
                action(&Progress { elapsed_ms, used_ms, ..at(finished, heap) }, ENOUGH)
            };
            assert_eq!(storage(280, &[200]), "more");
            assert_eq!(storage(300, &[200]), "snapshot");
            assert_eq!(storage(440, &[200, 300]), "more");
            assert_eq!(storage(460, &[200, 300]), "snapshot");
        }
    }

    #[test]
    fn storage_of_quick_jobs_takes_more_than_twice_as_many_each_time_since_tables_double() {
        let storage = |finished, snapshots| {
            let heap = HeapProgress { readings: &[100, 200], ..strong(snapshots) };
            action(&Progress { elapsed_ms: 2_500.0, used_ms: 500.0, ..at(finished, heap) }, ENOUGH)
        };
        assert_eq!(storage(420, &[200]), "more");
        assert_eq!(storage(440, &[200]), "snapshot");
        assert_eq!(storage(960, &[200, 440]), "more");
        assert_eq!(storage(980, &[200, 440]), "snapshot");
    }

    #[test]
    fn growth_must_go_on_and_what_was_first_must_still_be_there() {
        let keeps = |counts: [f64; 4]| {
            let jobs = [100.0, 140.0, 180.0, 5_000.0];
            keeps_pace(&jobs.iter().zip(counts).map(|(&x, y)| Point::new(x, y)).collect::<Vec<_>>())
        };
        assert!(keeps([100.0, 140.0, 180.0, 5_000.0]));
        assert!(!keeps([100.0, 140.0, 180.0, 1_000.0]), "a cache that is full");
        assert!(!keeps([0.0, 0.0, 0.0, 1_000.0]), "one that replaced its entries");
        assert!(!keeps([10.0, 10.0, 11.0, 60.0]), "hardly any growth");
    }

    #[test]
    fn few_fixed_jobs_are_not_asked_about() {
        let seven = Progress { fixed_jobs: Some(7), ..at(7, HeapProgress::default()) };
        assert_eq!(action(&seven, ENOUGH), "enough");
    }

    #[test]
    fn snapshots_that_cannot_be_taken_are_not_waited_for() {
        let heap = HeapProgress { is_out_of_reach: true, ..strong(&[]) };
        assert_eq!(action(&at(100, heap), ENOUGH), "enough");
    }
}
