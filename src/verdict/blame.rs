//! Which job to name, and when it leaks.

/// Where leftovers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins {
    /// Leftovers alive.
    pub live: u64,
    /// Distinct jobs that created them; things created outside any job have none.
    pub creating_jobs: u64,
    /// Of the leftovers, those created by a job that was already over.
    pub late: u64,
    /// Distinct (job, moment) pairs they stand for.
    pub leaving: u64,
}

/// Whose count of finished jobs the leftovers grow with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The job that created them.
    Job,
    /// Work that one job started and that goes on between the others: a loop that never ends.
    BetweenJobs,
}

/// Whom to blame: one job cannot leave something again and again, so what it still creates after its end belongs
/// to the loop it started.
#[must_use]
pub fn blame(origins: Origins) -> Blame {
    let is_one_job = origins.creating_jobs == 1;
    let is_mostly_late = origins.late * 2 > origins.live;
    let is_repeated = origins.leaving >= super::ladder::MIN_JOBS_LEAVING;
    if is_one_job && is_mostly_late && is_repeated { Blame::BetweenJobs } else { Blame::Job }
}

/// Distinct leaving jobs by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Ended well.
    pub completed: u64,
    /// Threw or rejected.
    pub failed: u64,
    /// Were given up on.
    pub timed_out: u64,
}

impl Outcomes {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.completed + self.failed + self.timed_out
    }
}

/// Only jobs that did not complete leave something although others complete: the cleanup is not in `finally`.
#[must_use]
pub fn is_only_when_failing(leaving: Outcomes, completed_jobs: u64) -> bool {
    leaving.completed == 0 && leaving.total() >= super::ladder::MIN_JOBS_LEAVING && completed_jobs >= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loop_that_one_ended_job_started_is_between_jobs() {
        assert_eq!(blame(Origins { live: 40, creating_jobs: 1, late: 39, leaving: 40 }), Blame::BetweenJobs);
    }

    #[test]
    fn many_jobs_that_each_work_on_after_their_end_are_to_blame_themselves() {
        assert_eq!(blame(Origins { live: 40, creating_jobs: 40, late: 40, leaving: 40 }), Blame::Job);
    }

    #[test]
    fn one_job_that_left_many_things_at_its_end_is_to_blame_itself() {
        assert_eq!(blame(Origins { live: 40, creating_jobs: 1, late: 0, leaving: 1 }), Blame::Job);
    }

    #[test]
    fn leftovers_of_failed_jobs_alone_say_only_when_failing() {
        let leaving = Outcomes { completed: 0, failed: 2, timed_out: 1 };
        assert!(is_only_when_failing(leaving, 10));
        assert!(!is_only_when_failing(leaving, 0), "nothing to compare with");
        assert!(!is_only_when_failing(Outcomes { completed: 1, ..leaving }, 10));
        assert!(!is_only_when_failing(Outcomes { timed_out: 0, ..leaving }, 10), "too few");
    }
}
