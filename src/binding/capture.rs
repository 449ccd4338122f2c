//! Snapshots of this process: begun before V8 writes, finished after that, held until let go.

use std::path::Path;

use napi::bindgen_prelude::{AsyncTask, External, Result, Unknown};
use napi::{Env, ScopedTask};
use napi_derive::napi;

use super::{convert, panics};
use crate::capture::{Capture, Held};

/// What V8 writes, on its way to a graph; resolves to the held snapshot.
pub struct CaptureTask {
    capture: Option<Capture>,
}

/// Begins a capture, see [`Capture::begin`]; nothing while another one is under way.
///
/// # Errors
///
/// `HOLDOVER_SNAPSHOT_FILE` when the file cannot be made.
#[napi(catch_unwind, ts_return_type = "object | null")]
pub fn begin_capture(file: Option<String>, by_pipe: bool) -> Result<Option<External<Option<Capture>>>> {
    let begun = Capture::begin(file.as_deref().map(Path::new), by_pipe);
    let begun = begun.map_err(|error| convert::snapshot_error(convert::THIS_PROCESS, &error))?;
    Ok(begun.map(|capture| External::new(Some(capture))))
}

/// Where V8 is to write, and by which route that is, as JSON.
///
/// # Errors
///
/// `HOLDOVER_JSON`, which nothing known leads to.
#[napi(catch_unwind)]
pub fn capture_route(#[napi(ts_arg_type = "object")] capture: &External<Option<Capture>>) -> Result<String> {
    convert::json(&capture.as_ref().as_ref().map(|capture| (capture.path(), capture.route())))
}

/// V8 is done, or has failed: the promise is of the held snapshot.
///
/// It rejects with one of the codes of [`crate::snapshot::ErrorKind`].
#[napi(catch_unwind)]
#[must_use]
pub fn finish_capture(
    #[napi(ts_arg_type = "object")] capture: &mut External<Option<Capture>>,
) -> AsyncTask<CaptureTask> {
    AsyncTask::new(CaptureTask { capture: capture.as_mut().take() })
}

/// What a held snapshot consists of, as JSON.
///
/// # Errors
///
/// `HOLDOVER_JSON`, which nothing known leads to.
#[napi(catch_unwind)]
pub fn held_totals(#[napi(ts_arg_type = "object")] held: &External<Held>) -> Result<String> {
    convert::json(&convert::totals(held))
}

/// Frees a held snapshot.
#[napi(catch_unwind)]
pub fn close_held(#[napi(ts_arg_type = "object")] held: &mut External<Held>) {
    held.close();
}

impl<'task> ScopedTask<'task> for CaptureTask {
    type Output = Held;
    type JsValue = Unknown<'task>;

    fn compute(&mut self) -> Result<Held> {
        panics::as_error(|| {
            let capture = self.capture.take().ok_or_else(convert::closed_snapshot)?;
            let graph = capture.finish();
            graph.map(Held::new).map_err(|error| convert::snapshot_error(convert::THIS_PROCESS, &error))
        })
    }

    fn resolve(&mut self, env: &'task Env, held: Held) -> Result<Unknown<'task>> {
        // V8 learns what hangs on the small object that it sees.
        let bytes = held.bytes();
        External::new_with_size_hint(held, bytes).into_unknown(env)
    }
}
