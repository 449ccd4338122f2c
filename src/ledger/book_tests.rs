use super::super::builder::{PassBuilder, by_job, pass};
use super::*;
use crate::verdict::ladder::{Cohort, Status};

const NAME: u32 = 3;
const SHAPE: u32 = 2;
const KIND: ResourceKind = ResourceKind::Interval;
const KEY: Key = Key { name: NAME, kind: KIND, shape: SHAPE };

fn settings(mode: Mode) -> Settings {
    Settings { mode, grace_ms: 0.0 }
}

fn context(max_keys: usize) -> Context<'static> {
    Context { settings: settings(Mode::Check), max_keys, trust: &|_| SiteTrust::User }
}

fn fold(book: &mut Book, words: &[f64], max_keys: usize) {
    book.fold(&Batch::decode(words).unwrap(), &context(max_keys));
}

fn one_per_job(number: u32, finished: u32) -> PassBuilder {
    let left: Vec<_> = (1..=finished).map(by_job).collect();
    pass(1, 0, number, finished).jobs(NAME, finished).left(NAME, KIND, SHAPE, &left)
}

fn live(book: &Book, key: Key) -> u64 {
    book.keys.get(&key).map_or(0, |state| state.last.summary.live)
}

#[test]
fn pass_counts_only_when_its_last_slice_is_in() {
    let mut book = Book::default();
    let slices = one_per_job(1, 5).slices();
    let (last, rest) = slices.split_last().unwrap();
    for slice in rest {
        fold(&mut book, slice, 10);
        assert_eq!((live(&book, KEY), book.finished_all()), (0, 0));
    }
    fold(&mut book, last, 10);
    assert_eq!((live(&book, KEY), book.finished_all()), (5, 5));
}

#[test]
fn slices_amount_to_the_same_as_one_batch() {
    let (mut sliced, mut whole) = (Book::default(), Book::default());
    for number in 1..=6 {
        let one = one_per_job(number, number * 20).open(NAME, 99, 5_000, &[(KIND, SHAPE, 2)]);
        fold(&mut whole, &one.words(), 10);
        for slice in one.slices() {
            fold(&mut sliced, &slice, 10);
        }
    }
    assert_eq!(format!("{:?}", sliced.keys[&KEY]), format!("{:?}", whole.keys[&KEY]));
    assert_eq!((sliced.jobs, sliced.open, sliced.folded), (whole.jobs, whole.open, whole.folded));
}

#[test]
fn what_a_loop_makes_belongs_to_the_first_ones_by_when_it_was_made() {
    let mut book = Book::default();
    let alive = |book: &Book| book.keys[&KEY].cohort();
    // One job started a loop; what it makes lives for two rounds.
    let round = |number: u32| {
        let left: Vec<_> = (number * 5..number * 5 + 10).map(|at| by_job(1).late_at(at)).collect();
        pass(1, 0, number, number * 5 + 10).jobs(NAME, number * 5 + 10).left(NAME, KIND, SHAPE, &left)
    };
    fold(&mut book, &round(1).words(), 10);
    assert_eq!(alive(&book), Some(Cohort { first: 10, alive: 10 }));
    fold(&mut book, &round(2).words(), 10);
    assert_eq!(alive(&book), Some(Cohort { first: 10, alive: 5 }));
    fold(&mut book, &round(3).words(), 10);
    assert_eq!(alive(&book), Some(Cohort { first: 10, alive: 10 }), "renewed: all of the first are gone");
}

#[test]
fn pass_sent_again_changes_nothing() {
    let mut book = Book::default();
    fold(&mut book, &one_per_job(1, 20).words(), 10);
    fold(&mut book, &one_per_job(2, 40).words(), 10);
    let before = format!("{:?}", book.keys[&KEY]);
    fold(&mut book, &one_per_job(1, 20).words(), 10);
    fold(&mut book, &one_per_job(2, 60).words(), 10);
    assert_eq!(format!("{:?}", book.keys[&KEY]), before);
}

#[test]
fn newer_pass_replaces_one_that_was_never_completed() {
    let mut book = Book::default();
    let abandoned = one_per_job(1, 20).slices();
    fold(&mut book, &abandoned[1], 10);
    fold(&mut book, &one_per_job(2, 5).words(), 10);
    fold(&mut book, abandoned.last().unwrap(), 10);
    assert_eq!(live(&book, KEY), 5);
}

#[test]
fn key_that_is_gone_and_was_no_leak_leaves_the_book() {
    let mut book = Book::default();
    fold(&mut book, &pass(1, 0, 1, 20).jobs(NAME, 20).left(NAME, KIND, SHAPE, &[by_job(1)]).words(), 10);
    assert_eq!(book.keys.len(), 1);
    fold(&mut book, &pass(1, 0, 2, 40).jobs(NAME, 40).words(), 10);
    assert_eq!(book.keys.len(), 0);
}

#[test]
fn keys_beyond_the_bound_are_folded_by_kind_and_counted() {
    let mut book = Book::default();
    let mut one = pass(1, 0, 1, 20).jobs(NAME, 20);
    for shape in 2..12 {
        one = one.left(NAME, KIND, shape, &[by_job(shape)]);
    }
    fold(&mut book, &one.words(), 4);
    assert_eq!(book.keys.len(), 5, "four and the one that takes the others");
    assert_eq!(book.folded_keys(), 6);
    assert_eq!(live(&book, Key::other(KIND)), 6);
    let total: u64 = book.keys.values().map(|state| state.last.summary.live).sum();
    assert_eq!(total, 10, "nothing is lost");
}

#[test]
fn keys_that_come_and_go_stay_within_the_bound() {
    let mut book = Book::default();
    for number in 1..200 {
        let one = pass(1, 0, number, number * 20).left(NAME, KIND, number + 1, &[by_job(number)]);
        fold(&mut book, &one.words(), 4);
        assert!(book.keys.len() <= 4);
    }
}

#[test]
fn million_survivors_cost_no_more_than_three_once_their_pass_is_complete() {
    let (mut few, mut many) = (Book::default(), Book::default());
    fold(&mut few, &one_per_job(1, 3).words(), 10);
    fold(&mut many, &one_per_job(1, 1_000_000).words(), 10);
    assert_eq!(live(&many, KEY), 1_000_000);
    assert_eq!(many.bytes(), few.bytes());
}

#[test]
fn pending_survivors_take_at_most_32_bytes_each() {
    let mut book = Book::default();
    let empty = book.bytes();
    let mut words = one_per_job(1, 10_000).words();
    words[4] = 0.0;
    fold(&mut book, &words, 10);
    assert!(book.bytes() - empty < 10_000 * 32 + 1_000, "{}", book.bytes() - empty);
}

#[test]
fn names_thrown_together_add_up() {
    let mut book = Book::default();
    let words =
        pass(1, 0, 1, 40).all_jobs(1, [10, 0, 0, 1, 10, 20]).all_jobs(1, [30, 0, 0, 2, 30, 15]).words();
    fold(&mut book, &words, 10);
    let counts = book.jobs()[&1];
    assert_eq!((counts.completed, counts.open, counts.mean_ms, counts.max_ms), (40, 3, 25, 20));
}

#[test]
fn history_of_a_book_is_bounded_over_thousands_of_passes() {
    let mut book = Book::default();
    let mut bytes = Vec::new();
    for number in 1..=2_000 {
        let left: Vec<_> = (1..=number.min(50)).map(by_job).collect();
        let one = pass(1, 0, number, number * 20).jobs(NAME, number * 20).left(NAME, KIND, SHAPE, &left);
        fold(&mut book, &one.words(), 10);
        bytes.push(book.bytes());
    }
    assert_eq!(bytes[1_999], bytes[100]);
}

#[test]
fn listeners_that_nobody_placed_wait_for_collections_in_production() {
    let untrusted =
        Context { settings: settings(Mode::Production), max_keys: 10, trust: &|_| SiteTrust::Node };
    let trusted = Context { trust: &|_| SiteTrust::User, ..untrusted };
    let left: Vec<_> = (1..=5).map(|job| by_job(job).at(9).on_target()).collect();
    let words = pass(1, 0, 1, 20).major_cut(2).left(NAME, ResourceKind::Listener, SHAPE, &left).words();
    for (context, live, waiting) in [(&untrusted, 2, 3), (&trusted, 5, 0)] {
        let mut book = Book::default();
        book.fold(&Batch::decode(&words).unwrap(), context);
        let summary = &book.keys.values().next().unwrap().last.summary;
        assert_eq!((summary.live, summary.jobs_waiting), (live, waiting));
    }
}

#[test]
fn former_leak_stays_in_the_book_as_returned_in_production() {
    for (mode, status) in [(Mode::Production, Some(Status::Returned)), (Mode::Check, None)] {
        let mut book = Book::default();
        let context = Context { settings: settings(mode), max_keys: 10, trust: &|_| SiteTrust::User };
        for number in 1..=10 {
            let left: Vec<_> = (1..=number * 20).map(|job| by_job(job).at(9)).collect();
            let one = pass(1, 0, number, number * 20).jobs(NAME, number * 20).left(NAME, KIND, SHAPE, &left);
            book.fold(&Batch::decode(&one.words()).unwrap(), &context);
        }
        assert!(matches!(book.keys[&KEY].judgement.status, Status::Leak(_)));
        book.fold(&Batch::decode(&pass(1, 0, 11, 220).jobs(NAME, 220).words()).unwrap(), &context);
        assert_eq!(book.keys.get(&KEY).map(|state| state.judgement.status), status);
    }
}
