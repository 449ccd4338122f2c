//! Any facts for a report: rules of a baseline that somebody wrote, and what the heap of a check was found to be. Refused, or
//! a report that is the same each time.

#![no_main]

use holdover::ledger::{Ledger, RunSettings, Terms};
use holdover::report::{self, facts::Facts};
use holdover::verdict::Mode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let Ok(facts) = serde_json::from_slice::<Facts>(json) else { return };
    let ledger = Ledger::default();
    let settings = RunSettings { mode: Mode::Check, max_keys: 8, grace_ms: 100.0 };
    let (run, _) = ledger.join(0, Terms { settings, name: String::new(), started_at_ms: 0.0 }, true);
    let text = || {
        ledger
            .view(run, |view| serde_json::to_string(&report::build(view, &facts)).expect("a report is JSON"))
    };
    assert_eq!(text(), text());
});
