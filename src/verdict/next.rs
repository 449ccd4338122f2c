//! Whether a check needs more jobs: the number of jobs follows the evidence.

/// Where a check stands.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Jobs finished after the warm-up.
    pub finished: u64,
    /// Time since the first job, in milliseconds.
    pub elapsed_ms: f64,
    /// The check has to end now.
    pub budget_over: bool,
    /// Something is retained, whatever it will be called.
    pub retained: bool,
    /// Findings that may still turn out either way.
    pub undecided: usize,
    /// Leaks that are likely, but not sure.
    pub likely_leaks: usize,
    /// Leaks that are sure.
    pub sure_leaks: usize,
}

/// The limits of a check.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Jobs below which nothing is decided.
    pub min_jobs: u64,
    /// Jobs above which nothing more is expected.
    pub max_jobs: u64,
    /// Exactly so many, because the user said so.
    pub fixed_jobs: Option<u64>,
    /// Time after which a check that found nothing may end, in milliseconds.
    pub quick_ms: f64,
    /// Time after which a sure leak needs no further confirmation, in milliseconds.
    pub confirm_ms: f64,
    /// Whether a sure leak is to be confirmed at all, against a plateau that is still ahead.
    pub want_confirm: bool,
}

/// What to do next, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run another window of jobs.
    More(&'static str),
    /// Stop and report.
    Enough(&'static str),
}

/// A check stops at multiples of this many jobs, so that windows are alike.
const WINDOW_JOBS: u64 = 20;
/// Jobs after which leftovers that do not grow, or none at all, need no more.
const STEADY_JOBS: u64 = 100;

/// Decides whether to go on.
#[must_use]
pub fn next(progress: &Progress, limits: &Limits) -> Step {
    if progress.budget_over {
        return Step::Enough("the time is up");
    }
    if let Some(fixed) = limits.fixed_jobs {
        let is_done = progress.finished >= fixed;
        return if is_done {
            Step::Enough("ran the jobs asked for")
        } else {
            Step::More("runs the jobs asked for")
        };
    }
    if progress.finished >= limits.max_jobs {
        return Step::Enough("ran the most jobs a check runs");
    }
    if progress.finished < limits.min_jobs {
        return Step::More("too few jobs to say anything");
    }
    if !progress.finished.is_multiple_of(WINDOW_JOBS) {
        return Step::More("in the middle of a window");
    }
    by_evidence(progress, limits)
}

fn by_evidence(progress: &Progress, limits: &Limits) -> Step {
    let is_steady = progress.finished >= STEADY_JOBS;
    if !progress.retained {
        let is_enough = is_steady || progress.elapsed_ms >= limits.quick_ms;
        return if is_enough {
            Step::Enough("nothing is left behind")
        } else {
            Step::More("nothing is left so far")
        };
    }
    if progress.undecided > 0 {
        return Step::More("some leftovers may still turn out either way");
    }
    if progress.likely_leaks > 0 {
        return Step::More("a likely leak is not sure yet");
    }
    if progress.sure_leaks > 0 {
        let is_confirmed = !limits.want_confirm || progress.elapsed_ms >= limits.confirm_ms;
        return if is_confirmed {
            Step::Enough("the leaks are sure")
        } else {
            Step::More("the leaks are sure unless a plateau is ahead")
        };
    }
    if is_steady {
        Step::Enough("what is left does not grow")
    } else {
        Step::More("what is left may still grow")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        min_jobs: 20,
        max_jobs: 400,
        fixed_jobs: None,
        quick_ms: 3_000.0,
        confirm_ms: 10_000.0,
        want_confirm: true,
    };

    const START: Progress = Progress {
        finished: 0,
        elapsed_ms: 0.0,
        budget_over: false,
        retained: false,
        undecided: 0,
        likely_leaks: 0,
        sure_leaks: 0,
    };

    fn is_enough(progress: Progress, limits: Limits) -> bool {
        matches!(next(&progress, &limits), Step::Enough(_))
    }

    #[test]
    fn nothing_left_ends_at_100_jobs_or_after_the_quick_time() {
        assert!(!is_enough(Progress { finished: 80, ..START }, LIMITS));
        assert!(is_enough(Progress { finished: 100, ..START }, LIMITS));
        assert!(is_enough(Progress { finished: 20, elapsed_ms: 3_000.0, ..START }, LIMITS));
        assert!(!is_enough(Progress { finished: 10, elapsed_ms: 3_000.0, ..START }, LIMITS));
    }

    #[test]
    fn sure_leak_is_confirmed_up_to_400_jobs_or_10_seconds() {
        let sure = Progress { retained: true, sure_leaks: 1, finished: 60, ..START };
        assert!(!is_enough(sure, LIMITS));
        assert!(is_enough(Progress { finished: 400, ..sure }, LIMITS));
        assert!(is_enough(Progress { elapsed_ms: 10_000.0, ..sure }, LIMITS));
        assert!(is_enough(sure, Limits { want_confirm: false, ..LIMITS }));
    }

    #[test]
    fn likely_leaks_and_undecided_leftovers_go_on_to_the_most_jobs() {
        let likely =
            Progress { retained: true, likely_leaks: 1, finished: 380, elapsed_ms: 60_000.0, ..START };
        assert!(!is_enough(likely, LIMITS));
        assert!(!is_enough(Progress { likely_leaks: 0, undecided: 1, ..likely }, LIMITS));
        assert!(is_enough(Progress { finished: 400, ..likely }, LIMITS));
    }

    #[test]
    fn steady_leftovers_end_at_100_jobs() {
        let kept = Progress { retained: true, finished: 80, ..START };
        assert!(!is_enough(kept, LIMITS));
        assert!(is_enough(Progress { finished: 100, ..kept }, LIMITS));
    }

    #[test]
    fn check_stops_between_windows_only_unless_the_time_is_up() {
        assert!(!is_enough(Progress { finished: 110, ..START }, LIMITS));
        assert!(is_enough(Progress { finished: 3, budget_over: true, ..START }, LIMITS));
    }

    #[test]
    fn fixed_number_of_jobs_runs_exactly() {
        let limits = Limits { fixed_jobs: Some(7), ..LIMITS };
        assert!(!is_enough(Progress { finished: 6, ..START }, limits));
        assert!(is_enough(Progress { finished: 7, ..START }, limits));
        assert!(!is_enough(
            Progress { finished: 400, ..START },
            Limits { fixed_jobs: Some(1_000), ..LIMITS }
        ));
    }
}
