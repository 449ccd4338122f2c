use std::thread;

use proptest::prelude::*;

use super::batch::ResourceKind;
use super::builder::{by_job, ledger, pass, settings, terms, threads};
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
    ledger.leave(run, 0, &[]);
    assert_eq!(ledger.apply(&words), Err(BatchError::UnknownRun { run }));
    assert!(ledger.view(run, |_| ()).is_none());
    assert_eq!(ledger.threads(), 0);
}

#[test]
fn batch_of_a_thread_that_takes_no_part_is_refused() {
    let (ledger, run) = ledger(Mode::Production);
    let words = pass(run, 7, 1, 20).jobs(3, 20).words();
    assert_eq!(ledger.apply(&words), Err(BatchError::UnknownThread { run, thread: 7 }));
    ledger.join(7, terms(Mode::Production), false);
    ledger.apply(&words).unwrap();
    ledger.end_thread(7, &[]);
    assert_eq!(ledger.apply(&words), Err(BatchError::UnknownThread { run, thread: 7 }));
}

#[test]
fn checks_are_runs_of_their_own_and_end_with_their_thread() {
    let (ledger, first) = ledger(Mode::Check);
    let (second, _) = ledger.join(0, terms(Mode::Check), false);
    let (third, _) = ledger.join(4, terms(Mode::Check), false);
    ledger.apply(&pass(first, 0, 1, 20).jobs(3, 20).left(3, KIND, 2, &[by_job(1)]).words()).unwrap();
    let totals = |run| ledger.view(run, |view| view.books[0].1.finished_all());
    assert_eq!((totals(first), totals(second), totals(third)), (Some(20), Some(0), Some(0)));
    ledger.end_thread(0, &[]);
    assert_eq!((totals(first), totals(second), totals(third)), (None, None, Some(0)));
}

#[test]
fn threads_that_start_share_one_run_and_the_terms_of_the_first() {
    let (ledger, run) = ledger(Mode::Production);
    let settings = RunSettings { grace_ms: 9.0, ..settings(Mode::Production) };
    let other = Terms { settings, name: "other".to_owned(), started_at_ms: 7.0 };
    assert_eq!(ledger.join(5, other.clone(), true), (run, terms(Mode::Production)));
    assert_eq!(ledger.threads(), 2);
    ledger.leave(run, 0, &[]);
    assert_eq!(ledger.view(run, |view| view.books[0].0), Some(5), "the opener may leave first");
    ledger.leave(run, 5, &[]);
    assert!(ledger.view(run, |_| ()).is_none(), "the last one closes it");
    let (next, of_next) = ledger.join(5, other.clone(), true);
    assert_ne!(next, run);
    assert_eq!(of_next, other);
}

#[test]
fn one_thread_prints_the_main_thread_else_the_oldest_of_those_that_would() {
    let ledger = Ledger::default();
    let (run, _) = ledger.join(7, terms(Mode::Production), true);
    ledger.join(2, terms(Mode::Production), false);
    ledger.join(9, terms(Mode::Production), true);
    let printer = || (0..10).find(|thread| ledger.printed(run, *thread).is_some());
    assert_eq!(printer(), Some(7), "2 does not want to");
    ledger.keep_printed(run, "printed by 7");
    ledger.join(0, terms(Mode::Production), true);
    assert_eq!(printer(), Some(0));
    ledger.end_thread(0, &[]);
    ledger.end_thread(7, &[]);
    assert_eq!(printer(), Some(9));
    assert_eq!(ledger.printed(run, 9).as_deref(), Some("printed by 7"), "and goes on from there");
    ledger.end_thread(9, &[]);
    assert_eq!(printer(), None, "2 is still there and still does not want to");
}

#[test]
fn thread_that_ended_leaves_its_finished_jobs_and_nothing_else() {
    let (ledger, run) = threads(3);
    for thread in [1, 2] {
        let one = pass(run, thread, 1, 20).all_jobs(3, [20, 0, 0, 5, 10, 10]).just_completed(4);
        ledger.apply(&one.left(3, KIND, 2, &[by_job(1)]).words()).unwrap();
    }
    ledger.leave(run, 1, &[]);
    ledger.leave(run, 1, &[]);
    let shown = ledger.view(run, |view| {
        (
            view.books.len(),
            view.retired.finished_all,
            view.retired.jobs[&3].finished(),
            view.retired.jobs[&3].open,
        )
    });
    assert_eq!(shown, Some((2, 24, 24, 0)));
}

#[test]
fn jobs_since_the_last_pass_of_a_thread_that_ended_count_too() {
    let (ledger, run) = threads(2);
    ledger.apply(&pass(run, 1, 1, 20).jobs(3, 20).jobs(4, 5).words()).unwrap();
    ledger.end_thread(1, &[3.0, 26.0, 1.0, 0.0, 2_700.0, 400.0, 7.0, 0.0, 0.0, 2.0, 8.0, 6.0]);
    let retired = ledger.view(run, |view| view.retired.clone()).unwrap();
    let finished = |name| retired.jobs[&name].finished();
    assert_eq!((finished(3), finished(4), finished(7), retired.finished_all), (27, 5, 2, 34));
    // Else a job that is as long as its peers would look stuck once they ended with their threads.
    let took = |name| (retired.jobs[&name].mean_ms, retired.jobs[&name].max_ms);
    assert_eq!((took(3), took(4), took(7)), ((100, 400), (5, 9), (4, 6)));
}

#[test]
fn thread_that_never_made_a_pass_leaves_what_it_counted_itself() {
    let (ledger, run) = threads(2);
    ledger.end_thread(1, &[3.0, 1.0, 0.0, 0.0, 5.0, 5.0]);
    assert_eq!(ledger.view(run, |view| view.retired.finished_all), Some(1));
}

#[test]
fn thread_that_stops_and_starts_again_counts_afresh() {
    let (ledger, run) = threads(2);
    ledger.apply(&pass(run, 1, 9, 20).jobs(3, 20).words()).unwrap();
    ledger.leave(run, 1, &[]);
    ledger.join(1, terms(Mode::Production), true);
    ledger.apply(&pass(run, 1, 1, 5).jobs(3, 5).words()).unwrap();
    let totals = ledger.view(run, |view| (view.retired.finished_all, view.books[1].1.finished_all()));
    assert_eq!(totals, Some((20, 5)));
}

#[test]
fn unknown_runs_and_threads_are_nothing_to_leave() {
    let (ledger, run) = ledger(Mode::Production);
    ledger.leave(run, 7, &[]);
    ledger.leave(99, 0, &[]);
    ledger.end_thread(99, &[]);
    assert!(ledger.view(run, |_| ()).is_some());
    assert!(ledger.tell(run, 7, ThreadFacts::default()).is_none());
}

#[test]
fn thousand_threads_that_come_and_go_leave_no_books() {
    let (ledger, run) = ledger(Mode::Production);
    let before = ledger.bytes();
    for thread in 1..=1_000 {
        ledger.join(thread, terms(Mode::Production), true);
        ledger.tell(run, thread, ThreadFacts::default()).unwrap();
        ledger.apply(&pass(run, thread, 1, 20).jobs(3, 20).left(3, KIND, 2, &[by_job(1)]).words()).unwrap();
        ledger.end_thread(thread, &[]);
    }
    assert_eq!(ledger.threads(), 1);
    assert_eq!(ledger.view(run, |view| view.retired.finished_all), Some(20_000));
    assert!(ledger.bytes() < before + 200, "one job name more: {} after {before}", ledger.bytes());
}

#[test]
fn threads_that_apply_at_once_give_the_report_of_one_after_the_other() {
    let histories =
        |run: u32| -> Vec<Vec<Vec<f64>>> { (0..4).map(|thread| history(run, thread, 12)).collect() };
    let (at_once, run) = threads(4);
    thread::scope(|scope| {
        for batches in histories(run) {
            let ledger = &at_once;
            scope.spawn(move || apply_all(ledger, &batches));
        }
    });
    let (in_turn, same_run) = threads(4);
    for batches in histories(same_run) {
        apply_all(&in_turn, &batches);
    }
    assert_eq!(report_text(&at_once, run), report_text(&in_turn, same_run));
}

/// Threads join, fold, tell, report and end all at once: the locks have an order, so all of them come to an end.
#[test]
fn threads_that_do_everything_at_once_neither_block_each_other_nor_lose_a_job() {
    const THREADS: u32 = 8;
    const ROUNDS: u32 = 60;
    let ledger = Ledger::default();
    // Keeps the run open, so that the jobs of all rounds are counted in one.
    let (run, _) = ledger.join(0, terms(Mode::Production), true);
    let live_through = |thread: u32| {
        let (joined, _) = ledger.join(thread, terms(Mode::Production), true);
        assert_eq!(joined, run);
        for words in history(run, thread, 3) {
            ledger.apply(&words).unwrap();
        }
        let facts = ThreadFacts { jobs: 60, ..ThreadFacts::default() };
        assert!(ledger.tell(run, thread, facts).unwrap().jobs >= 60);
        assert!(report_text(&ledger, run).contains("\"mode\":\"production\""));
        assert!(ledger.bytes() > 0 && ledger.dropped().keys == 0);
        if ledger.printed(run, thread).is_some() {
            ledger.keep_printed(run, "{}");
        }
        ledger.end_thread(thread, &[3.0, 46.0, 0.0, 0.0, 230.0, 9.0]);
    };
    thread::scope(|scope| {
        for lane in 0..THREADS {
            let live_through = &live_through;
            scope.spawn(move || (1..=ROUNDS).for_each(|round| live_through(round * THREADS + lane)));
        }
    });
    assert_eq!(ledger.threads(), 1);
    let retired = ledger.view(run, |view| view.retired.finished_all);
    assert_eq!(retired, Some(u64::from(THREADS * ROUNDS) * (46 + 15)));
}

/// The last thread closes the run while others open the next one: no thread is left in a run that is closed.
#[test]
fn run_that_closes_while_threads_join_takes_none_of_them_with_it() {
    let ledger = Ledger::default();
    thread::scope(|scope| {
        for lane in 0..4u32 {
            let ledger = &ledger;
            scope.spawn(move || {
                for round in 0..500 {
                    let thread = round * 4 + lane;
                    let (run, _) = ledger.join(thread, terms(Mode::Production), true);
                    ledger.apply(&pass(run, thread, 1, 20).jobs(3, 20).words()).unwrap();
                    ledger.leave(run, thread, &[]);
                }
            });
        }
    });
    assert_eq!((ledger.threads(), ledger.runs.len(), *ledger.production.lock()), (0, 0, None));
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

/// What one thread does in its life.
#[derive(Debug, Clone)]
enum Deed {
    Join,
    Send(Vec<f64>),
    End(Vec<f64>),
}

/// Joins, sends its history and, if it is mortal, ends with two more jobs than its last pass knew.
fn life(run: u32, thread: u32, is_mortal: bool) -> Vec<Deed> {
    let mut deeds = vec![Deed::Join];
    deeds.extend(history(run, thread, 8).into_iter().map(Deed::Send));
    if is_mortal {
        deeds.push(Deed::End(vec![3.0, 122.0, 0.0, 0.0, 610.0, 9.0]));
    }
    deeds
}

fn perform(ledger: &Ledger, thread: u32, deed: &Deed) {
    match deed {
        Deed::Join => {
            ledger.join(thread, terms(Mode::Production), true);
        }
        Deed::Send(words) => ledger.apply(words).unwrap(),
        Deed::End(words) => ledger.end_thread(thread, words),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_interleaving_of_threads_gives_the_same_report(
        picks in prop::collection::vec(0usize..4, 0..500), mortal in prop::collection::vec(any::<bool>(), 4),
    ) {
        let lives = |run: u32| (1..=4u32).zip(&mortal).map(move |(thread, mortal)| life(run, thread, *mortal));
        let (mixed, run) = ledger(Mode::Production);
        let (in_turn, same_run) = ledger(Mode::Production);
        prop_assert_eq!(run, same_run);
        for (thread, deeds) in (1u32..).zip(lives(run)) {
            for deed in &deeds {
                perform(&in_turn, thread, deed);
            }
        }
        let mut queues: Vec<_> = lives(run).map(Vec::into_iter).collect();
        for pick in picks.into_iter().chain((0..4).rev().flat_map(|thread| std::iter::repeat_n(thread, 500))) {
            if let Some(deed) = queues[pick].next() {
                perform(&mixed, u32::try_from(pick).unwrap() + 1, &deed);
            }
        }
        prop_assert_eq!(report_text(&mixed, run), report_text(&in_turn, run));
        let printer = |ledger: &Ledger| (1..=4).find(|thread| ledger.printed(run, *thread).is_some());
        prop_assert_eq!(printer(&mixed), printer(&in_turn));
    }
}
