use proptest::prelude::*;

use super::super::builder::{by_job, pass};
use super::*;

fn refused(words: &[f64]) -> BatchError {
    Batch::decode(words).expect_err("a wrong batch is refused")
}

fn one_survivor() -> Vec<f64> {
    pass(1, 0, 1, 20).left(3, ResourceKind::Listener, 2, &[by_job(7).at(4).failed().weak()]).words()
}

#[test]
fn records_come_back_as_they_were_written() {
    let words = pass(1, 2, 3, 20)
        .all_jobs(5, [10, 2, 1, 4, 50, 90])
        .left(5, ResourceKind::Interval, 6, &[by_job(7), by_job(8).timed_out().late_at(9)])
        .open(5, 11, 1_200, &[(ResourceKind::Timeout, 6, 2)])
        .id(5, 11, "Straße 7")
        .words();
    let batch = Batch::decode(&words).unwrap();
    assert_eq!((batch.header.run, batch.header.thread, batch.header.pass), (1, 2, 3));
    let records: Vec<Record> = batch.records().collect();
    let [Record::Jobs(5, counts), Record::Key(key), Record::Open(open), Record::Id(id)] = records[..] else {
        panic!("four records: {records:?}")
    };
    assert_eq!((counts.finished(), counts.open, counts.mean_ms, counts.max_ms), (13, 4, 50, 90));
    let survivors: Vec<Survivor> = key.survivors().collect();
    assert_eq!(
        survivors[1],
        Survivor {
            origin: 8,
            order: 8,
            born_at: 9,
            site: 0,
            flags: FLAG_LATE | OUTCOME_TIMED_OUT,
            is_ever_young: false
        }
    );
    assert_eq!(open.held().collect::<Vec<_>>(), [(ResourceKind::Timeout, 6, 2)]);
    assert_eq!((id.job_id, id.text().as_str()), (11, "Straße 7"));
}

#[test]
fn empty_or_cut_batch_says_where_it_ends() {
    assert_eq!(refused(&[]), BatchError::Truncated { index: 0, needed: 9, found: 0 });
    let words = one_survivor();
    assert_eq!(refused(&words[..words.len() - 1]), BatchError::Truncated { index: 9, needed: 13, found: 12 });
    assert_eq!(refused(&words[..12]), BatchError::Truncated { index: 9, needed: 8, found: 3 });
}

#[test]
fn count_that_no_memory_could_hold_is_truncated_not_an_overflow() {
    let mut words = one_survivor();
    words[16] = MAX_WORD;
    assert!(matches!(refused(&words), BatchError::Truncated { index: 9, .. }));
}

#[test]
fn other_version_is_refused_before_anything_else() {
    let mut words = one_survivor();
    words[0] = 1.0;
    words[3] = f64::NAN;
    assert_eq!(refused(&words), BatchError::Version { found: 1.0 });
}

#[test]
fn word_that_is_no_whole_number_is_named() {
    for wrong in [0.5, -1.0, f64::INFINITY, MAX_WORD + 1.0, 4_503_599_627_370_495.5, 1e300] {
        for index in 1..one_survivor().len() {
            let mut words = one_survivor();
            words[index] = wrong;
            assert_eq!(refused(&words), BatchError::NotWhole { index, found: wrong });
        }
    }
    let mut words = one_survivor();
    words[17] = f64::NAN;
    assert!(matches!(refused(&words), BatchError::NotWhole { index: 17, .. }));
}

#[test]
fn largest_whole_numbers_are_fine() {
    let mut words = one_survivor();
    words[5] = MAX_WORD;
    words[17] = MAX_WORD - 1.0;
    assert!(Batch::decode(&words).is_ok());
}

#[test]
fn field_outside_its_range_is_named() {
    let cases = [
        (1, 0.0, "run"),
        (3, 0.0, "pass"),
        (4, 2.0, "mark of the last slice"),
        (9, 5.0, "record"),
        (10, 0.0, "job name"),
        (11, 99.0, "kind"),
        (12, 0.0, "shape"),
        (20, 4_294_967_296.0, "site"),
        (21, 32.0, "set of survivor flags"),
        (21, 3.0, "outcome"),
    ];
    for (index, found, field) in cases {
        let mut words = one_survivor();
        words[index] = found;
        assert_eq!(refused(&words), BatchError::OutOfRange { index, field, found });
    }
}

#[test]
fn kinds_survive_the_wire() {
    for kind in ResourceKind::ALL {
        assert_eq!(ResourceKind::from_wire(u64::from(kind.wire())), Some(kind));
    }
    assert_eq!(ResourceKind::from_wire(0), None);
}

proptest! {
    #[test]
    fn any_words_are_refused_or_read_to_the_end(
        body in prop::collection::vec(prop_oneof![0u32..6, 0u32..40, any::<u32>()], 0..60),
    ) {
        let mut words = pass(1, 0, 1, 5).words();
        words.extend(body.into_iter().map(f64::from));
        if let Ok(batch) = Batch::decode(&words) {
            let read: usize = batch.records().map(|record| match record {
                Record::Jobs(..) => JOBS_WORDS,
                Record::Key(key) => KEY_HEAD_WORDS + SURVIVOR_WORDS * key.survivors().len(),
                Record::Open(open) => OPEN_HEAD_WORDS + HELD_WORDS * open.held().count(),
                Record::Id(id) => ID_HEAD_WORDS + id.text().encode_utf16().count(),
            }).sum();
            prop_assert_eq!(HEADER_WORDS + read, words.len());
        }
    }

    #[test]
    fn any_doubles_never_panic(words in prop::collection::vec(any::<f64>(), 0..40)) {
        let _ = Batch::decode(&words);
    }
}
