//! The one output model: what a report says, field by field.
//!
//! Field order here is the order in the JSON. Times are in milliseconds, sizes in bytes, rates per finished job.

use serde::Serialize;
use serde_json::{Map, Value};

use super::companions::Companion;
use crate::ledger::texts::Place;
use crate::ledger::threads::ThreadRow;

/// Version of this model in the JSON.
pub const SCHEMA_VERSION: u32 = 1;

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Name of the worker.
    pub worker: String,
    /// `production` or `check`.
    pub mode: &'static str,
    /// `clean`, `leaks` or `inconclusive`.
    pub verdict: &'static str,
    /// What leaks, most certain and most frequent first.
    pub leaks: Vec<Leak>,
    /// What leaks and is accepted by the baseline, in the same order.
    pub accepted: Vec<Leak>,
    /// What is retained and no leak, or not one yet.
    pub kept: Vec<Kept>,
    /// Former leaks that were released.
    pub returned: Vec<Returned>,
    /// Jobs open for long.
    pub open_jobs: Vec<OpenJobRow>,
    /// Jobs by name.
    pub jobs: Vec<JobRow>,
    /// The threads that take part; none in a check.
    pub threads: Vec<ThreadRow>,
    /// Memory and where it is heading.
    pub memory: Memory,
    /// What holdover itself cost.
    #[serde(rename = "self")]
    pub own: Map<String, Value>,
    /// Sentences for the reader.
    pub notes: Vec<String>,
    /// Versions, level and the like.
    pub env: Value,
    /// Errors of jobs, when there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_errors: Option<Value>,
    /// Whether a check needs more jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leak {
    /// Stable id: the same bug has the same one in every run.
    pub fingerprint: String,
    /// `sure` or `likely`.
    pub certainty: &'static str,
    /// Kind of resource.
    pub kind: &'static str,
    /// What it is, in words.
    pub description: String,
    /// Name of the job to blame.
    pub job: String,
    /// How many are left per finished job.
    pub per_job: f64,
    /// How many are left now.
    pub count: u64,
    /// Jobs finished, in all threads that live.
    pub jobs_finished: u64,
    /// Threads that have some now.
    pub threads: u64,
    /// Distinct jobs that left one, by how they ended.
    pub jobs_leaving: OutcomeCounts,
    /// Where it is created; none when unknown.
    pub site: Option<Place>,
    /// The most frequent places; where a place is in a library, the line of the job that calls it.
    pub sites: Vec<SiteCount>,
    /// Frames above the place.
    pub stack: Vec<String>,
    /// The place in the generated file, where a source map led to `site`.
    pub generated: Option<Place>,
    /// The job's own line that called into a library.
    pub called_from: Option<Place>,
    /// `app`, `node`, `library:<name>@<version>` or `unknown`.
    pub owner: String,
    /// `user`, or `node` when Node's own code registered it.
    pub via: Option<String>,
    /// What carries it, for listeners.
    pub holder: Option<Holder>,
    /// Longest delay of a timer, in milliseconds.
    pub held_ms: Option<u64>,
    /// The call that fixes it.
    pub fix: String,
    /// Only jobs that did not complete leave one.
    pub only_when_failing: bool,
    /// What else the same line registers, counted here and not again.
    pub companions: Vec<Companion>,
    /// The client, pool or agent that jobs make and never close, where it is known.
    pub client: Option<Client>,
    /// The version of its package in which it is mended, where that is known.
    pub known: Option<Known>,
    /// What the finding rests on.
    pub evidence: EvidenceRow,
    /// Bytes it keeps alive, where snapshots were taken.
    pub retained_bytes: Option<u64>,
    /// Of that, how much comes with each job.
    pub bytes_per_job: Option<f64>,
    /// What keeps it alive, step by step, where snapshots were taken.
    pub retaining_path: Option<Vec<String>>,
    /// Time of the first pass that saw it.
    pub first_seen: u64,
    /// Time of the last pass that saw it.
    pub last_seen: u64,
    /// The reason of the rule that accepts it; none where the baseline does, or nothing.
    pub ignored_because: Option<String>,
}

/// What jobs make of a library and never close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its class.
    pub class: String,
    /// The line of the application that makes it.
    pub site: Place,
    /// How many are there.
    pub count: u64,
}

/// A leak that the authors of the package have mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// The first version without it.
    pub fixed_in: String,
    /// Issue or line of the changelog.
    pub evidence: &'static str,
}

/// Counts of jobs by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeCounts {
    /// Ended well.
    pub completed: u64,
    /// Threw or rejected.
    pub failed: u64,
    /// Were given up on.
    pub timed_out: u64,
}

/// A place with how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteCount {
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// Survivors whose place was sampled there.
    pub count: u64,
}

/// What carries listeners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Its class.
    pub class: Option<String>,
    /// The event listened for.
    pub event: Option<String>,
    /// Who constructed it, as `owner`; known in a check alone, and no part of the JSON: it decides what comes with what.
    #[serde(skip)]
    pub made_by: Option<String>,
    /// How many of them.
    pub owners: u64,
    /// Most listeners of the event on one of them now.
    pub listeners_now: u64,
}

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceRow {
    /// Windows looked at.
    pub windows: u64,
    /// Leftovers counted.
    pub survivors: u64,
    /// Lower bound of the growth per job.
    pub per_job_low: f64,
    /// Upper bound of the growth per job.
    pub per_job_high: f64,
    /// Major collections that leftovers are known to have lived through.
    pub collections: u64,
    /// Share of the first leftovers that is still alive, 0..=1.
    pub cohort_alive: f64,
}

/// Something retained that is no leak, or not one yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// The id that it has, or would have, as a leak.
    pub fingerprint: String,
    /// Kind of resource.
    pub kind: &'static str,
    /// What it is, in words.
    pub description: String,
    /// Name of the job that created it.
    pub job: String,
    /// How many there are.
    pub count: u64,
    /// Why it is no leak.
    pub reason: &'static str,
    /// It may still turn out to be one.
    pub undecided: bool,
    /// Where it is created; none when unknown.
    pub site: Option<Place>,
}

/// A former leak that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Returned {
    /// The finding that is withdrawn.
    pub fingerprint: String,
    /// Kind of resource.
    pub kind: &'static str,
    /// What it is, in words.
    pub description: String,
    /// Name of the job that created it.
    pub job: String,
    /// Most there ever were.
    pub peak: u64,
    /// How many there are now.
    pub now: u64,
    /// Where it is created; none when unknown.
    pub site: Option<Place>,
}

/// A job open for long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenJobRow {
    /// Its name.
    pub job: String,
    /// The id that the host gave it.
    pub job_id: Option<String>,
    /// The thread it runs in.
    pub thread: u32,
    /// How long it has been open.
    pub open_for_ms: u64,
    /// It will not end.
    pub stuck: bool,
    /// Where it last created something.
    pub last_site: Option<Place>,
    /// What it holds.
    pub holds: Vec<Held>,
}

/// Something an open job holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Kind of resource.
    pub kind: &'static str,
    /// What it is, in words.
    pub description: String,
    /// How many.
    pub count: u64,
}

/// Jobs of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRow {
    /// The name.
    pub name: String,
    /// Ended well.
    pub completed: u64,
    /// Threw or rejected.
    pub failed: u64,
    /// Were given up on.
    pub timed_out: u64,
    /// Are open now.
    pub open: u64,
}

/// Memory and where it is heading.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
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
    /// Seconds until the limit at the present growth; none when it does not grow for sure.
    pub seconds_to_limit: Option<f64>,
    /// Growth.
    pub slopes: MemorySlopes,
}

/// Growth of memory figures; none with too few samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemorySlopes {
    /// Bytes per finished job.
    pub heap_used_bytes_per_job: Option<f64>,
    /// Bytes per finished job.
    pub after_gc_bytes_per_job: Option<f64>,
    /// Bytes per finished job.
    pub external_bytes_per_job: Option<f64>,
    /// Bytes per finished job.
    pub array_buffers_bytes_per_job: Option<f64>,
    /// Bytes per finished job.
    pub rss_bytes_per_job: Option<f64>,
    /// Bytes per minute.
    pub rss_bytes_per_min: Option<f64>,
}

/// Whether a check needs more jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextStep {
    /// `more` or `enough`.
    pub action: &'static str,
    /// Why.
    pub reason: &'static str,
}
