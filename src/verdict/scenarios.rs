//! The ladder against the ways a job leaves things behind, and the ways it only seems to.

use super::Mode;
use super::ladder::{Certainty, Cohort, Evidence, Reason, Status, judge};
use super::slope::Point;

const SURE: Status = Status::Leak(Certainty::Sure);
const LIKELY: Status = Status::Leak(Certainty::Likely);

/// Leftovers alive after each window of 20 jobs, in a check.
fn windows(live: impl Fn(u32) -> f64, jobs: u32) -> Vec<Point> {
    (0..=jobs / 20).map(|window| Point::new(f64::from(window * 20), live(window * 20))).collect()
}

/// Evidence where each leftover is from another job and all are alive.
fn evidence(mode: Mode, points: &[Point]) -> Evidence<'_> {
    let live = whole(points.last().map_or(0.0, |point| point.y));
    let first = whole(points.iter().map(|point| point.y).find(|y| *y >= 3.0).unwrap_or(0.0));
    Evidence {
        mode,
        points,
        live,
        jobs_leaving: live,
        jobs_waiting: 0,
        cohort: (first > 0).then_some(Cohort { first, alive: first.min(live) }),
        peak: whole(points.iter().map(|point| point.y).fold(0.0, f64::max)),
        was_leak: false,
        weak: 0,
        place_known: true,
        sampled: true,
        looks: points.len() as u64,
        mixed: false,
        released: false,
        watched_grace_periods: 100.0,
        falls_due: false,
        unproven: false,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of a test")]
fn whole(value: f64) -> u64 {
    value as u64
}

fn in_check(live: impl Fn(u32) -> f64, jobs: u32) -> Status {
    let points = windows(live, jobs);
    judge(&evidence(Mode::Check, &points)).status
}

fn in_production(live: impl Fn(u32) -> f64, jobs: u32) -> Status {
    let points = windows(live, jobs);
    judge(&evidence(Mode::Production, &points)).status
}

fn at_rate(rate: f64) -> impl Fn(u32) -> f64 {
    move |jobs| (f64::from(jobs) * rate).floor()
}

fn capped(at: f64) -> impl Fn(u32) -> f64 {
    move |jobs| f64::from(jobs).min(at)
}

#[test]
fn leftovers_that_grow_with_the_jobs_are_a_leak() {
    for (rate, jobs, status) in [
        (1.0, 20, Status::Undecided(Reason::TooFewLooks)),
        (1.0, 40, LIKELY),
        (1.0, 480, LIKELY),
        (1.0, 500, SURE),
        (3.0, 180, SURE),
        (0.25, 40, LIKELY),
        (0.25, 1_980, LIKELY),
        (0.25, 2_000, SURE),
        (0.1, 20, Status::Undecided(Reason::TooFewLooks)),
        (0.1, 40, LIKELY),
        (0.1, 5_000, SURE),
        (0.02, 5_000, LIKELY),
    ] {
        assert_eq!(in_check(at_rate(rate), jobs), status, "{rate} per job after {jobs} jobs of a check");
    }
    assert_eq!(in_production(at_rate(1.0), 40), Status::Undecided(Reason::TooFewLooks));
    assert_eq!(in_production(at_rate(1.0), 60), LIKELY);
    assert_eq!(in_production(at_rate(1.0), 480), LIKELY);
    assert_eq!(in_production(at_rate(1.0), 500), SURE);
    assert_eq!(in_production(at_rate(0.1), 5_000), SURE);
}

#[test]
fn cache_that_fills_and_stays_is_kept() {
    for cap in [3.0, 30.0, 60.0, 150.0, 250.0, 300.0, 370.0] {
        assert_eq!(in_check(capped(cap), 400), Status::Kept(Reason::Plateau), "cap {cap}");
    }
    for cap in [30.0, 150.0, 300.0] {
        assert_eq!(in_production(capped(cap), 400), Status::Kept(Reason::Plateau), "cap {cap}");
    }
}

#[test]
fn plateau_is_kept_as_soon_as_a_window_shows_it() {
    assert!(matches!(in_check(capped(30.0), 40), Status::Leak(Certainty::Likely) | Status::Undecided(_)));
    assert_eq!(in_check(capped(30.0), 60), Status::Kept(Reason::Plateau));
    assert_eq!(in_check(capped(150.0), 180), Status::Kept(Reason::Plateau));
}

#[test]
fn pool_that_grows_ever_more_slowly_is_no_leak() {
    let status = in_check(|jobs| f64::from(jobs).sqrt().floor(), 400);
    assert!(!matches!(status, Status::Leak(Certainty::Sure)), "{status:?}");
    let status = in_check(|jobs| (1.0 + f64::from(jobs)).ln().floor(), 400);
    assert!(!matches!(status, Status::Leak(_)), "{status:?}");
}

#[test]
fn leftovers_that_do_not_outlive_released_ones_were_released_late() {
    let points = windows(at_rate(1.0), 100);
    for mode in [Mode::Check, Mode::Production] {
        let alive = evidence(mode, &points);
        assert!(matches!(judge(&alive).status, Status::Leak(_)));
        let late = Evidence { released: true, ..alive };
        assert_eq!(judge(&late).status, Status::Kept(Reason::ReleasedLate));
    }
}

#[test]
fn production_waits_until_a_cache_of_usual_size_would_be_full() {
    let undecided = Status::Undecided(Reason::TooFewLooks);
    for (jobs, grace_periods, status) in [
        (480, 9.0, undecided),
        (480, 29.0, undecided),
        (480, 30.0, LIKELY),
        (5_000, 9.0, undecided),
        (5_000, 10.0, LIKELY),
        (5_000, 29.0, LIKELY),
        (5_000, 30.0, SURE),
    ] {
        let points = windows(at_rate(1.0), jobs);
        let watched =
            Evidence { watched_grace_periods: grace_periods, ..evidence(Mode::Production, &points) };
        assert_eq!(judge(&watched).status, status, "{jobs} jobs, {grace_periods} grace periods");
    }
}

#[test]
fn singleton_is_kept_once_enough_jobs_left_nothing_more() {
    assert_eq!(in_check(|_| 1.0, 20), Status::Undecided(Reason::TooFewLooks));
    assert_eq!(in_check(|jobs| f64::from(jobs.min(1)), 100), Status::Kept(Reason::OneJob));
    assert_eq!(in_check(|jobs| f64::from(jobs.min(2)), 100), Status::Kept(Reason::TwoJobs));
    assert_eq!(in_production(|_| 1.0, 20), Status::Kept(Reason::OneJob));
}

#[test]
fn many_things_of_one_job_are_information_however_many() {
    let points = windows(|jobs| f64::from(jobs * 100), 400);
    let one_job = Evidence { jobs_leaving: 1, ..evidence(Mode::Production, &points) };
    assert_eq!(judge(&one_job).status, Status::Kept(Reason::OneJob));
}

#[test]
fn second_leftover_in_the_last_half_of_a_check_asks_for_more_jobs() {
    let status = in_check(|jobs| f64::from((jobs + 20) / 50), 80);
    assert_eq!(status, Status::Undecided(Reason::TooFewLooks));
}

#[test]
fn timer_that_is_there_at_the_last_look_is_no_question_after_many_jobs() {
    let points = [Point::new(0.0, 0.0), Point::new(500.0, 1.0)];
    let renewed = Evidence { live: 1, jobs_leaving: 1, ..evidence(Mode::Check, &points) };
    assert_eq!(judge(&renewed).status, Status::Kept(Reason::OneJob));
    let early = [Point::new(0.0, 0.0), Point::new(100.0, 1.0)];
    let early = Evidence { points: &early, ..renewed };
    assert_eq!(judge(&early).status, Status::Undecided(Reason::TooFewLooks));
}

#[test]
fn growth_that_began_in_the_last_half_of_a_check_asks_for_more_jobs() {
    let status = in_check(|jobs| f64::from(jobs.saturating_sub(60)), 120);
    assert_eq!(status, Status::Undecided(Reason::JustStarted));
}

#[test]
fn level_that_goes_up_and_down_is_no_leak() {
    let saw = |jobs: u32| 5.0 + f64::from(jobs / 20 % 4);
    for mode in [Mode::Check, Mode::Production] {
        for jobs in [200, 220, 240, 260, 400] {
            let points = windows(saw, jobs);
            let status = judge(&evidence(mode, &points)).status;
            assert!(!matches!(status, Status::Leak(_)), "{mode:?} {jobs}: {status:?}");
        }
    }
}

#[test]
fn leak_whose_leftovers_go_is_returned_in_both_ways() {
    let points = windows(|jobs| if jobs < 200 { f64::from(jobs) } else { 10.0 }, 300);
    let few_left = Evidence { was_leak: true, ..evidence(Mode::Production, &points) };
    assert_eq!(judge(&few_left).status, Status::Returned);
    let points = windows(at_rate(1.0), 300);
    let others = Evidence { was_leak: true, released: true, ..evidence(Mode::Production, &points) };
    assert_eq!(judge(&others).status, Status::Returned);
}

#[test]
fn nothing_left_is_gone_or_returned() {
    let points = windows(|_| 0.0, 100);
    let gone = evidence(Mode::Production, &points);
    assert_eq!(judge(&gone).status, Status::Gone);
    assert_eq!(judge(&Evidence { was_leak: true, peak: 50, ..gone }).status, Status::Returned);
}

#[test]
fn production_holds_a_finding_without_a_place_back_for_ten_looks() {
    let points = windows(at_rate(1.0), 600);
    let placeless = Evidence { place_known: false, sampled: false, ..evidence(Mode::Production, &points) };
    let early = Evidence { looks: 9, ..placeless.clone() };
    assert_eq!(judge(&early).status, Status::Undecided(Reason::PlaceUnknown));
    assert_eq!(judge(&Evidence { looks: 10, ..placeless.clone() }).status, SURE);
    assert_eq!(judge(&Evidence { mode: Mode::Check, ..placeless }).status, SURE);
}

#[test]
fn one_shot_timers_of_a_loop_are_no_leak_however_many_there_are() {
    let points = windows(at_rate(1.0), 600);
    let rising = Evidence { falls_due: true, ..evidence(Mode::Production, &points) };
    assert_eq!(judge(&rising).status, Status::Kept(Reason::FallsDue));
}

#[test]
fn production_says_when_it_waits_for_a_collection() {
    let points = windows(|_| 2.0, 100);
    let waiting = Evidence { jobs_waiting: 1, ..evidence(Mode::Production, &points) };
    assert_eq!(judge(&waiting).status, Status::Undecided(Reason::WaitsForCollection));
    let points = windows(|_| 0.0, 100);
    let few = Evidence { jobs_waiting: 2, ..evidence(Mode::Production, &points) };
    assert_eq!(judge(&few).status, Status::Gone, "two jobs are no question yet");
}

#[test]
fn production_is_sure_only_with_nothing_to_spare() {
    let points = windows(at_rate(1.0), 500);
    let sure = evidence(Mode::Production, &points);
    assert_eq!(judge(&sure).status, SURE);
    for less in [
        Evidence { weak: 1, ..sure.clone() },
        Evidence { jobs_leaving: 499, ..sure.clone() },
        Evidence { unproven: true, ..sure.clone() },
        Evidence { cohort: Some(Cohort { first: 20, alive: 19 }), ..sure.clone() },
        Evidence { mixed: true, ..sure.clone() },
    ] {
        assert_eq!(judge(&less).status, LIKELY);
    }
}
