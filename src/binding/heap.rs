//! Heap snapshots: read and analysed on a thread of Node's pool, so that the caller's loop goes on.

use std::path::Path;

use napi::bindgen_prelude::{AsyncTask, Result};
use napi::{Env, Task};
use napi_derive::napi;

use super::{convert, panics};
use crate::report::heap::{Before, comparison, summary};
use crate::snapshot::{Graph, SnapshotError, open};

/// A summary on its way; resolves to its JSON.
pub struct SummaryTask {
    file: String,
}

/// A comparison on its way; resolves to its JSON.
pub struct ComparisonTask {
    before: String,
    after: String,
    with_paths: bool,
}

/// Summarises the snapshot in a file: the promise is of the JSON of [`crate::report::heap::HeapSummary`].
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
#[must_use]
pub fn summarize_heap(file: String) -> AsyncTask<SummaryTask> {
    AsyncTask::new(SummaryTask { file })
}

/// Compares the snapshots in two files: the promise is of the JSON of [`crate::report::heap::HeapComparison`].
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
#[must_use]
pub fn compare_heaps(before: String, after: String, with_paths: bool) -> AsyncTask<ComparisonTask> {
    AsyncTask::new(ComparisonTask { before, after, with_paths })
}

impl Task for SummaryTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| convert::json(&summary(&graph(&self.file)?)))
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}

impl Task for ComparisonTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| {
            // The first graph is gone before the second one comes: memory is that of the larger.
            let before = Before::of(&graph(&self.before)?);
            convert::json(&comparison(before, &graph(&self.after)?, self.with_paths))
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}

fn graph(file: &str) -> Result<Graph> {
    open(Path::new(file)).map_err(|error: SnapshotError| convert::snapshot_error(file, &error))
}
