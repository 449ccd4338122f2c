//! The verdict over everything: clean, leaks or inconclusive, and why.

use super::Mode;

/// The three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Enough was seen, and nothing leaks.
    Clean,
    /// Something leaks.
    Leaks,
    /// Too little was seen to say either.
    Inconclusive,
}

/// What there is to sum up.
#[derive(Debug, Clone, Copy)]
pub struct Sum {
    /// How it was gathered.
    pub mode: Mode,
    /// Findings that are leaks.
    pub leaks: usize,
    /// Findings that may still turn out either way.
    pub undecided: usize,
    /// Jobs past their grace period, all names.
    pub finished: u64,
    /// Of those, the ones that completed.
    pub completed: u64,
    /// Jobs that will never end.
    pub stuck: usize,
    /// Creations that found no room and were not watched: what looks like the end of growth may be theirs.
    pub unwatched: u64,
    /// The number of jobs that the user asked for.
    pub fixed_jobs: Option<u64>,
    /// The user said that anything retained is a leak.
    pub strict: bool,
    /// Things that were in the way of seeing everything.
    pub obstacles: usize,
}

/// Finished jobs below which nothing is called clean.
pub const MIN_JOBS: u64 = 20;

/// The answer, and for `Inconclusive` one sentence for each thing that is missing.
#[must_use]
pub fn overall(sum: &Sum) -> (Verdict, Vec<String>) {
    if sum.leaks > 0 {
        return (Verdict::Leaks, Vec::new());
    }
    let mut missing = Vec::new();
    if sum.finished < jobs_needed(sum) {
        // More may have finished: those whose grace period is not over yet have not been looked at.
        missing.push(format!(
            "only {} looked at: at least {} are needed",
            one_or_many(sum.finished, "finished job was", "finished jobs were"),
            jobs_needed(sum)
        ));
    }
    if sum.undecided > 0 {
        let things = if sum.undecided == 1 { "1 leftover" } else { "some leftovers" };
        missing.push(format!("{things} may still turn out either way: more jobs would tell"));
    }
    if sum.unwatched > 0 {
        missing.push(format!("{} listeners or timers found no room and were not watched", sum.unwatched));
    }
    if sum.mode == Mode::Check {
        if sum.finished > 0 && sum.completed == 0 {
            missing.push("no job completed, so only the failing path was seen".to_owned());
        }
        if sum.stuck > 0 {
            let stuck = one_or_many(
                sum.stuck as u64,
                "job never ended, and what it holds",
                "jobs never ended, and what they hold",
            );
            missing.push(format!("{stuck} cannot be judged"));
        }
    }
    let verdict =
        if missing.is_empty() && sum.obstacles == 0 { Verdict::Clean } else { Verdict::Inconclusive };
    (verdict, missing)
}

/// With `strict` one leftover decides, so the jobs that the user asked for are enough.
fn jobs_needed(sum: &Sum) -> u64 {
    match sum.fixed_jobs {
        Some(fixed) if sum.strict && sum.mode == Mode::Check => fixed.clamp(1, MIN_JOBS),
        _ => MIN_JOBS,
    }
}

fn one_or_many(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Sum = Sum {
        mode: Mode::Check,
        leaks: 0,
        undecided: 0,
        finished: 100,
        completed: 90,
        stuck: 0,
        unwatched: 0,
        fixed_jobs: None,
        strict: false,
        obstacles: 0,
    };

    fn verdict(sum: Sum) -> Verdict {
        overall(&sum).0
    }

    #[test]
    fn enough_jobs_and_nothing_left_is_clean() {
        assert_eq!(overall(&CLEAN), (Verdict::Clean, vec![]));
    }

    #[test]
    fn one_leak_outweighs_everything_missing() {
        assert_eq!(verdict(Sum { leaks: 1, finished: 3, undecided: 2, stuck: 1, ..CLEAN }), Verdict::Leaks);
    }

    #[test]
    fn too_few_jobs_are_never_clean() {
        assert_eq!(verdict(Sum { finished: 19, ..CLEAN }), Verdict::Inconclusive);
        assert_eq!(verdict(Sum { finished: 10, fixed_jobs: Some(10), ..CLEAN }), Verdict::Inconclusive);
        assert_eq!(verdict(Sum { mode: Mode::Production, finished: 19, ..CLEAN }), Verdict::Inconclusive);
    }

    #[test]
    fn one_strict_job_that_left_nothing_is_clean() {
        let sum = Sum { finished: 1, completed: 1, fixed_jobs: Some(1), strict: true, ..CLEAN };
        assert_eq!(verdict(sum), Verdict::Clean);
        assert_eq!(verdict(Sum { finished: 0, ..sum }), Verdict::Inconclusive);
    }

    #[test]
    fn something_undecided_is_inconclusive_in_both_modes() {
        assert_eq!(verdict(Sum { undecided: 1, ..CLEAN }), Verdict::Inconclusive);
        assert_eq!(verdict(Sum { undecided: 1, mode: Mode::Production, ..CLEAN }), Verdict::Inconclusive);
    }

    #[test]
    fn what_was_not_watched_may_leak() {
        let (verdict, notes) = overall(&Sum { unwatched: 7, ..CLEAN });
        assert_eq!(verdict, Verdict::Inconclusive);
        assert_eq!(notes, ["7 listeners or timers found no room and were not watched"]);
    }

    #[test]
    fn check_whose_jobs_all_fail_or_hang_is_inconclusive() {
        assert_eq!(verdict(Sum { completed: 0, ..CLEAN }), Verdict::Inconclusive);
        assert_eq!(verdict(Sum { stuck: 1, ..CLEAN }), Verdict::Inconclusive);
    }

    #[test]
    fn what_could_not_be_seen_is_not_clean_and_hides_no_leak() {
        assert_eq!(verdict(Sum { obstacles: 1, ..CLEAN }), Verdict::Inconclusive);
        assert_eq!(verdict(Sum { obstacles: 1, leaks: 1, ..CLEAN }), Verdict::Leaks);
    }

    #[test]
    fn notes_say_what_is_missing() {
        let (_, notes) = overall(&Sum { finished: 1, completed: 0, stuck: 1, ..CLEAN });
        assert_eq!(
            notes,
            [
                "only 1 finished job was looked at: at least 20 are needed",
                "no job completed, so only the failing path was seen",
                "1 job never ended, and what it holds cannot be judged",
            ]
        );
        let (_, notes) = overall(&Sum { finished: 0, stuck: 2, ..CLEAN });
        assert_eq!(
            notes,
            [
                "only 0 finished jobs were looked at: at least 20 are needed",
                "2 jobs never ended, and what they hold cannot be judged",
            ]
        );
    }
}
