//! Heap snapshots: read and analysed on a thread of Node's pool, so that the caller's loop goes on.

use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{AsyncTask, Result};
use napi::{Env, Task};
use napi_derive::napi;

use super::source::{Named, Source};
use super::{convert, panics};
use crate::analysis::retainers::Target;
use crate::report::heap::{Before, comparison, summary};
use crate::report::heap_growth::{Snapshots, Stranger};
use crate::report::heap_retainers::retention;
use crate::report::heap_series::Series;
use crate::snapshot::{Graph, Progress, announce};

/// Work on heap snapshots as its caller sees it. The caller asks: the addon has no way to call back from another thread.
#[napi]
#[derive(Clone, Default)]
pub struct HeapWork {
    progress: Arc<Progress>,
}

#[napi]
impl HeapWork {
    /// Nothing done yet.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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

/// An analysis on its way; resolves to its JSON.
pub struct Analysis {
    /// Taken when it is run.
    run: Option<Box<dyn FnOnce() -> Result<String> + Send>>,
}

/// Runs it on a thread of Node's pool.
fn analysis(run: impl FnOnce() -> Result<String> + Send + 'static) -> AsyncTask<Analysis> {
    AsyncTask::new(Analysis { run: Some(Box::new(run)) })
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
) -> Result<AsyncTask<Analysis>> {
    let (source, work) = (Source::of(snapshot)?, work.clone());
    Ok(analysis(move || {
        work.announce([&source]);
        convert::json(&summary(&*work.graph(&source)?))
    }))
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
) -> Result<AsyncTask<Analysis>> {
    let (before, after, work) = (Source::of(before)?, Source::of(after)?, work.clone());
    Ok(analysis(move || {
        work.announce([&before, &after]);
        // The first graph is gone before the second one comes: memory is that of the larger.
        let earlier = Before::of(&*work.graph(&before)?);
        convert::json(&comparison(earlier, &*work.graph(&after)?, with_paths))
    }))
}

/// What grows with the jobs over these snapshots, each with its number of jobs, of a process that code in the folder
/// `watcher` watches: the promise is of the JSON of [`crate::report::heap_growth::HeapGrowth`].
///
/// # Errors
///
/// When a snapshot was closed. The promise rejects with one of the codes of [`crate::snapshot::ErrorKind`], or with
/// `HOLDOVER_SNAPSHOT_PROCESS`.
#[napi(catch_unwind)]
pub fn heap_growth(
    #[napi(ts_arg_type = "Array<string | object>")] snapshots: Vec<Named<'_>>,
    jobs: Vec<u32>,
    watcher: String,
    work: &HeapWork,
) -> Result<AsyncTask<Analysis>> {
    let sources = snapshots.into_iter().map(Source::of).collect::<Result<Vec<Source>>>()?;
    let work = work.clone();
    Ok(analysis(move || {
        work.announce(&sources);
        let (last, earlier) = convert::last(&sources)?;
        let mut snapshots = Snapshots::watched_from(watcher);
        for (source, &jobs) in earlier.iter().zip(&jobs) {
            snapshots.add(&*work.graph(source)?, u64::from(jobs));
        }
        let jobs = jobs.last().copied().unwrap_or_default();
        let growth = snapshots.growth(&*work.graph(last)?, u64::from(jobs));
        convert::json(&growth.map_err(|stranger| convert::stranger(&sources, stranger))?)
    }))
}

/// Snapshots of this process as they come, of which little is kept.
#[napi]
pub struct HeapSeries {
    series: Arc<Mutex<Series>>,
}

#[napi]
impl HeapSeries {
    /// None yet, of a process that code in the folder `watcher` watches.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    pub fn new(watcher: String) -> Self {
        Self { series: Arc::new(Mutex::new(Series::watched_from(watcher))) }
    }
}

/// One more snapshot of a series, after so many jobs: the promise is of the JSON of
/// [`crate::report::heap_series::SeriesStep`].
///
/// # Errors
///
/// When the snapshot was closed. The promise rejects with `HOLDOVER_SNAPSHOT_PROCESS` where the series begins anew.
#[napi(catch_unwind)]
pub fn extend_heap_series(
    series: &HeapSeries,
    #[napi(ts_arg_type = "string | object")] snapshot: Named<'_>,
    jobs: u32,
    work: &HeapWork,
) -> Result<AsyncTask<Analysis>> {
    let (series, source, work) = (Arc::clone(&series.series), Source::of(snapshot)?, work.clone());
    Ok(analysis(move || {
        let graph = work.graph(&source)?;
        // A panic in an earlier step was told as an error, and left what there was before.
        let mut series = series.lock().unwrap_or_else(PoisonError::into_inner);
        let step = series.next(&graph, u64::from(jobs));
        convert::json(&step.map_err(|_| convert::stranger(&[source], Stranger { at: 0 }))?)
    }))
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
) -> Result<AsyncTask<Analysis>> {
    let target = id.map_or_else(|| Target::Class(class_name.unwrap_or_default()), Target::Id);
    Ok(retainers_task(Source::of(snapshot)?, target, max_paths, work.clone()))
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
) -> Result<AsyncTask<Analysis>> {
    Ok(retainers_task(Source::of(snapshot)?, Target::Marked(marker), max_paths, work.clone()))
}

fn retainers_task(source: Source, target: Target, max_paths: u32, work: HeapWork) -> AsyncTask<Analysis> {
    analysis(move || {
        work.announce([&source]);
        convert::json(&retention(&*work.graph(&source)?, &target, max_paths as usize))
    })
}

impl Task for Analysis {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        let run = self.run.take().ok_or_else(convert::closed_snapshot)?;
        panics::as_error(run)
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}
