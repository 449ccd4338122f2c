//! Heap snapshots: read and analysed on a thread of Node's pool, so that the caller's loop goes on.

use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{AsyncTask, Either, External, Result};
use napi::{Env, Task};
use napi_derive::napi;

use super::{convert, panics};
use crate::capture::Held;
use crate::report::heap::{Before, comparison, summary};
use crate::snapshot::{Graph, SnapshotError, open};

/// A snapshot as JavaScript names it: the path of a file, or one that is held.
pub type Named<'a> = Either<String, &'a External<Held>>;

/// The same for another thread.
pub enum Source {
    /// A file that is read when it is needed.
    File(String),
    /// A graph that is there.
    Held(Arc<Graph>),
}

/// A summary on its way; resolves to its JSON.
pub struct SummaryTask {
    source: Source,
}

/// A comparison on its way; resolves to its JSON.
pub struct ComparisonTask {
    before: Source,
    after: Source,
    with_paths: bool,
}

/// Summarises a snapshot: the promise is of the JSON of [`crate::report::heap::HeapSummary`].
///
/// # Errors
///
/// When the snapshot was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
pub fn summarize_heap(
    #[napi(ts_arg_type = "string | object")] snapshot: Named<'_>,
) -> Result<AsyncTask<SummaryTask>> {
    Ok(AsyncTask::new(SummaryTask { source: Source::of(snapshot)? }))
}

/// Compares two snapshots: the promise is of the JSON of [`crate::report::heap::HeapComparison`].
///
/// # Errors
///
/// When one was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
pub fn compare_heaps(
    #[napi(ts_arg_type = "string | object")] before: Named<'_>,
    #[napi(ts_arg_type = "string | object")] after: Named<'_>,
    with_paths: bool,
) -> Result<AsyncTask<ComparisonTask>> {
    let (before, after) = (Source::of(before)?, Source::of(after)?);
    Ok(AsyncTask::new(ComparisonTask { before, after, with_paths }))
}

impl Source {
    /// What JavaScript named.
    ///
    /// # Errors
    ///
    /// When it was closed.
    pub fn of(named: Named<'_>) -> Result<Self> {
        match named {
            Either::A(file) => Ok(Self::File(file)),
            Either::B(held) => held.graph().map(Self::Held).ok_or_else(convert::closed_snapshot),
        }
    }

    /// The graph, read now where it is a file.
    ///
    /// # Errors
    ///
    /// When that cannot be read, or is no snapshot.
    pub fn graph(&self) -> Result<Arc<Graph>> {
        match self {
            Self::Held(graph) => Ok(Arc::clone(graph)),
            Self::File(file) => open(Path::new(file))
                .map(Arc::new)
                .map_err(|error: SnapshotError| convert::snapshot_error(file, &error)),
        }
    }
}

impl Task for SummaryTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| convert::json(&summary(&*self.source.graph()?)))
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
            let before = Before::of(&*self.before.graph()?);
            convert::json(&comparison(before, &*self.after.graph()?, self.with_paths))
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}
