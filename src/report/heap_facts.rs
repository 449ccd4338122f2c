//! What a check hands in about the heap: where memory comes from, which snapshots were taken, and what grew between them.

use serde::Deserialize;

use crate::verdict::suspicion::{Allocation, Reading, STRETCHES};

/// How far the question is whether the heap grows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeapFacts {
    /// Name of the job.
    pub job: String,
    /// Each reading of where memory comes from.
    pub readings: Vec<ReadingFacts>,
    /// Jobs finished at each snapshot.
    pub snapshots: Vec<u64>,
    /// Why no snapshot can be taken.
    pub out_of_reach: Option<String>,
    /// Where things pile up, as [`super::heap_growth`] tells it.
    pub keepers: Vec<KeeperFacts>,
    /// Objects that become larger, in the same way.
    pub objects: Vec<KeeperFacts>,
    /// Classes of which there are more and more.
    pub classes: Vec<ClassFacts>,
}

/// Live memory after some jobs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadingFacts {
    /// Jobs finished.
    pub jobs: u64,
    /// By function.
    pub allocations: Vec<AllocationFacts>,
}

/// Live memory that one function allocated, see [`Allocation`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllocationFacts {
    site: u32,
    counts: [u32; STRETCHES],
    storage_bytes: f64,
}

/// A class of which there are more and more.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ClassFacts {
    /// Its name.
    pub name: String,
}

/// Something that grows, or may.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeeperFacts {
    /// `grows` or `undecided`.
    pub status: String,
    /// `sure` where the snapshots lie on a straight line.
    pub certainty: Option<String>,
    /// How many more for each job; of an object that becomes larger, how many bytes.
    pub per_job: f64,
    /// Lower bound.
    pub per_job_low: f64,
    /// Upper bound.
    pub per_job_high: f64,
    /// What is counted.
    pub of: ThingFacts,
    /// Whether entries are counted, or what hangs on one or a few.
    pub counts_entries: bool,
    /// Whether they are in several objects that are held alike.
    pub scattered: bool,
    /// How many there were in each snapshot.
    pub counts: Vec<u64>,
    /// Bytes of all entries and what hangs on them; of an object its size in each snapshot.
    pub bytes: Bytes,
    /// Bytes for each job.
    pub bytes_per_job: f64,
    /// What hangs there, most bytes first.
    pub parts: Vec<PartFacts>,
    /// The path to one of the entries, from below the root on.
    pub path: Vec<StepFacts>,
    /// The same in words, without what only says how V8 stores things.
    pub words: Vec<String>,
    /// From this step on the path is suspect.
    pub suspect_from: usize,
    /// Where the entries are made, as the id of a call site; 0: not known.
    pub site: u32,
    /// What it is where it is Node's, and the program put it there.
    pub state: Option<StateFacts>,
}

/// Something that Node keeps for the program until it is told not to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StateFacts {
    /// One entry.
    pub thing: String,
    /// The call that takes it away.
    pub fix: String,
    /// Whether the program's own variable belongs to the description.
    pub is_named: bool,
}

/// Of a keeper one figure, of an object one for each snapshot.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// Now.
    Now(u64),
    /// In each snapshot.
    Each(Vec<u64>),
}

/// An object by its class, a function by its name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThingFacts {
    /// Its class or name.
    pub name: String,
    /// V8's type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The objects of one class among what a keeper holds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartFacts {
    /// Its class or name.
    pub name: String,
    /// V8's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes now.
    pub bytes: u64,
}

/// One step of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepFacts {
    /// V8's type of the edge.
    pub edge: String,
    /// A variable or property; nothing where it is a position.
    pub edge_name: Option<String>,
    /// The class of what it leads to; of a function, its name.
    pub to: String,
    /// V8's type of what it leads to.
    pub to_type: String,
    /// Where a function stands.
    pub place: Option<StepPlace>,
    /// Where the constructor of an object stands.
    pub class_place: Option<StepPlace>,
}

/// A place in a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepPlace {
    /// Its file.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: u32,
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Now(0)
    }
}

impl Bytes {
    /// Bytes now.
    #[must_use]
    pub fn now(&self) -> u64 {
        match self {
            Self::Now(bytes) => *bytes,
            Self::Each(bytes) => bytes.last().copied().unwrap_or(0),
        }
    }
}

impl Bytes {
    /// Bytes in each snapshot.
    #[must_use]
    pub fn each(&self) -> &[u64] {
        match self {
            Self::Now(bytes) => std::slice::from_ref(bytes),
            Self::Each(bytes) => bytes,
        }
    }
}

impl HeapFacts {
    /// What the verdict is asked about.
    #[must_use]
    pub fn readings(&self) -> Vec<Reading> {
        let allocation = |facts: &AllocationFacts| {
            (facts.site, Allocation { counts: facts.counts, storage_bytes: facts.storage_bytes })
        };
        let reading = |facts: &ReadingFacts| Reading {
            allocations: facts.allocations.iter().map(allocation).collect(),
        };
        self.readings.iter().map(reading).collect()
    }
}
