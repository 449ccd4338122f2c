//! Whether a count that grew is still growing.
//!
//! A cache that fills up, a pool that reaches its size and a lazily built table all grow with the first jobs
//! and then stop; a leak does not. Comparing the start with the end cannot tell them apart, the shape in between can.

use super::slope::{Point, halves};

/// Where growth stands at the end of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// Grew in the first half and grows on.
    Growing,
    /// Grew, and stopped or is about to.
    Stopped,
    /// Grew only in the last half.
    Starting,
    /// Never grew.
    Flat,
}

/// A last half that grows less than this share of the first one is a plateau being reached.
const SLOWED_SHARE: f64 = 0.5;
/// Leaving jobs that must be missing at the end before silence means that growth stopped: for jobs that leak
/// at random, six missing ones happen by chance once in 400 times.
const MISSING_JOBS: f64 = 6.0;

/// How the series grows.
///
/// `jobs_per_survivor` is distinct leaving jobs by survivors, in 0..=1: a job that leaves a hundred things at once
/// says no more about the next job than one that leaves one. `quiet_share` is the share of the x range that must be
/// quiet at the end to count.
#[must_use]
pub fn trend(points: &[Point], jobs_per_survivor: f64, quiet_share: f64) -> Trend {
    let Some((first, last)) = halves(points) else { return Trend::Flat };
    if last <= 0.0 {
        return if first > 0.0 { Trend::Stopped } else { Trend::Flat };
    }
    if last < SLOWED_SHARE * first || has_gone_quiet(points, jobs_per_survivor, quiet_share) {
        return Trend::Stopped;
    }
    if first > 0.0 { Trend::Growing } else { Trend::Starting }
}

/// Intervals between neighbouring points in which the count rose.
#[must_use]
pub fn growing_intervals(points: &[Point]) -> usize {
    points.windows(2).filter(|pair| pair[1].y > pair[0].y).count()
}

/// No growth at the end for so long that the rate before would have shown several leaving jobs.
fn has_gone_quiet(points: &[Point], jobs_per_survivor: f64, quiet_share: f64) -> bool {
    let (Some(start), Some(end)) = (points.first(), points.last()) else { return false };
    let Some(reached) = points.iter().find(|point| point.y >= end.y) else { return false };
    let (busy, quiet) = (reached.x - start.x, end.x - reached.x);
    if busy <= 0.0 || quiet < quiet_share * (end.x - start.x) {
        return false;
    }
    let leaving_per_job = (reached.y - start.y) / busy * jobs_per_survivor;
    leaving_per_job * quiet >= MISSING_JOBS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_20(values: &[f64]) -> Vec<Point> {
        values.iter().zip(0..).map(|(&y, i)| Point::new(f64::from(i) * 20.0, y)).collect()
    }

    #[test]
    fn steady_growth_is_growing() {
        assert_eq!(trend(&every_20(&[0.0, 20.0, 40.0, 60.0]), 1.0, 0.0), Trend::Growing);
    }

    #[test]
    fn filled_cache_has_stopped() {
        assert_eq!(trend(&every_20(&[0.0, 20.0, 30.0, 30.0, 30.0]), 1.0, 0.0), Trend::Stopped);
    }

    #[test]
    fn one_quiet_window_after_a_leftover_per_job_is_a_stop() {
        let full_at_the_end = every_20(&[0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 100.0]);
        assert_eq!(trend(&full_at_the_end, 1.0, 0.0), Trend::Stopped);
    }

    #[test]
    fn quiet_window_of_a_rare_leak_is_no_stop() {
        assert_eq!(trend(&every_20(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0]), 1.0, 0.0), Trend::Growing);
    }

    #[test]
    fn quiet_windows_of_a_bursty_leak_are_no_stop() {
        let burst_every_third = every_20(&[0.0, 60.0, 60.0, 60.0, 120.0, 120.0, 120.0]);
        assert_eq!(trend(&burst_every_third, 1.0 / 60.0, 0.0), Trend::Growing);
    }

    #[test]
    fn short_pause_in_a_long_history_is_no_stop_where_a_share_is_asked_for() {
        let mut points: Vec<Point> = (0..=50).map(|i| Point::new(f64::from(i), f64::from(i))).collect();
        points.push(Point::new(58.0, 50.0));
        assert_eq!(trend(&points, 1.0, 0.2), Trend::Growing);
        assert_eq!(trend(&points, 1.0, 0.0), Trend::Stopped);
    }

    #[test]
    fn growth_in_the_last_half_only_is_a_start() {
        assert_eq!(trend(&every_20(&[0.0, 0.0, 0.0, 20.0, 40.0]), 1.0, 0.0), Trend::Starting);
    }

    #[test]
    fn intervals_count_rises_only() {
        assert_eq!(growing_intervals(&every_20(&[0.0, 1.0, 1.0, 3.0, 2.0])), 2);
    }
}
