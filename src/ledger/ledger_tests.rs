use std::thread;

use proptest::prelude::*;

use super::batch::ResourceKind;
use super::builder::{by_job, ledger, pass, settings};
use super::*;
use crate::report::{self, facts::Facts};

const KIND: ResourceKind = ResourceKind::Listener;

fn apply_all(ledger: &Ledger, batches: &[Vec<f64>]) {
    for words in batches {
        ledger.apply(words).unwrap();
    }
}

fn report_text(ledger: &Ledger, run: u32) -> String {
    let report = ledger.view(run, |view| report::build(view, &Facts::default())).unwrap();
    serde_json::to_string(&report).unwrap()
}

#[test]
fn refused_batch_leaves_the_ledger_unchanged() {
    let (ledger, run) = ledger(Mode::Check);
    let good = pass(run, 0, 1, 20).jobs(3, 20).left(3, KIND, 2, &[by_job(1)]);
    ledger.apply(&good.words()).unwrap();
    let before = (report_text(&ledger, run), ledger.bytes());
    let mut wrong = pass(run, 0, 2, 40).jobs(3, 40).left(3, KIND, 2, &[by_job(1), by_job(2)]).words();
    let last = wrong.len() - 1;
    wrong[last] = 99.0;
    assert!(ledger.apply(&wrong).is_err());
    assert_eq!((report_text(&ledger, run), ledger.bytes()), before);
}

#[test]
fn batch_for_a_run_that_is_not_open_is_refused() {
    let (ledger, run) = ledger(Mode::Check);
    let words = pass(run, 0, 1, 20).words();
    ledger.close_run(run);
    assert_eq!(ledger.apply(&words), Err(BatchError::UnknownRun { run }));
    assert!(ledger.view(run, |_| ()).is_none());
    assert!(ledger.books.is_empty());
}

#[test]
fn runs_do_not_see_each_other() {
    let (ledger, first) = ledger(Mode::Check);
    let second = ledger.open_run(settings(Mode::Check));
    assert_ne!(first, second);
    ledger.apply(&pass(first, 0, 1, 20).jobs(3, 20).left(3, KIND, 2, &[by_job(1)]).words()).unwrap();
    assert_eq!(ledger.view(second, |view| view.books.len()), Some(0));
}

#[test]
fn thread_that_ended_leaves_its_finished_jobs_and_nothing_else() {
    let (ledger, run) = ledger(Mode::Production);
    for thread in [1, 2] {
        let one = pass(run, thread, 1, 20).all_jobs(3, [20, 0, 0, 5, 10, 10]).left(3, KIND, 2, &[by_job(1)]);
        ledger.apply(&one.words()).unwrap();
    }
    ledger.retire_thread(run, 1);
    ledger.retire_thread(run, 1);
    let (books, retired) = ledger.view(run, |view| (view.books.len(), view.retired.clone())).unwrap();
    assert_eq!(
        (books, retired.finished_all, retired.jobs[&3].completed, retired.jobs[&3].open),
        (1, 20, 20, 0)
    );
}

#[test]
fn unknown_runs_and_threads_are_nothing_to_close_or_retire() {
    let (ledger, run) = ledger(Mode::Production);
    ledger.retire_thread(run, 7);
    ledger.retire_thread(99, 0);
    ledger.close_run(99);
    assert!(ledger.view(run, |_| ()).is_some());
}

#[test]
fn thousand_threads_that_come_and_go_leave_no_books() {
    let (ledger, run) = ledger(Mode::Production);
    for thread in 0..1_000 {
        ledger.apply(&pass(run, thread, 1, 20).jobs(3, 20).left(3, KIND, 2, &[by_job(1)]).words()).unwrap();
        ledger.retire_thread(run, thread);
    }
    assert!(ledger.books.is_empty());
    assert_eq!(ledger.view(run, |view| view.retired.finished_all), Some(20_000));
}

#[test]
fn threads_that_apply_at_once_give_the_report_of_one_after_the_other() {
    let histories =
        |run: u32| -> Vec<Vec<Vec<f64>>> { (0..4).map(|thread| history(run, thread, 12)).collect() };
    let (at_once, run) = ledger(Mode::Production);
    thread::scope(|scope| {
        for batches in histories(run) {
            let ledger = &at_once;
            scope.spawn(move || apply_all(ledger, &batches));
        }
    });
    let (in_turn, same_run) = ledger(Mode::Production);
    for batches in histories(same_run) {
        apply_all(&in_turn, &batches);
    }
    assert_eq!(report_text(&at_once, run), report_text(&in_turn, same_run));
}

/// What one thread sends: two names, one of which leaks, in slices.
fn history(run: u32, thread: u32, passes: u32) -> Vec<Vec<f64>> {
    let slices = |number: u32| {
        let left: Vec<_> = (1..=number * 3).map(by_job).collect();
        let kept: Vec<_> = (1..=number.min(2 + thread)).map(by_job).collect();
        pass(run, thread, number, number * 20)
            .jobs(3, number * 15)
            .jobs(4, number * 5)
            .left(3, KIND, 2, &left)
            .left(4, ResourceKind::Interval, 2 + thread, &kept)
            .slices()
    };
    (1..=passes).flat_map(slices).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_interleaving_of_threads_gives_the_same_report(picks in prop::collection::vec(0usize..3, 0..400)) {
        let (mixed, run) = ledger(Mode::Production);
        let (in_turn, same_run) = ledger(Mode::Production);
        prop_assert_eq!(run, same_run);
        let mut queues: Vec<_> = (0..3).map(|thread| history(run, thread, 8).into_iter()).collect();
        for batches in &queues {
            apply_all(&in_turn, batches.as_slice());
        }
        for pick in picks {
            if let Some(words) = queues[pick].next() {
                mixed.apply(&words).unwrap();
            }
        }
        for words in queues.into_iter().rev().flatten() {
            mixed.apply(&words).unwrap();
        }
        prop_assert_eq!(report_text(&mixed, run), report_text(&in_turn, run));
    }
}
