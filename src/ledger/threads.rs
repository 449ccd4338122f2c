//! What threads tell about themselves, and the sum of it for the process.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::run::Retired;

/// What one thread tells about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadFacts {
    /// Jobs finished, all names.
    pub jobs: u64,
    /// CPU time holdover used, in microseconds.
    pub cpu_us: u64,
    /// JavaScript heap in use.
    pub heap_used_bytes: u64,
    /// The most that this thread's heap may take.
    pub heap_limit_bytes: u64,
    /// Heap in use right after the last major collection; none before one.
    pub after_gc_bytes: Option<u64>,
    /// Memory outside the heap that JavaScript objects own.
    pub external_bytes: u64,
    /// Of that, array buffers.
    pub array_buffers_bytes: u64,
    /// What was not recorded, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Its level is off: nothing has been looked at since.
    pub paused: bool,
    /// Sentences for the reader.
    pub notes: Vec<String>,
}

/// One thread in the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadRow {
    /// Its id, 0 for the main thread.
    pub thread: u32,
    /// Jobs finished, all names.
    pub jobs_finished: u64,
    /// JavaScript heap in use.
    pub heap_used_bytes: u64,
    /// The most that this thread's heap may take.
    pub heap_limit_bytes: u64,
    /// CPU time holdover used, in milliseconds.
    pub own_cpu_ms: u64,
}

/// All threads together. Heaps are a thread's own, so they add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessFacts {
    /// Jobs finished, all names, ended threads included.
    pub jobs: u64,
    /// CPU time holdover used, in microseconds, ended threads included.
    pub cpu_us: u64,
    /// JavaScript heaps in use.
    pub heap_used_bytes: u64,
    /// The same right after the last major collection; none while a thread has had none.
    pub after_gc_bytes: Option<u64>,
    /// Memory outside the heaps that JavaScript objects own.
    pub external_bytes: u64,
    /// Of that, array buffers.
    pub array_buffers_bytes: u64,
    /// What was not recorded, by reason, ended threads included.
    pub dropped: BTreeMap<String, u64>,
    /// The level of one of them is off.
    pub paused: bool,
    /// Sentences for the reader, each once.
    pub notes: BTreeSet<String>,
    /// The threads that take part, by id.
    pub threads: Vec<ThreadRow>,
}

const US_PER_MS: u64 = 1_000;

impl ProcessFacts {
    /// Sums up; a thread that has told nothing yet is a row of zeros.
    pub(super) fn sum<'a>(
        retired: &Retired,
        members: impl Iterator<Item = (u32, Option<&'a ThreadFacts>)>,
    ) -> Self {
        let mut sum = Self {
            jobs: retired.finished_all,
            cpu_us: retired.cpu_us,
            dropped: retired.dropped.clone(),
            after_gc_bytes: Some(0),
            ..Self::default()
        };
        for (thread, facts) in members {
            match facts {
                Some(facts) => sum.add(thread, facts),
                None => sum.threads.push(ThreadRow { thread, ..ThreadRow::default() }),
            }
        }
        sum
    }

    fn add(&mut self, thread: u32, facts: &ThreadFacts) {
        self.jobs = self.jobs.saturating_add(facts.jobs);
        self.cpu_us = self.cpu_us.saturating_add(facts.cpu_us);
        self.heap_used_bytes = self.heap_used_bytes.saturating_add(facts.heap_used_bytes);
        self.external_bytes = self.external_bytes.saturating_add(facts.external_bytes);
        self.array_buffers_bytes = self.array_buffers_bytes.saturating_add(facts.array_buffers_bytes);
        self.after_gc_bytes =
            self.after_gc_bytes.zip(facts.after_gc_bytes).map(|(sum, bytes)| sum.saturating_add(bytes));
        for (reason, count) in &facts.dropped {
            let total = self.dropped.entry(reason.clone()).or_default();
            *total = total.saturating_add(*count);
        }
        self.paused |= facts.paused;
        self.notes.extend(facts.notes.iter().cloned());
        self.threads.push(ThreadRow {
            thread,
            jobs_finished: facts.jobs,
            heap_used_bytes: facts.heap_used_bytes,
            heap_limit_bytes: facts.heap_limit_bytes,
            own_cpu_ms: facts.cpu_us / US_PER_MS,
        });
    }
}

/// What has been printed so far, in the printer's own words, for the next one to go on from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printed(String);

/// Longest such text.
const MAX_PRINTED_BYTES: usize = 262_144;

impl Printed {
    /// The text; empty when nothing was printed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Replaces the text. One that is too long is not kept: the next printer then prints again what is known.
    pub fn replace(&mut self, text: &str) {
        self.0 = if text.len() > MAX_PRINTED_BYTES { String::new() } else { text.to_owned() };
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(jobs: u64, after_gc_bytes: Option<u64>) -> ThreadFacts {
        ThreadFacts {
            jobs,
            cpu_us: 2_500,
            heap_used_bytes: 100,
            heap_limit_bytes: 1_000,
            after_gc_bytes,
            external_bytes: 10,
            array_buffers_bytes: 1,
            dropped: BTreeMap::from([("owners".to_owned(), 2)]),
            paused: false,
            notes: vec!["timers are recorded one by one".to_owned()],
        }
    }

    #[test]
    fn heaps_costs_and_jobs_of_threads_add_up_and_equal_notes_are_one() {
        let (one, two) = (facts(5, Some(70)), facts(7, Some(80)));
        let retired = Retired { finished_all: 100, cpu_us: 500, ..Retired::default() };
        let sum = ProcessFacts::sum(&retired, [(0, Some(&one)), (3, Some(&two))].into_iter());
        assert_eq!((sum.jobs, sum.cpu_us, sum.heap_used_bytes, sum.external_bytes), (112, 5_500, 200, 20));
        assert_eq!((sum.after_gc_bytes, sum.dropped["owners"], sum.notes.len()), (Some(150), 4, 1));
        let row = ThreadRow {
            thread: 3,
            jobs_finished: 7,
            heap_used_bytes: 100,
            heap_limit_bytes: 1_000,
            own_cpu_ms: 2,
        };
        assert_eq!(sum.threads[1], row);
    }

    #[test]
    fn heap_after_a_collection_is_unknown_while_one_thread_has_had_none() {
        let (one, two) = (facts(5, Some(70)), facts(7, None));
        let sum = ProcessFacts::sum(&Retired::default(), [(0, Some(&one)), (3, Some(&two))].into_iter());
        assert_eq!(sum.after_gc_bytes, None);
    }

    #[test]
    fn thread_that_has_told_nothing_yet_is_a_row_of_zeros() {
        let sum = ProcessFacts::sum(&Retired::default(), [(4, None)].into_iter());
        assert_eq!(sum.threads, [ThreadRow { thread: 4, ..ThreadRow::default() }]);
    }

    #[test]
    fn what_was_printed_is_bounded() {
        let mut printed = Printed::default();
        printed.replace("{}");
        assert_eq!(printed.text(), "{}");
        printed.replace(&"x".repeat(MAX_PRINTED_BYTES + 1));
        assert_eq!((printed.text(), printed.bytes()), ("", 0));
    }
}
