//! What grew between snapshots that a check took of its own process.

use std::sync::Arc;

use napi::bindgen_prelude::{AsyncTask, External, Result};
use napi::{Env, Task};
use napi_derive::napi;

use super::{convert, panics};
use crate::capture::Held;
use crate::report::heap_growth::Snapshots;
use crate::snapshot::Graph;

/// What grew, on its way; resolves to its JSON.
pub struct GrowthTask {
    graphs: Vec<Arc<Graph>>,
    jobs: Vec<u32>,
}

/// What grew from snapshot to snapshot: the promise is of the JSON of [`crate::report::heap_growth::HeapGrowth`].
///
/// # Errors
///
/// When one was closed, or there are not as many counts of jobs.
#[napi(catch_unwind)]
pub fn held_growth(
    #[napi(ts_arg_type = "object[]")] snapshots: Vec<&External<Held>>,
    jobs: Vec<u32>,
) -> Result<AsyncTask<GrowthTask>> {
    let graphs: Option<Vec<Arc<Graph>>> = snapshots.iter().map(|held| held.graph()).collect();
    let graphs = graphs.ok_or_else(convert::closed_snapshot)?;
    Ok(AsyncTask::new(GrowthTask { graphs, jobs }))
}

impl Task for GrowthTask {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        panics::as_error(|| {
            let counted: Vec<(&Arc<Graph>, u64)> =
                self.graphs.iter().zip(&self.jobs).map(|(graph, &jobs)| (graph, u64::from(jobs))).collect();
            let (last, earlier) = counted.split_last().ok_or_else(convert::closed_snapshot)?;
            let mut snapshots = Snapshots::default();
            earlier.iter().for_each(|(graph, jobs)| snapshots.add(graph, *jobs));
            let grown = snapshots
                .growth(last.0, last.1)
                .map_err(|stranger| convert::error("HOLDOVER_SNAPSHOT_STRANGER", &stranger.at))?;
            convert::json(&grown)
        })
    }

    fn resolve(&mut self, _env: Env, json: String) -> Result<String> {
        Ok(json)
    }
}
