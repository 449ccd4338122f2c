//! Whether a check needs more jobs: the number of jobs follows the evidence.

use super::heap_steps::{HeapProgress, with_heap};
use super::overall::MIN_JOBS;

/// Where a check stands.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Jobs finished after the warm-up.
    pub finished: u64,
    /// Jobs that were run and hang: they never finish, and must not keep the check from ending.
    pub hanging: u64,
    /// Exactly so many, because the user said so.
    pub fixed_jobs: Option<u64>,
    /// Time since the first job, in milliseconds.
    pub elapsed_ms: f64,
    /// Of that, what other load on the machine did not take, in milliseconds.
    pub used_ms: f64,
    /// Thousands of jobs more would do the process no harm, whatever each of them leaves behind.
    pub can_afford_more: bool,
    /// The check has to end now.
    pub budget_over: bool,
    /// Something is retained, whatever it will be called.
    pub retained: bool,
    /// Findings that may still turn out either way.
    pub undecided: usize,
    /// Leaks, likely or sure.
    pub leaks: usize,
    /// How far the question is whether the heap grows.
    pub heap: HeapProgress<'a>,
}

impl Progress<'_> {
    /// Before the first job.
    #[cfg(test)]
    pub const START: Self = Self {
        finished: 0,
        hanging: 0,
        fixed_jobs: None,
        elapsed_ms: 0.0,
        used_ms: 0.0,
        can_afford_more: true,
        budget_over: false,
        retained: false,
        undecided: 0,
        leaks: 0,
        heap: HeapProgress { readings: &[], suspicion: None, snapshots: &[], is_out_of_reach: false },
    };

    /// Jobs that were run.
    #[must_use]
    pub const fn ran(&self) -> u64 {
        self.finished.saturating_add(self.hanging)
    }
}

/// What to do next, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run another window of jobs.
    More(&'static str),
    /// Ask where memory comes from.
    Measure(&'static str),
    /// Take a snapshot of the heap.
    Snapshot(&'static str),
    /// Stop and report.
    Enough(&'static str),
}

impl Step {
    /// The word for it, and why.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::More(reason) => ("more", reason),
            Self::Measure(reason) => ("measure", reason),
            Self::Snapshot(reason) => ("snapshot", reason),
            Self::Enough(reason) => ("enough", reason),
        }
    }
}

/// Jobs after which leftovers that do not grow, or none at all, need no more.
const STEADY_JOBS: u64 = 100;
/// What grows is watched over so many jobs, however slow they are: it may be a cache that fills.
const MAX_JOBS: u64 = 400;
/// And over so many while they are quick, and leave neither much memory nor many handles.
const MAX_QUICK_JOBS: u64 = 5_000;
/// Time after which a check that found nothing may end, in milliseconds.
const QUICK_MS: f64 = 3_000.0;
/// Time that quick jobs beyond [`MAX_JOBS`] may take, in milliseconds.
const CONFIRM_MS: f64 = 5_000.0;

/// Decides whether to go on.
#[must_use]
pub fn next(progress: &Progress<'_>) -> Step {
    if progress.budget_over {
        return Step::Enough("the time is up");
    }
    let step = match progress.fixed_jobs {
        Some(fixed) if progress.ran() >= fixed => Step::Enough("ran the jobs asked for"),
        Some(_) => Step::More("runs the jobs asked for"),
        None if progress.finished < MIN_JOBS => Step::More("too few jobs to say anything"),
        None => by_evidence(progress),
    };
    with_heap(progress, step)
}

fn by_evidence(progress: &Progress<'_>) -> Step {
    let is_steady = progress.finished >= STEADY_JOBS;
    if !progress.retained {
        let is_enough = is_steady || progress.elapsed_ms >= QUICK_MS;
        return if is_enough {
            Step::Enough("nothing is left behind")
        } else {
            Step::More("nothing is left so far")
        };
    }
    if progress.leaks > 0 || progress.undecided > 0 {
        return confirm(progress);
    }
    if is_steady {
        Step::Enough("what is left does not grow")
    } else {
        Step::More("what is left may still grow")
    }
}

/// What grows may yet stop: a cache that fills, something that is released late.
fn confirm(progress: &Progress<'_>) -> Step {
    if progress.ran() < MAX_JOBS {
        return Step::More("what grows may still stop");
    }
    let is_quick = progress.can_afford_more && progress.used_ms < CONFIRM_MS;
    if is_quick && progress.ran() < MAX_QUICK_JOBS {
        return Step::More("the jobs are quick, so more of them are run");
    }
    Step::Enough("ran the most jobs a check runs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::suspicion::Suspicion;

    const START: Progress<'_> = Progress {
        // The heap has been asked about, and is still.
        heap: HeapProgress { suspicion: Some(Suspicion::None), ..Progress::START.heap },
        ..Progress::START
    };

    fn is_enough(progress: Progress<'_>) -> bool {
        matches!(next(&progress), Step::Enough(_))
    }

    #[test]
    fn nothing_left_ends_at_100_jobs_or_after_the_quick_time() {
        assert!(!is_enough(Progress { finished: 80, ..START }));
        assert!(is_enough(Progress { finished: 100, ..START }));
        assert!(is_enough(Progress { finished: 20, elapsed_ms: 3_000.0, ..START }));
        assert!(!is_enough(Progress { finished: 10, elapsed_ms: 3_000.0, ..START }));
    }

    #[test]
    fn leak_is_confirmed_over_400_jobs_however_slow_they_are() {
        let slow = Progress {
            retained: true,
            leaks: 1,
            finished: 380,
            elapsed_ms: 60_000.0,
            used_ms: 60_000.0,
            ..START
        };
        assert!(!is_enough(slow));
        assert!(!is_enough(Progress { leaks: 0, undecided: 1, ..slow }));
        assert!(is_enough(Progress { finished: 400, ..slow }));
        assert!(is_enough(Progress { budget_over: true, ..slow }));
    }

    #[test]
    fn quick_jobs_confirm_a_leak_up_to_5000_of_them_or_5_seconds() {
        let quick = Progress {
            retained: true,
            leaks: 1,
            finished: 400,
            elapsed_ms: 9_000.0,
            used_ms: 300.0,
            ..START
        };
        assert!(!is_enough(quick));
        assert!(!is_enough(Progress { finished: 4_900, ..quick }));
        assert!(is_enough(Progress { finished: 5_000, ..quick }));
        assert!(is_enough(Progress { used_ms: 5_000.0, ..quick }));
        let undecided = Progress { leaks: 0, undecided: 1, ..quick };
        assert!(!is_enough(undecided));
        assert!(is_enough(Progress { used_ms: 5_000.0, ..undecided }));
    }

    #[test]
    fn steady_leftovers_end_at_100_jobs() {
        let kept = Progress { retained: true, finished: 80, ..START };
        assert!(!is_enough(kept));
        assert!(is_enough(Progress { finished: 100, ..kept }));
    }

    #[test]
    fn check_stops_when_the_time_is_up() {
        assert!(is_enough(Progress { finished: 3, budget_over: true, ..START }));
    }

    #[test]
    fn jobs_that_hang_count_as_run_and_not_as_finished() {
        let leaky = Progress { retained: true, leaks: 1, hanging: 3, used_ms: 5_000.0, ..START };
        assert!(!is_enough(Progress { finished: 396, ..leaky }));
        assert!(is_enough(Progress { finished: 397, ..leaky }));
        assert!(!is_enough(Progress { finished: 19, ..leaky }));
    }

    #[test]
    fn what_costs_the_process_much_is_not_confirmed_by_thousands() {
        let costly = Progress { retained: true, leaks: 1, can_afford_more: false, ..START };
        assert!(!is_enough(Progress { finished: 380, ..costly }));
        assert!(is_enough(Progress { finished: 400, ..costly }));
    }

    #[test]
    fn fixed_number_of_jobs_runs_exactly() {
        let seven = Progress { fixed_jobs: Some(7), ..START };
        assert!(!is_enough(Progress { finished: 6, ..seven }));
        assert!(is_enough(Progress { finished: 7, ..seven }));
        assert!(is_enough(Progress { finished: 5, hanging: 2, ..seven }));
        assert!(!is_enough(Progress { finished: 400, fixed_jobs: Some(1_000), ..START }));
    }
}
