//! Any words for a batch: refused with the ledger unchanged, or folded so that the report can be made.
//!
//! Bytes are read as doubles, and small ones as whole numbers, since random doubles never pass the first check.

#![no_main]

use holdover::ledger::batch::VERSION;
use holdover::ledger::{Ledger, RunSettings, Terms};
use holdover::report::{self, facts::Facts};
use holdover::verdict::Mode;
use libfuzzer_sys::{arbitrary, fuzz_target};

fuzz_target!(|input: (bool, Vec<Vec<Word>>)| {
    let (is_check, batches) = input;
    let ledger = Ledger::default();
    let mode = if is_check { Mode::Check } else { Mode::Production };
    let settings = RunSettings { mode, max_keys: 8, grace_ms: 100.0 };
    let (run, _) = ledger.join(0, Terms { settings, name: String::new(), started_at_ms: 0.0 }, true);
    for batch in batches {
        let mut words = vec![f64::from(VERSION), f64::from(run), 0.0];
        words.extend(batch.into_iter().map(Word::value));
        let before = ledger.bytes();
        if ledger.apply(&words).is_err() {
            assert_eq!(ledger.bytes(), before, "a refused batch leaves the ledger unchanged");
        }
    }
    ledger.view(run, |view| report::build(view, &Facts::default()));
});

#[derive(Debug, arbitrary::Arbitrary)]
enum Word {
    Small(u8),
    Whole(u32),
    Any(f64),
}

impl Word {
    fn value(self) -> f64 {
        match self {
            Self::Small(value) => f64::from(value),
            Self::Whole(value) => f64::from(value),
            Self::Any(value) => value,
        }
    }
}
