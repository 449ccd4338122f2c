//! The Node-API edge: converts, calls, converts back. It decides nothing.
//!
//! Every export catches panics. A panic reaches JavaScript as an `Error`, is counted in `ledgerStats().panics`, and
//! prints nothing into the host's stderr.

#![expect(clippy::needless_pass_by_value, reason = "napi hands strings over by value")]

pub mod capture;
mod config;
mod convert;
pub mod heap;
mod layout;
mod panics;
pub mod source;

use std::sync::LazyLock;

use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object, Result};
use napi_derive::napi;

use crate::ledger::Ledger;
use crate::report;

/// The ledger of the process, shared by its threads.
static LEDGER: LazyLock<Ledger> = LazyLock::new(Ledger::default);

/// Runs when a thread loads the addon.
///
/// # Errors
///
/// None; the signature is napi's.
#[napi(module_exports)]
pub fn loaded(_exports: Object<'_>) -> Result<()> {
    panics::silence();
    Ok(())
}

/// A thread says once that it is there, with the memory in which it counts its jobs, see
/// [`crate::ledger::tally::Tally::read`]. When it ends, however (it returns, throws, calls `process.exit()`, is terminated
/// or runs out of memory), its runs learn so from here: no JavaScript of it runs any more, and its memory is still there.
///
/// # Errors
///
/// When Node refuses the hook.
#[napi(catch_unwind)]
pub fn enter_thread(env: Env, thread: u32, tallies: Float64Array) -> Result<()> {
    env.add_env_cleanup_hook(tallies, move |tallies| {
        panics::caught(|| LEDGER.end_thread(thread, &tallies));
    })?;
    Ok(())
}

/// A thread takes part in a run; returns its id and terms as JSON; see [`Ledger::join`].
///
/// # Errors
///
/// `HOLDOVER_CONFIG` when the settings are not JSON, or lack a mode.
#[napi(catch_unwind)]
pub fn join_run(thread: u32, config_json: String) -> Result<String> {
    let (terms, prints) =
        config::parse(&config_json).map_err(|error| convert::error("HOLDOVER_CONFIG", &error))?;
    let (run, terms) = LEDGER.join(thread, terms, prints);
    convert::json(&convert::joined(run, &terms))
}

/// A thread takes part in a run no more; see [`Ledger::leave`].
#[napi(catch_unwind)]
pub fn leave_run(run: u32, thread: u32, tallies: &[f64]) {
    LEDGER.leave(run, thread, tallies);
}

/// A thread tells about itself and gets the sum over all threads, both as JSON; see [`Ledger::tell`].
///
/// # Errors
///
/// `HOLDOVER_FACTS` when the facts cannot be read, `HOLDOVER_RUN` when the thread takes no part in the run.
#[napi(catch_unwind)]
pub fn tell_run(run: u32, thread: u32, facts_json: String) -> Result<String> {
    let facts = convert::thread_facts(&facts_json)?;
    let sums = LEDGER.tell(run, thread, facts).ok_or_else(|| convert::unknown_run(run))?;
    convert::json(&sums)
}

/// Returns what has been printed so far, for the one thread that prints; see [`Ledger::printed`].
#[napi(catch_unwind)]
#[must_use]
pub fn printed(run: u32, thread: u32) -> Option<String> {
    LEDGER.printed(run, thread)
}

/// Keeps what has been printed so far; see [`Ledger::keep_printed`].
#[napi(catch_unwind)]
pub fn keep_printed(run: u32, text: String) {
    LEDGER.keep_printed(run, &text);
}

/// Folds one batch; see [`Ledger::apply`].
///
/// # Errors
///
/// `HOLDOVER_BATCH` when a word is wrong or the run is not open. The ledger is then unchanged.
#[napi(catch_unwind)]
pub fn apply(words: &[f64]) -> Result<()> {
    LEDGER.apply(words).map_err(|error| convert::error("HOLDOVER_BATCH", &error))
}

/// Returns the id of a text; see [`crate::ledger::intern::Table::intern`].
///
/// # Errors
///
/// `HOLDOVER_TABLE` for a table that does not exist.
#[napi(catch_unwind)]
pub fn intern(table: u32, text: String) -> Result<u32> {
    let known = LEDGER.texts().table(table).ok_or_else(|| convert::unknown_table(table))?;
    Ok(known.intern(&text))
}

/// Returns the ids of the call sites that a report of the run may show; see [`report::sites`].
///
/// # Errors
///
/// `HOLDOVER_RUN` when the run is not open.
#[napi(catch_unwind)]
pub fn run_sites(run: u32) -> Result<Vec<u32>> {
    LEDGER.view(run, report::sites).ok_or_else(|| convert::unknown_run(run))
}

/// Returns the text of a call site; nothing when no such id was given out.
#[napi(catch_unwind)]
pub fn site_text(id: u32) -> Option<String> {
    LEDGER.texts().sites.text(id).map(|text| text.to_string())
}

/// Returns the report of a run as JSON; see [`report::build`].
///
/// # Errors
///
/// `HOLDOVER_FACTS` when the facts cannot be read, `HOLDOVER_RUN` when the run is not open.
#[napi(catch_unwind)]
pub fn report(run: u32, facts_json: String) -> Result<String> {
    let facts =
        report::facts::Facts::parse(&facts_json).map_err(|error| convert::error("HOLDOVER_FACTS", &error))?;
    let report =
        LEDGER.view(run, |view| report::build(view, &facts)).ok_or_else(|| convert::unknown_run(run))?;
    convert::json(&report)
}

/// Returns what the ledger holds and for how many threads, what it dropped, and how many panics were caught, as JSON.
///
/// # Errors
///
/// `HOLDOVER_JSON`, which nothing known leads to.
#[napi(catch_unwind)]
pub fn ledger_stats() -> Result<String> {
    convert::json(&convert::stats(LEDGER.bytes(), LEDGER.threads(), LEDGER.dropped(), panics::count()))
}

/// Returns the constants of the batch layout as JSON.
///
/// # Errors
///
/// `HOLDOVER_JSON`, which nothing known leads to.
#[napi(catch_unwind)]
pub fn layout() -> Result<String> {
    convert::json(&layout::layout())
}
