//! The constants of the batch layout, for the test that compares both sides.

use serde_json::{Map, Value, json};

use crate::ledger::batch::{
    FLAG_LATE, FLAG_TARGET, FLAG_WEAK, HEADER_WORDS, HELD_WORDS, ID_HEAD_WORDS, JOBS_WORDS, KEY_HEAD_WORDS,
    MAX_WORD, OPEN_HEAD_WORDS, OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_MASK, OUTCOME_TIMED_OUT,
    ResourceKind, SURVIVOR_WORDS, TAG_ID, TAG_JOBS, TAG_KEY, TAG_OPEN, VERSION,
};
use crate::ledger::intern::{
    BETWEEN_JOBS, BETWEEN_JOBS_ID, OTHER, OTHER_ID, TABLE_NAMES, TABLE_SHAPES, TABLE_SITES,
};
use crate::ledger::key::ONE_SHOT_HORIZON_MS;
use crate::ledger::tally::{MAX_TALLIES, TALLY_WORDS};
use crate::report::heap_names::HeapKind;

/// All constants, by name.
pub fn layout() -> Value {
    let kinds: Map<String, Value> =
        ResourceKind::ALL.iter().map(|kind| (kind.name().to_owned(), kind.wire().into())).collect();
    json!({
        "version": VERSION,
        "headerWords": HEADER_WORDS,
        "records": { "jobs": TAG_JOBS, "key": TAG_KEY, "open": TAG_OPEN, "id": TAG_ID },
        "recordHeadWords": {
            "jobs": JOBS_WORDS,
            "key": KEY_HEAD_WORDS,
            "open": OPEN_HEAD_WORDS,
            "id": ID_HEAD_WORDS,
        },
        "tallyWords": TALLY_WORDS,
        "maxTallies": MAX_TALLIES,
        "survivorWords": SURVIVOR_WORDS,
        "heldWords": HELD_WORDS,
        "kinds": kinds,
        "heapKinds": HeapKind::ALL.map(HeapKind::name),
        "flags": { "outcomeMask": OUTCOME_MASK, "late": FLAG_LATE, "weak": FLAG_WEAK, "target": FLAG_TARGET },
        "outcomes": {
            "completed": OUTCOME_COMPLETED,
            "failed": OUTCOME_FAILED,
            "timedOut": OUTCOME_TIMED_OUT,
        },
        "tables": { "names": TABLE_NAMES, "shapes": TABLE_SHAPES, "sites": TABLE_SITES },
        "otherId": OTHER_ID,
        "other": OTHER,
        "betweenJobsId": BETWEEN_JOBS_ID,
        "betweenJobs": BETWEEN_JOBS,
        "maxWord": MAX_WORD,
        "oneShotHorizonMs": ONE_SHOT_HORIZON_MS,
    })
}
