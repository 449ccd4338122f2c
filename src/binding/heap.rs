//! Heap snapshots: read and analysed on a thread of Node's pool, so that the caller's loop goes on.

use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{AsyncTask, Result};
use napi::{Env, Task};
use napi_derive::napi;

use super::{convert, panics};
use crate::analysis::retainers::Target;
use crate::report::heap::{Before, comparison, summary};
use crate::report::heap_growth::Snapshots;
use crate::report::heap_retainers::retention;
use crate::snapshot::{Graph, Progress, announce, open_with};

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
    fn announce<'a>(&self, files: impl IntoIterator<Item = &'a String>) {
        announce(files.into_iter().map(Path::new), &self.progress);
    }

    fn graph(&self, file: &str) -> Result<Graph> {
        open_with(Path::new(file), &self.progress).map_err(|error| convert::snapshot_error(file, &error))
    }
}

/// A summary on its way; resolves to its JSON.
pub struct SummaryTask {
    file: String,
    work: HeapWork,
}

/// A comparison on its way; resolves to its JSON.
pub struct ComparisonTask {
    before: String,
    after: String,
    with_paths: bool,
    work: HeapWork,
}

/// Growth on its way; resolves to its JSON.
pub struct GrowthTask {
    files: Vec<String>,
    jobs: Vec<u32>,
    work: HeapWork,
}

/// What holds some objects, on its way; resolves to its JSON.
pub struct RetainersTask {
    file: String,
    target: Target,
    max_paths: usize,
    work: HeapWork,
}

/// Summarises the snapshot in a file: the promise is of the JSON of [`crate::report::heap::HeapSummary`].
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
#[must_use]
pub fn summarize_heap(file: String, work: &HeapWork) -> AsyncTask<SummaryTask> {
    AsyncTask::new(SummaryTask { file, work: work.clone() })
}

/// Compares the snapshots in two files: the promise is of the JSON of [`crate::report::heap::HeapComparison`].
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
#[must_use]
pub fn compare_heaps(
    before: String,
    after: String,
    with_paths: bool,
    work: &HeapWork,
) -> AsyncTask<ComparisonTask> {
    AsyncTask::new(ComparisonTask { before, after, with_paths, work: work.clone() })
}

/// What grows with the jobs over the snapshots in these files, each with its number of jobs: the promise is of the JSON of
/// [`crate::report::heap_growth::HeapGrowth`].
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`], or with `HOLDOVER_SNAPSHOT_PROCESS`.
#[napi(catch_unwind)]
#[must_use]
pub fn heap_growth(files: Vec<String>, jobs: Vec<u32>, work: &HeapWork) -> AsyncTask<GrowthTask> {
    AsyncTask::new(GrowthTask { files, jobs, work: work.clone() })
}

/// What holds the objects of a class, or the one of an id: the promise is of the JSON of
/// [`crate::report::heap_retainers::HeapRetainers`].
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
#[must_use]
pub fn heap_retainers(
    file: String,
    class_name: Option<String>,
    id: Option<u32>,
    max_paths: u32,
    work: &HeapWork,
) -> AsyncTask<RetainersTask> {
    let target = id.map_or_else(|| Target::Class(class_name.unwrap_or_default()), Target::Id);
    AsyncTask::new(RetainersTask { file, target, max_paths: max_paths as usize, work: work.clone() })
}

impl Task for RetainersTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| {
            self.work.announce([&self.file]);
            convert::json(&retention(&self.work.graph(&self.file)?, &self.target, self.max_paths))
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
            self.work.announce([&self.file]);
            convert::json(&summary(&self.work.graph(&self.file)?))
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
            let before = Before::of(&self.work.graph(&self.before)?);
            convert::json(&comparison(before, &self.work.graph(&self.after)?, self.with_paths))
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
            self.work.announce(&self.files);
            let (last, earlier) = convert::last(&self.files)?;
            let (mut snapshots, jobs) = (Snapshots::default(), self.jobs.last().copied().unwrap_or_default());
            for (file, &jobs) in earlier.iter().zip(&self.jobs) {
                snapshots.add(&self.work.graph(file)?, u64::from(jobs));
            }
            let growth = snapshots.growth(&self.work.graph(last)?, u64::from(jobs));
            convert::json(&growth.map_err(|stranger| convert::stranger(&self.files, stranger))?)
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}
