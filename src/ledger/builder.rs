//! Batches for tests, in the words of the tests.

use super::batch::{
    FLAG_LATE, FLAG_TARGET, FLAG_WEAK, HEADER_WORDS, OUTCOME_FAILED, OUTCOME_TIMED_OUT, ResourceKind,
    SURVIVOR_WORDS, TAG_ID, TAG_JOBS, TAG_KEY, TAG_OPEN, VERSION,
};
use super::{Ledger, RunSettings, Terms};
use crate::verdict::Mode;

/// One pass of one thread under construction. Words are doubles already: that is what goes over the wire.
#[derive(Debug, Clone)]
pub struct PassBuilder {
    header: [f64; HEADER_WORDS],
    records: Vec<Vec<f64>>,
}

/// Something left behind, in a test.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    origin: u32,
    order: u32,
    born_at: u32,
    site: u32,
    flags: u8,
}

/// Left by the job with this number, which is also its end order.
pub fn by_job(job: u32) -> Left {
    Left { origin: job, order: job, born_at: 0, site: 0, flags: 0 }
}

impl Left {
    pub fn failed(self) -> Self {
        Self { flags: self.flags | OUTCOME_FAILED, ..self }
    }

    pub fn timed_out(self) -> Self {
        Self { flags: self.flags | OUTCOME_TIMED_OUT, ..self }
    }

    pub fn weak(self) -> Self {
        Self { flags: self.flags | FLAG_WEAK, ..self }
    }

    /// A listener on an `EventTarget`.
    pub fn on_target(self) -> Self {
        Self { flags: self.flags | FLAG_TARGET, ..self }
    }

    /// Created by a job that was over, when the order counter stood at `born_at`.
    pub fn late_at(self, born_at: u32) -> Self {
        Self { flags: self.flags | FLAG_LATE, born_at, ..self }
    }

    pub fn at(self, site: u32) -> Self {
        Self { site, ..self }
    }
}

/// A pass after `finished` jobs of all names; survivors up to `cut = finished` have lived through collections.
pub fn pass(run: u32, thread: u32, number: u32, finished: u32) -> PassBuilder {
    let at_ms = f64::from(number) * 1_000.0;
    let finished = f64::from(finished);
    let (run, thread, number) = (f64::from(run), f64::from(thread), f64::from(number));
    let header = [f64::from(VERSION), run, thread, number, 1.0, finished, finished, at_ms, finished];
    PassBuilder { header, records: Vec::new() }
}

impl PassBuilder {
    pub fn major_cut(mut self, order: u32) -> Self {
        self.header[6] = f64::from(order);
        self
    }

    pub fn jobs(self, name: u32, completed: u32) -> Self {
        self.all_jobs(name, [completed, 0, 0, 0, 5, 9])
    }

    /// Completed, failed, timed out, open, mean and longest duration.
    pub fn all_jobs(mut self, name: u32, counts: [u32; 6]) -> Self {
        let mut record = vec![1.0, f64::from(name)];
        debug_assert_eq!(TAG_JOBS, 1);
        record.extend(counts.map(f64::from));
        record.extend_from_within(2..5);
        self.records.push(record);
        self
    }

    pub fn left(mut self, name: u32, kind: ResourceKind, shape: u32, left: &[Left]) -> Self {
        debug_assert_eq!(TAG_KEY, 2);
        let count = f64::from(u32::try_from(left.len()).unwrap());
        let (name, kind, shape) = (f64::from(name), f64::from(kind.wire()), f64::from(shape));
        let mut record = vec![2.0, name, kind, shape, 1.0, count, 0.0, count];
        for one in left {
            record.extend([
                f64::from(one.origin),
                f64::from(one.order),
                f64::from(one.born_at),
                f64::from(one.site),
                f64::from(one.flags),
            ]);
        }
        self.records.push(record);
        self
    }

    pub fn open(mut self, name: u32, job: u32, open_for_ms: u32, held: &[(ResourceKind, u32, u32)]) -> Self {
        debug_assert_eq!(TAG_OPEN, 3);
        let count = f64::from(u32::try_from(held.len()).unwrap());
        let mut record = vec![3.0, f64::from(name), f64::from(job), f64::from(open_for_ms), 0.0, count];
        for (kind, shape, count) in held {
            record.extend([f64::from(kind.wire()), f64::from(*shape), f64::from(*count)]);
        }
        self.records.push(record);
        self
    }

    /// Jobs of the last record that ended within their grace period, completed.
    pub fn just_completed(mut self, jobs: u32) -> Self {
        if let Some(record) = self.records.last_mut() {
            record[8] += f64::from(jobs);
        }
        self
    }

    /// The host's own id of an open job.
    pub fn id(mut self, name: u32, job: u32, id: &str) -> Self {
        debug_assert_eq!(TAG_ID, 4);
        let units: Vec<f64> = id.encode_utf16().map(f64::from).collect();
        let count = f64::from(u32::try_from(units.len()).unwrap());
        self.records.push([&[4.0, f64::from(name), f64::from(job), count], &units[..]].concat());
        self
    }

    /// The whole pass in one batch.
    pub fn words(&self) -> Vec<f64> {
        [self.header.to_vec(), self.records.concat()].concat()
    }

    /// One batch for each record, survivors split one by one; the last batch completes the pass.
    pub fn slices(&self) -> Vec<Vec<f64>> {
        let mut bodies: Vec<Vec<f64>> = Vec::new();
        for record in &self.records {
            let is_key = record[0] == 2.0;
            if !is_key || record.len() == 8 {
                bodies.push(record.clone());
                continue;
            }
            for (index, survivor) in record[8..].chunks(SURVIVOR_WORDS).enumerate() {
                // Owners add up over slices, so only the first one carries them.
                let owners = if index == 0 { record[4] } else { 0.0 };
                let head = [record[0], record[1], record[2], record[3], owners, record[5], record[6], 1.0];
                bodies.push([&head[..], survivor].concat());
            }
        }
        bodies.push(Vec::new());
        let last = bodies.len() - 1;
        let slice = |(index, body): (usize, Vec<f64>)| {
            let mut header = self.header;
            header[4] = if index == last { 1.0 } else { 0.0 };
            [header.to_vec(), body].concat()
        };
        bodies.into_iter().enumerate().map(slice).collect()
    }
}

/// Settings with default bounds.
pub fn settings(mode: Mode) -> RunSettings {
    RunSettings { mode, max_keys: 16_384, grace_ms: 100.0 }
}

/// Terms with default bounds.
pub fn terms(mode: Mode) -> Terms {
    Terms { settings: settings(mode), name: "worker-1".to_owned(), started_at_ms: 0.0 }
}

/// A ledger with one open run in it, of thread 0.
pub fn ledger(mode: Mode) -> (Ledger, u32) {
    let ledger = Ledger::default();
    let (run, _) = ledger.join(0, terms(mode), true);
    (ledger, run)
}

/// A ledger with one open run in it, of threads 0 to `count` - 1.
pub fn threads(count: u32) -> (Ledger, u32) {
    let (ledger, run) = ledger(Mode::Production);
    for thread in 1..count {
        ledger.join(thread, terms(Mode::Production), true);
    }
    (ledger, run)
}
