//! What only the JavaScript side knows about a report: memory, cost, environment, and how a check is going.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::heap_facts::HeapFacts;
use super::ignore::IgnoreRule;
use crate::ledger::texts::Site;
use crate::ledger::threads::ThreadRow;

/// Facts handed in with the request for a report. All are optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// Time of the report, in milliseconds.
    pub now_ms: Option<f64>,
    /// Time the run started, in milliseconds.
    pub started_at_ms: Option<f64>,
    /// Name of the worker.
    pub worker: String,
    /// Memory now and before.
    pub memory: Option<MemoryFacts>,
    /// What holdover itself cost; passed through, with what the ledger dropped.
    #[serde(rename = "self")]
    pub own: Map<String, Value>,
    /// The level of a thread is off: nothing has been looked at there since.
    pub paused: bool,
    /// Sentences for the reader.
    pub notes: Vec<String>,
    /// Versions, level and the like; passed through.
    pub env: Option<Map<String, Value>>,
    /// How a check is going; nothing in production.
    pub check: Option<CheckFacts>,
    /// Errors of jobs; passed through.
    pub job_errors: Option<Value>,
    /// Call sites that source maps lead elsewhere, by id: these are shown. The ledger keeps what was captured.
    pub sites: BTreeMap<u32, Site>,
    /// Where jobs construct what libraries offer; known in a check alone.
    pub constructions: Vec<Construction>,
    /// The threads that take part, see [`crate::ledger::Ledger::tell`]; none in a check.
    pub threads: Vec<ThreadRow>,
    /// What a check knows of the heap.
    pub heap: HeapFacts,
    /// Fingerprints that a baseline accepts: such a leak is shown apart and decides nothing.
    pub accepted: BTreeSet<String>,
    /// Rules of a baseline for what is accepted whatever its fingerprint.
    pub ignore: Vec<IgnoreRule>,
}

/// Memory figures, in bytes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemoryFacts {
    /// JavaScript heap in use.
    pub heap_used_bytes: Option<f64>,
    /// The same right after the last major collection.
    pub after_gc_bytes: Option<f64>,
    /// Memory outside the heap that JavaScript objects own.
    pub external_bytes: Option<f64>,
    /// Of that, array buffers.
    pub array_buffers_bytes: Option<f64>,
    /// Resident set of the process.
    pub rss_bytes: Option<f64>,
    /// The nearest limit on it.
    pub limit_bytes: Option<f64>,
    /// Earlier figures, oldest first; only the last [`MAX_SAMPLES`] are read.
    pub samples: Vec<Sample>,
}

/// Samples read: a slope takes time quadratic in them.
pub const MAX_SAMPLES: usize = 64;

/// Memory at one moment.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sample {
    /// When, in milliseconds.
    pub at_ms: f64,
    /// Jobs finished by then.
    pub jobs: f64,
    /// See [`MemoryFacts`].
    pub heap_used_bytes: Option<f64>,
    /// See [`MemoryFacts`].
    pub after_gc_bytes: Option<f64>,
    /// See [`MemoryFacts`].
    pub external_bytes: Option<f64>,
    /// See [`MemoryFacts`].
    pub array_buffers_bytes: Option<f64>,
    /// See [`MemoryFacts`].
    pub rss_bytes: Option<f64>,
}

/// Emitters of a library that jobs construct.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Construction {
    /// Name of the job.
    pub job: String,
    /// The library, as in [`Site::owner`].
    pub owner: String,
    /// The library that does so for that one, or itself.
    pub by: String,
    /// Id of the call site.
    pub site: u32,
    /// How many.
    pub count: u64,
    /// Their class.
    pub class: String,
    /// That line says `new`.
    pub is_direct: bool,
    /// How many are still there.
    pub alive: u64,
}

/// How a check is going.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckFacts {
    /// Exactly so many jobs, because the user said so.
    pub fixed_jobs: Option<u64>,
    /// Jobs that were run and hang.
    pub hanging: u64,
    /// Time since the first job, in milliseconds.
    pub elapsed_ms: f64,
    /// Of that, what other load on the machine did not take, in milliseconds.
    pub used_ms: f64,
    /// Thousands of jobs more would do the process no harm.
    pub can_afford_more: bool,
    /// The check has to end now.
    pub budget_over: bool,
    /// Anything retained is a leak.
    pub strict: bool,
    /// Why this check cannot be clean whatever it found, one sentence each.
    pub obstacles: Vec<String>,
}

impl Facts {
    /// Creations that the JavaScript side had no room for.
    #[must_use]
    pub fn unwatched(&self) -> u64 {
        const REASONS: [&str; 5] = ["owners", "timers", "immediates", "handles", "files"];
        let dropped = self.own.get("dropped");
        REASONS.iter().filter_map(|reason| dropped?.get(reason)?.as_u64()).sum()
    }

    /// Reads the facts of a report.
    ///
    /// # Errors
    ///
    /// When the text is not JSON or a field has the wrong type; the message names the line and column.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
