//! One thread's book: a fold over its own passes, in order.
//!
//! A pass is gathered slice by slice and changes nothing until its last slice is in. A slice of a pass that is
//! completed or was overtaken is ignored, so sending twice is harmless.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::batch::{Batch, Header, IdRecord, JobCounts, KeyRecord, OpenRecord, Record, ResourceKind};
use super::history::Look;
use super::intern::{BETWEEN_JOBS_ID, OTHER_ID};
use super::key::{Carriers, Key, KeyState, Pass, Settings};
use super::summary::Tally;
use super::texts::SiteTrust;
use crate::verdict::Mode;

/// Settings of the run and what the process knows about sites.
pub struct Context<'a> {
    /// How the run judges.
    pub settings: Settings,
    /// Keys kept per thread; more are folded into one per kind.
    pub max_keys: usize,
    /// How far a site vouches for what was created there.
    pub trust: &'a dyn Fn(u32) -> SiteTrust,
}

/// A job that has been open for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenJob {
    /// Its name.
    pub name: u32,
    /// Its id.
    pub job_id: u64,
    /// The id that the host gave it.
    pub host_id: Option<String>,
    /// How long it has been open, in milliseconds.
    pub open_for_ms: u64,
    /// Last site it created something at, 0 when unknown.
    pub last_site: u32,
    /// What it holds: kind, shape, count.
    pub held: Vec<(ResourceKind, u32, u64)>,
}

/// Open jobs kept per thread.
pub const MAX_OPEN_JOBS: usize = 256;
/// Things kept per open job.
pub const MAX_HELD: usize = 64;
/// Characters kept of the id that the host gave an open job.
const MAX_ID_CHARS: usize = 128;
/// Job names kept per thread: more than the table of names gives out.
const MAX_JOB_NAMES: usize = 1_024;
/// Folded keys told apart when counting them.
const MAX_FOLDED: usize = 65_536;
/// A site with a smaller share of a key's sampled survivors does not speak for the key.
const DOMINANT_DIVISOR: u64 = 10;

/// Everything one thread has reported in one run.
#[derive(Debug, Default)]
pub struct Book {
    /// Number of the last completed pass, 0 before the first.
    pass: u64,
    finished_all: u64,
    jobs: BTreeMap<u32, JobCounts>,
    open: Vec<OpenJob>,
    keys: HashMap<Key, KeyState>,
    folded: u64,
    pending: Option<Pending>,
    /// Sites read so far; bounded by the table of sites.
    trust: HashMap<u32, SiteTrust>,
}

/// A pass that is not complete yet.
#[derive(Debug)]
struct Pending {
    pass: u64,
    jobs: BTreeMap<u32, JobCounts>,
    open: Vec<OpenJob>,
    keys: HashMap<Key, PendingKey>,
    /// Keys in `keys` that the book does not have yet.
    new_keys: usize,
    folded: HashSet<Key>,
}

/// Survivors of one key so far.
#[derive(Debug, Default)]
struct PendingKey {
    carriers: Carriers,
    tally: Tally,
}

impl Book {
    /// Folds one batch of this thread.
    pub fn fold(&mut self, batch: &Batch<'_>, context: &Context<'_>) {
        let header = &batch.header;
        if header.pass <= self.pass || self.pending.as_ref().is_some_and(|pending| header.pass < pending.pass)
        {
            return;
        }
        let mut pending = match self.pending.take() {
            Some(pending) if pending.pass == header.pass => pending,
            _ => Pending::new(header.pass),
        };
        for record in batch.records() {
            match record {
                Record::Jobs(name, counts) => pending.add_jobs(name, &counts),
                Record::Key(record) => {
                    pending.add_survivors(&record, header.major_cut, &self.keys, context.max_keys);
                }
                Record::Open(record) => pending.add_open(&record),
                Record::Id(record) => pending.add_id(&record),
            }
        }
        if header.last {
            self.complete(pending, header, context);
        } else {
            self.pending = Some(pending);
        }
    }

    /// Finished and open jobs by name.
    #[must_use]
    pub const fn jobs(&self) -> &BTreeMap<u32, JobCounts> {
        &self.jobs
    }

    /// Finished jobs of all names.
    #[must_use]
    pub const fn finished_all(&self) -> u64 {
        self.finished_all
    }

    /// Finished jobs that count for leftovers of `name`.
    #[must_use]
    pub fn finished(&self, name: u32) -> u64 {
        finished_of(name, &self.jobs, self.finished_all)
    }

    /// Jobs open for long.
    #[must_use]
    pub fn open_jobs(&self) -> &[OpenJob] {
        &self.open
    }

    /// All keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = (&Key, &KeyState)> {
        self.keys.iter()
    }

    /// Keys that found no room at the last pass.
    #[must_use]
    pub const fn folded_keys(&self) -> u64 {
        self.folded
    }

    /// Estimate of the bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        /// What a hash map keeps per entry beside key and value, at its usual load.
        const MAP_OVERHEAD_BYTES: usize = 8;
        let row = size_of::<(Key, KeyState)>() + MAP_OVERHEAD_BYTES;
        let keys: usize = self.keys.values().map(|state| row + state.heap_bytes()).sum();
        let jobs = self.jobs.len() * size_of::<(u32, JobCounts)>() * 2;
        let trust = self.trust.len() * (size_of::<(u32, SiteTrust)>() + MAP_OVERHEAD_BYTES);
        let open: usize =
            self.open.iter().map(|job| size_of::<OpenJob>() + job.held.len() * 16 + id_bytes(job)).sum();
        size_of::<Self>() + keys + jobs + trust + open + self.pending.as_ref().map_or(0, Pending::bytes)
    }

    /// Turns a completed pass into the book's present.
    fn complete(&mut self, pending: Pending, header: &Header, context: &Context<'_>) {
        let is_first = self.pass == 0;
        let before = std::mem::take(&mut self.jobs);
        let before_all = self.finished_all;
        self.pass = header.pass;
        self.finished_all = header.finished_all;
        self.jobs = before.clone();
        self.jobs.extend(pending.jobs);
        self.open = pending.open;
        self.folded = pending.folded.len() as u64;
        let mut passes = pending.keys;
        for key in passes.keys() {
            self.keys.entry(*key).or_insert_with(|| {
                let finished = finished_of(key.name, &before, before_all);
                let look = Look { finished, finished_all: before_all, live: 0 };
                KeyState::new(header.now_ms, (!is_first).then_some(look))
            });
        }
        let mut keys = std::mem::take(&mut self.keys);
        keys.retain(|key, state| {
            let pass = self.boil_down(*key, passes.remove(key), context);
            let look = Look { finished: self.finished(key.name), finished_all: self.finished_all, live: 0 };
            state.take(*key, pass, look, header, context.settings);
            !state.is_done()
        });
        self.keys = keys;
    }

    /// What the pass says about one key; a key without survivors says nothing is left.
    fn boil_down(&mut self, key: Key, pending: Option<PendingKey>, context: &Context<'_>) -> Pass {
        let Some(PendingKey { carriers, mut tally }) = pending else { return Pass::default() };
        let sites = tally.sites();
        let trusts: Vec<SiteTrust> = dominant(&sites).map(|site| self.trust_of(site, context)).collect();
        // What Node's own code (or nobody knows who) puts on an EventTarget may be taken back by finalization alone:
        // fetch() with a shared signal does so.
        let is_doubtful = tally.has_target && !trusts.contains(&SiteTrust::User);
        let all_wait =
            context.settings.mode == Mode::Production && key.kind == ResourceKind::Listener && is_doubtful;
        Pass {
            summary: tally.summary(all_wait),
            place_known: trusts.iter().any(|trust| *trust != SiteTrust::Unknown),
            sites,
            carriers,
        }
    }

    fn trust_of(&mut self, site: u32, context: &Context<'_>) -> SiteTrust {
        *self.trust.entry(site).or_insert_with(|| (context.trust)(site))
    }
}

impl Pending {
    fn new(pass: u64) -> Self {
        Self {
            pass,
            jobs: BTreeMap::new(),
            open: Vec::new(),
            keys: HashMap::new(),
            new_keys: 0,
            folded: HashSet::new(),
        }
    }

    /// Several records of one name add up: names folded into `(other)` come one by one.
    fn add_jobs(&mut self, name: u32, counts: &JobCounts) {
        let is_full = self.jobs.len() >= MAX_JOB_NAMES && !self.jobs.contains_key(&name);
        let total = self.jobs.entry(if is_full { OTHER_ID } else { name }).or_default();
        *total = add_counts(total, counts);
    }

    fn add_survivors(
        &mut self,
        record: &KeyRecord<'_>,
        major_cut: u64,
        known: &HashMap<Key, KeyState>,
        max_keys: usize,
    ) {
        let wanted = Key { name: record.name, kind: record.kind, shape: record.shape };
        let key = self.admit(wanted, known, max_keys);
        let pending = self.keys.entry(key).or_default();
        pending.carriers.merge(Carriers {
            owners: record.owners,
            holders: record.holders,
            held_ms: record.held_ms,
        });
        let cohort_boundary = known.get(&key).map_or(0, KeyState::cohort_boundary);
        for survivor in record.survivors() {
            pending.tally.add(&survivor, major_cut, cohort_boundary);
        }
        pending.tally.end_slice();
    }

    /// The key itself where there is room for it, else the one that takes all others of its kind.
    fn admit(&mut self, key: Key, known: &HashMap<Key, KeyState>, max_keys: usize) -> Key {
        if known.contains_key(&key) || self.keys.contains_key(&key) || key == Key::other(key.kind) {
            return key;
        }
        if known.len() + self.new_keys < max_keys {
            self.new_keys += 1;
            return key;
        }
        if self.folded.len() < MAX_FOLDED {
            self.folded.insert(key);
        }
        Key::other(key.kind)
    }

    fn add_open(&mut self, record: &OpenRecord<'_>) {
        if self.open.len() < MAX_OPEN_JOBS {
            self.open.push(OpenJob {
                name: record.name,
                job_id: record.job_id,
                host_id: None,
                open_for_ms: record.open_for_ms,
                last_site: record.last_site,
                held: record.held().take(MAX_HELD).collect(),
            });
        }
    }

    fn add_id(&mut self, record: &IdRecord<'_>) {
        let open = self.open.iter_mut().rev().find(|job| job.job_id == record.job_id);
        if let Some(open) = open {
            open.host_id = Some(record.text().chars().take(MAX_ID_CHARS).collect());
        }
    }

    fn bytes(&self) -> usize {
        let tallies: usize = self.keys.values().map(|key| key.tally.heap_bytes()).sum();
        tallies + self.keys.len() * size_of::<(Key, PendingKey)>() + self.folded.len() * size_of::<Key>()
    }
}

fn id_bytes(job: &OpenJob) -> usize {
    job.host_id.as_ref().map_or(0, String::capacity)
}

/// Sum of two counts of finished jobs; the mean is weighted by them.
#[must_use]
pub fn add_counts(a: &JobCounts, b: &JobCounts) -> JobCounts {
    let weigh = |counts: &JobCounts| u128::from(counts.mean_ms) * u128::from(counts.finished());
    let finished = a.finished().saturating_add(b.finished());
    let mean_ms = (weigh(a) + weigh(b)).checked_div(u128::from(finished)).unwrap_or(0);
    JobCounts {
        completed: a.completed.saturating_add(b.completed),
        failed: a.failed.saturating_add(b.failed),
        timed_out: a.timed_out.saturating_add(b.timed_out),
        open: a.open.saturating_add(b.open),
        mean_ms: u64::try_from(mean_ms).unwrap_or(u64::MAX),
        max_ms: a.max_ms.max(b.max_ms),
        now: std::array::from_fn(|outcome| a.now[outcome].saturating_add(b.now[outcome])),
    }
}

/// What is created outside any job, or by names thrown together, is measured against jobs of all names.
fn finished_of(name: u32, jobs: &BTreeMap<u32, JobCounts>, finished_all: u64) -> u64 {
    match name {
        BETWEEN_JOBS_ID | OTHER_ID => finished_all,
        _ => jobs.get(&name).map_or(0, JobCounts::finished),
    }
}

/// The sites that speak for a key.
fn dominant(sites: &[(u32, u64)]) -> impl Iterator<Item = u32> {
    let sampled: u64 = sites.iter().map(|(_, count)| count).sum();
    sites.iter().filter(move |(_, count)| count * DOMINANT_DIVISOR >= sampled).map(|(site, _)| *site)
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
