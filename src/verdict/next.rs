//! Whether a check needs more jobs: the number of jobs follows the evidence.

/// Where a check stands.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Jobs finished after the warm-up: one that hangs never keeps a check from ending, so no exact number is asked for.
    pub finished: u64,
    /// Time since the first job, in milliseconds.
    pub elapsed_ms: f64,
    /// Of that, what other load on the machine did not take, in milliseconds.
    pub used_ms: f64,
    /// The check has to end now.
    pub budget_over: bool,
    /// Something is retained, whatever it will be called.
    pub retained: bool,
    /// Findings that may still turn out either way.
    pub undecided: usize,
    /// Leaks, likely or sure.
    pub leaks: usize,
}

/// The limits of a check.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Jobs below which nothing is decided.
    pub min_jobs: u64,
    /// Jobs that a leak, or what may become one, is watched over, however long they take.
    pub max_jobs: u64,
    /// The same as long as they are quick: a cache may still be filling.
    pub confirm_jobs: u64,
    /// Exactly so many, because the user said so.
    pub fixed_jobs: Option<u64>,
    /// Time after which a check that found nothing may end, in milliseconds.
    pub quick_ms: f64,
    /// Time that quick jobs may take for that, in milliseconds.
    pub confirm_ms: f64,
}

/// What to do next, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run another window of jobs.
    More(&'static str),
    /// Stop and report.
    Enough(&'static str),
}

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
    if progress.finished < limits.min_jobs {
        return Step::More("too few jobs to say anything");
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
    if progress.leaks > 0 || progress.undecided > 0 {
        return confirm(progress, limits);
    }
    if is_steady {
        Step::Enough("what is left does not grow")
    } else {
        Step::More("what is left may still grow")
    }
}

/// What grows may yet stop: a cache that fills, something that is released late.
fn confirm(progress: &Progress, limits: &Limits) -> Step {
    if progress.finished < limits.max_jobs {
        return Step::More("what grows may still stop");
    }
    if progress.finished < limits.confirm_jobs && progress.used_ms < limits.confirm_ms {
        return Step::More("the jobs are quick, so more of them are run");
    }
    Step::Enough("ran the most jobs a check runs")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        min_jobs: 20,
        max_jobs: 400,
        confirm_jobs: 5_000,
        fixed_jobs: None,
        quick_ms: 3_000.0,
        confirm_ms: 5_000.0,
    };

    const START: Progress = Progress {
        finished: 0,
        elapsed_ms: 0.0,
        used_ms: 0.0,
        budget_over: false,
        retained: false,
        undecided: 0,
        leaks: 0,
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
    fn leak_is_confirmed_over_400_jobs_however_slow_they_are() {
        let slow = Progress {
            retained: true,
            leaks: 1,
            finished: 380,
            elapsed_ms: 60_000.0,
            used_ms: 60_000.0,
            ..START
        };
        assert!(!is_enough(slow, LIMITS));
        assert!(!is_enough(Progress { leaks: 0, undecided: 1, ..slow }, LIMITS));
        assert!(is_enough(Progress { finished: 400, ..slow }, LIMITS));
        assert!(is_enough(Progress { budget_over: true, ..slow }, LIMITS));
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
        assert!(!is_enough(quick, LIMITS));
        assert!(!is_enough(Progress { finished: 4_900, ..quick }, LIMITS));
        assert!(is_enough(Progress { finished: 5_000, ..quick }, LIMITS));
        assert!(is_enough(Progress { used_ms: 5_000.0, ..quick }, LIMITS));
        let undecided = Progress { leaks: 0, undecided: 1, ..quick };
        assert!(!is_enough(undecided, LIMITS));
        assert!(is_enough(Progress { used_ms: 5_000.0, ..undecided }, LIMITS));
    }

    #[test]
    fn steady_leftovers_end_at_100_jobs() {
        let kept = Progress { retained: true, finished: 80, ..START };
        assert!(!is_enough(kept, LIMITS));
        assert!(is_enough(Progress { finished: 100, ..kept }, LIMITS));
    }

    #[test]
    fn check_stops_when_the_time_is_up() {
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
