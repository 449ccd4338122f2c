//! Rust values as JavaScript ones.

use std::fmt::Display;

use napi::{Error, Result, Status};
use serde::Serialize;
use serde_json::{Value, json};

use super::source::Source;
use crate::capture::Held;
use crate::ledger::threads::ThreadFacts;
use crate::ledger::{Dropped, Terms};
use crate::report::heap_growth::Stranger;
use crate::snapshot::SnapshotError;

/// An error whose message starts with its code, as all of ours do: `HOLDOVER_BATCH: word 3: …`.
pub fn error(code: &str, cause: &impl Display) -> Error {
    Error::new(Status::GenericFailure, format!("{code}: {cause}"))
}

/// The error for a table that does not exist.
pub fn unknown_table(table: u32) -> Error {
    error("HOLDOVER_TABLE", &format_args!("there is no table {table}; 0 is job names, 1 shapes, 2 sites"))
}

/// The error for a run that is not open.
pub fn unknown_run(run: u32) -> Error {
    error(
        "HOLDOVER_RUN",
        &format_args!("run {run} is not open; call joinRun first and nothing after leaveRun"),
    )
}

/// What `joinRun` returns.
pub fn joined(run: u32, terms: &Terms) -> Value {
    json!({
        "run": run,
        "name": terms.name,
        "graceMs": terms.settings.grace_ms,
        "startedAtMs": terms.started_at_ms,
    })
}

/// What a thread tells about itself.
pub fn thread_facts(text: &str) -> Result<ThreadFacts> {
    serde_json::from_str(text).map_err(|cause| error("HOLDOVER_FACTS", &cause))
}

/// The error for a file that is no heap snapshot: code, and then as JSON which file, what is wrong and at which byte.
pub fn snapshot_error(file: &str, cause: &SnapshotError) -> Error {
    let facts = json!({ "file": file, "problem": cause.problem, "byteOffset": cause.at_byte });
    error(cause.kind.code(), &facts)
}

/// What a snapshot that is in no file is called.
pub const THIS_PROCESS: &str = "the snapshot of this process";

/// The error for a snapshot that was let go.
pub fn closed_snapshot() -> Error {
    error("HOLDOVER_SNAPSHOT_CLOSED", &json!({}))
}

/// What `heldTotals` returns.
pub fn totals(held: &Held) -> Value {
    let graph = held.graph();
    json!({
        "nodes": graph.as_ref().map(|graph| graph.node_count()),
        "edges": graph.as_ref().map(|graph| graph.edge_count()),
        "bytes": held.bytes(),
    })
}

/// The error for snapshots of several processes: code, and then as JSON which file.
pub fn stranger(sources: &[Source], stranger: Stranger) -> Error {
    let named = |source: Option<&Source>| source.map(|source| source.name().to_owned());
    let facts = json!({ "file": named(sources.get(stranger.at)), "last": named(sources.last()) });
    error("HOLDOVER_SNAPSHOT_PROCESS", &facts)
}

/// The last of some snapshots, and those before it.
pub fn last(sources: &[Source]) -> Result<(&Source, &[Source])> {
    sources.split_last().ok_or_else(|| error("HOLDOVER_NATIVE", &"no snapshot"))
}

/// A count of bytes as JavaScript's number.
#[expect(clippy::cast_precision_loss, reason = "files stay below 2^53 bytes")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A value as JSON text.
pub fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|cause| error("HOLDOVER_JSON", &cause))
}

/// What `ledgerStats` returns.
pub fn stats(bytes: u64, threads: usize, dropped: Dropped, panics: u64) -> Value {
    json!({
        "bytes": bytes,
        "threads": threads,
        "dropped": {
            "names": dropped.names,
            "shapes": dropped.shapes,
            "sites": dropped.sites,
            "keys": dropped.keys,
        },
        "panics": panics,
    })
}
