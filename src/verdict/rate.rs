//! The figure "per job".

use super::Mode;
use super::slope::Slope;

/// What the rate is worked out from; counts at the same cut.
#[derive(Debug, Clone, Copy)]
pub struct RateEvidence {
    /// How it was gathered.
    pub mode: Mode,
    /// Leftovers alive.
    pub live: u64,
    /// Jobs finished.
    pub finished: u64,
    /// Growth per job, where known.
    pub slope: Option<Slope>,
    /// When the oldest of them came to be left behind, as a number of job ends of the thread.
    pub first_moment: u64,
    /// Jobs of all names finished.
    pub finished_all: u64,
}

/// A slope this near to the plain ratio is the same rate, seen without the first jobs.
const SAME_RATE_SHARE: f64 = 0.02;

/// Leftovers per finished job.
///
/// A check starts clean, so its plain ratio is exact. In production it is exact when leftovers go back to the first
/// jobs. A shared emitter often shows only from the second job on (999 of 1,000): there the slope is exact. So it is
/// where the leak began long after the process.
#[must_use]
pub fn per_job(evidence: &RateEvidence) -> f64 {
    let ratio = divide(evidence.live, evidence.finished);
    let Some(slope) = evidence.slope else { return ratio };
    if evidence.mode == Mode::Check || goes_back_to_the_start(evidence) {
        return ratio;
    }
    let is_same = (ratio - slope.mid).abs() < SAME_RATE_SHARE * slope.mid.abs();
    if is_same || slope.low > 0.0 { slope.mid } else { ratio }
}

/// The first leaving job is no later than the rate lets one expect.
fn goes_back_to_the_start(evidence: &RateEvidence) -> bool {
    let jobs_per_leftover = divide(evidence.finished_all, evidence.live).max(1.0);
    as_float(evidence.first_moment) <= jobs_per_leftover.round()
}

fn divide(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { as_float(part) / as_float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of jobs stay below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn production(live: u64, finished: u64, first_moment: u64, slope: f64) -> RateEvidence {
        RateEvidence {
            mode: Mode::Production,
            live,
            finished,
            slope: Some(Slope { mid: slope, low: slope * 0.9, high: slope * 1.1 }),
            first_moment,
            finished_all: finished,
        }
    }

    #[test]
    fn check_reports_the_plain_ratio_whatever_the_slope_says() {
        let evidence = RateEvidence { mode: Mode::Check, ..production(100, 400, 300, 0.3) };
        assert_eq!(per_job(&evidence), 0.25);
    }

    #[test]
    fn listener_that_misses_the_first_job_leaks_one_per_job() {
        assert_eq!(per_job(&production(999, 1000, 2, 1.0)), 1.0);
    }

    #[test]
    fn rate_that_goes_back_to_the_start_is_the_plain_ratio() {
        assert_eq!(per_job(&production(250, 1000, 4, 0.2493)), 0.25);
        assert_eq!(per_job(&production(10, 1000, 100, 0.0102)), 0.01);
    }

    #[test]
    fn leak_that_began_late_has_the_slope_since_then() {
        assert_eq!(per_job(&production(500, 1000, 501, 1.0)), 1.0);
    }

    #[test]
    fn no_finished_job_is_a_rate_of_zero() {
        assert_eq!(per_job(&RateEvidence { slope: None, ..production(3, 0, 0, 0.0) }), 0.0);
    }
}
