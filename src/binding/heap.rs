//! Heap snapshots: read and analysed on a thread of Node's pool, so that the caller's loop goes on.

use std::sync::Arc;

use napi::bindgen_prelude::{AsyncTask, Result};
use napi::{Env, Task};
use napi_derive::napi;

use super::source::{Named, Source};
use super::{convert, panics};
use crate::analysis::retainers::Target;
use crate::report::heap::{Before, comparison, summary};
use crate::report::heap_growth::Snapshots;
use crate::report::heap_retainers::retention;
use crate::snapshot::{Graph, Progress, announce};

/// Work on heap snapshots as its caller sees it. The caller asks: the addon has no way to call back from another thread.
#[napi]
#[derive(Clone)]
pub struct HeapWork {
    progress: Arc<Progress>,
}

#[napi]
impl HeapWork {
    /// Nothing done yet.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for JavaScript")]
    pub fn new() -> Self {
        Self { progress: Arc::default() }
    }

    /// Bytes read.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn done_bytes(&self) -> f64 {
        convert::float(self.progress.done_bytes())
    }

    /// Bytes to read.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn total_bytes(&self) -> f64 {
        convert::float(self.progress.total_bytes())
    }

    /// Ends the reading of a file with `HOLDOVER_SNAPSHOT_STOPPED`.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.progress.stop();
    }
}

impl HeapWork {
    /// To be read one after the other.
    fn announce<'a>(&self, sources: impl IntoIterator<Item = &'a Source>) {
        announce(sources.into_iter().filter_map(Source::file), &self.progress);
    }

    fn graph(&self, source: &Source) -> Result<Arc<Graph>> {
        source.graph(&self.progress)
    }
}

/// A summary on its way; resolves to its JSON.
pub struct SummaryTask {
    source: Source,
    work: HeapWork,
}

/// A comparison on its way; resolves to its JSON.
pub struct ComparisonTask {
    before: Source,
    after: Source,
    with_paths: bool,
    work: HeapWork,
}

/// Growth on its way; resolves to its JSON.
pub struct GrowthTask {
    sources: Vec<Source>,
    jobs: Vec<u32>,
    work: HeapWork,
}

/// What holds some objects, on its way; resolves to its JSON.
pub struct RetainersTask {
    source: Source,
    target: Target,
    max_paths: usize,
    work: HeapWork,
}

/// Summarises a snapshot: the promise is of the JSON of [`crate::report::heap::HeapSummary`].
///
/// # Errors
///
/// When a snapshot was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
pub fn summarize_heap(
    #[napi(ts_arg_type = "string | object")] snapshot: Named<'_>,
    work: &HeapWork,
) -> Result<AsyncTask<SummaryTask>> {
    Ok(AsyncTask::new(SummaryTask { source: Source::of(snapshot)?, work: work.clone() }))
}

/// Compares two snapshots: the promise is of the JSON of [`crate::report::heap::HeapComparison`].
///
/// # Errors
///
/// When a snapshot was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
pub fn compare_heaps(
    #[napi(ts_arg_type = "string | object")] before: Named<'_>,
    #[napi(ts_arg_type = "string | object")] after: Named<'_>,
    with_paths: bool,
    work: &HeapWork,
) -> Result<AsyncTask<ComparisonTask>> {
    let (before, after) = (Source::of(before)?, Source::of(after)?);
    Ok(AsyncTask::new(ComparisonTask { before, after, with_paths, work: work.clone() }))
}

/// What grows with the jobs over these snapshots, each with its number of jobs: the promise is of the JSON of
/// [`crate::report::heap_growth::HeapGrowth`].
///
/// # Errors
///
/// When a snapshot was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`], or with
/// `HOLDOVER_SNAPSHOT_PROCESS`.
#[napi(catch_unwind)]
pub fn heap_growth(
    #[napi(ts_arg_type = "Array<string | object>")] snapshots: Vec<Named<'_>>,
    jobs: Vec<u32>,
    work: &HeapWork,
) -> Result<AsyncTask<GrowthTask>> {
    let sources = snapshots.into_iter().map(Source::of).collect::<Result<_>>()?;
    Ok(AsyncTask::new(GrowthTask { sources, jobs, work: work.clone() }))
}

/// What holds the objects of a class, or the one of an id: the promise is of the JSON of
/// [`crate::report::heap_retainers::HeapRetainers`].
///
/// # Errors
///
/// When a snapshot was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
pub fn heap_retainers(
    #[napi(ts_arg_type = "string | object")] snapshot: Named<'_>,
    class_name: Option<String>,
    id: Option<u32>,
    max_paths: u32,
    work: &HeapWork,
) -> Result<AsyncTask<RetainersTask>> {
    let target = id.map_or_else(|| Target::Class(class_name.unwrap_or_default()), Target::Id);
    let source = Source::of(snapshot)?;
    Ok(AsyncTask::new(RetainersTask { source, target, max_paths: max_paths as usize, work: work.clone() }))
}

/// What holds the object that JavaScript marked, see [`Target::Marked`]: the promise is of the JSON of
/// [`crate::report::heap_retainers::HeapRetainers`].
///
/// # Errors
///
/// When the snapshot was closed.
#[napi(catch_unwind)]
pub fn marked_retainers(
    #[napi(ts_arg_type = "string | object")] snapshot: Named<'_>,
    marker: String,
    max_paths: u32,
    work: &HeapWork,
) -> Result<AsyncTask<RetainersTask>> {
    let (source, target) = (Source::of(snapshot)?, Target::Marked(marker));
    Ok(AsyncTask::new(RetainersTask { source, target, max_paths: max_paths as usize, work: work.clone() }))
}

impl Task for RetainersTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| {
            self.work.announce([&self.source]);
            convert::json(&retention(&*self.work.graph(&self.source)?, &self.target, self.max_paths))
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}

impl Task for SummaryTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| {
            self.work.announce([&self.source]);
            convert::json(&summary(&*self.work.graph(&self.source)?))
        })
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
            self.work.announce([&self.before, &self.after]);
            // The first graph is gone before the second one comes: memory is that of the larger.
            let before = Before::of(&*self.work.graph(&self.before)?);
            convert::json(&comparison(before, &*self.work.graph(&self.after)?, self.with_paths))
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}

impl Task for GrowthTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| {
            self.work.announce(&self.sources);
            let (last, earlier) = convert::last(&self.sources)?;
            let (mut snapshots, jobs) = (Snapshots::default(), self.jobs.last().copied().unwrap_or_default());
            for (source, &jobs) in earlier.iter().zip(&self.jobs) {
                snapshots.add(&*self.work.graph(source)?, u64::from(jobs));
            }
            let growth = snapshots.growth(&*self.work.graph(last)?, u64::from(jobs));
            convert::json(&growth.map_err(|stranger| convert::stranger(&self.sources, stranger))?)
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}
