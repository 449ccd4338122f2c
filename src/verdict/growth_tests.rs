use super::*;

/// Counts after these jobs.
fn series<const N: usize>(jobs: [f64; N], counts: [f64; N]) -> Vec<Point> {
    jobs.into_iter().zip(counts).map(|(x, y)| Point::new(x, y)).collect()
}

fn judged<const N: usize>(jobs: [f64; N], counts: [f64; N], gone: f64) -> Growth {
    judge(&Evidence { points: &series(jobs, counts), gone, min_per_job: MIN_COUNT_PER_JOB, by_leaps: false })
}

const JOBS: [f64; 3] = [100.0, 550.0, 1_000.0];

fn rate(growth: Growth) -> Option<(Certainty, f64)> {
    match growth {
        Growth::Grows(certainty, slope) => Some((certainty, slope.mid)),
        _ => None,
    }
}

#[test]
fn entry_per_job_is_growth_with_its_exact_rate() {
    assert_eq!(rate(judged(JOBS, [100.0, 550.0, 1_000.0], 0.0)), Some((Certainty::Sure, 1.0)));
    assert_eq!(rate(judged(JOBS, [2_400.0, 13_200.0, 24_000.0], 0.0)), Some((Certainty::Sure, 24.0)));
    assert_eq!(rate(judged(JOBS, [10.0, 55.0, 100.0], 0.0)), Some((Certainty::Sure, 0.1)));
}

#[test]
fn what_was_there_before_does_not_matter() {
    assert_eq!(rate(judged(JOBS, [50_100.0, 50_550.0, 51_000.0], 0.0)), Some((Certainty::Sure, 1.0)));
}

#[test]
fn cache_that_is_full_has_stopped() {
    assert_eq!(judged(JOBS, [100.0, 500.0, 500.0], 0.0), Growth::Stopped);
    assert_eq!(judged(JOBS, [100.0, 550.0, 600.0], 0.0), Growth::Stopped);
}

#[test]
fn cache_of_the_latest_entries_is_replaced() {
    // The 50 that are there now, by when they came; 50 went in each stretch.
    assert_eq!(judged(JOBS, [0.0, 0.0, 50.0], 100.0), Growth::Replaced);
    // One of 600: 450 of those that were there at job 550 have gone.
    assert_eq!(judged(JOBS, [0.0, 150.0, 600.0], 400.0), Growth::Replaced);
    assert_eq!(judged([100.0, 1_000.0], [0.0, 50.0], 50.0), Growth::Replaced);
}

#[test]
fn snapshots_at_uneven_distances_hide_no_cache() {
    let jobs = [236.0, 286.0, 479.0];
    assert_eq!(judged(jobs, [0.0, 0.0, 50.0], 50.0), Growth::Replaced);
    assert_eq!(judged(jobs, [0.0, 0.0, 13.0], 13.0), Growth::Replaced);
    assert!(matches!(judged(jobs, [0.0, 0.0, 50.0], 0.0), Growth::Undecided(_)));
    assert_eq!(rate(judged(jobs, [236.0, 286.0, 479.0], 0.0)), Some((Certainty::Sure, 1.0)));
    // One in twenty, by chance.
    assert!(rate(judged(jobs, [9.0, 10.0, 23.0], 0.0)).is_some());
}

#[test]
fn pool_of_ten_is_still() {
    assert_eq!(judged(JOBS, [10.0, 10.0, 10.0], 0.0), Growth::Still);
    assert_eq!(judged(JOBS, [0.0, 10.0, 10.0], 0.0), Growth::Still, "0.01 for each job");
}

#[test]
fn two_snapshots_decide_nothing() {
    let growth = judged([100.0, 1_000.0], [100.0, 1_000.0], 0.0);
    assert_eq!(growth, Growth::Undecided(Slope { mid: 1.0, low: 1.0, high: 1.0 }));
}

#[test]
fn growth_that_began_lately_is_not_decided() {
    assert!(matches!(judged(JOBS, [0.0, 0.0, 450.0], 0.0), Growth::Undecided(_)));
    assert!(matches!(judged(JOBS, [0.0, 100.0, 450.0], 0.0), Growth::Undecided(_)));
}

#[test]
fn storage_that_grows_in_steps_grows_likely() {
    for bytes in [[1_064.0, 6_344.0, 9_632.0], [1_000.0, 5_500.0, 10_000.0]] {
        assert_eq!(rate(storage(bytes)).map(|(certainty, _)| certainty), Some(Certainty::Likely));
    }
}

#[test]
fn one_leap_of_storage_is_no_growth() {
    assert_eq!(storage([2_120.0, 2_120.0, 4_168.0]), Growth::Still);
    assert_eq!(storage([2_120.0, 4_168.0, 4_168.0]), Growth::Still);
}

fn storage(bytes: [f64; 3]) -> Growth {
    let points = series(JOBS, bytes);
    judge(&Evidence { points: &points, gone: 0.0, min_per_job: MIN_BYTES_PER_JOB, by_leaps: true })
}

#[test]
fn steady_leak_beside_others_of_its_class_that_come_and_go_is_likely() {
    assert_eq!(rate(judged(JOBS, [0.0, 450.0, 900.0], 5_000.0)), Some((Certainty::Likely, 1.0)));
}

#[test]
fn one_for_every_fifty_jobs_is_below_what_counts() {
    assert_eq!(judged(JOBS, [2.0, 11.0, 20.0], 0.0), Growth::Still);
}

#[test]
fn more_snapshots_bound_the_rate() {
    let jobs = [100.0, 200.0, 300.0, 400.0, 500.0];
    assert_eq!(
        rate(judged(jobs, [99.0, 201.0, 300.0, 399.0, 500.0], 0.0)).map(|found| found.0),
        Some(Certainty::Sure)
    );
    assert_eq!(judged(jobs, [100.0, 200.0, 250.0, 260.0, 260.0], 0.0), Growth::Stopped);
}

#[test]
fn single_point_and_shrinking_are_still() {
    assert_eq!(judged([100.0], [7.0], 0.0), Growth::Still);
    assert_eq!(judged(JOBS, [900.0, 500.0, 100.0], 0.0), Growth::Still);
}

#[test]
fn whole_is_as_bad_as_its_worst_part() {
    let slope = Slope { mid: 1.0, low: 1.0, high: 1.0 };
    let grows = Growth::Grows(Certainty::Likely, slope);
    assert_eq!(overall([Growth::Still, Growth::Stopped, Growth::Replaced]), Overall::Steady);
    assert_eq!(overall([Growth::Still, Growth::Undecided(slope)]), Overall::Inconclusive);
    assert_eq!(overall([grows, Growth::Undecided(slope)]), Overall::Grows);
    assert_eq!(overall([Growth::Undecided(slope), grows]), Overall::Grows);
}
