//! One run: the threads that take part, a book for each, and what ended threads leave behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::batch::JobCounts;
use super::book::{Book, add_counts};
use super::tally::Tally;
use super::threads::{Printed, ProcessFacts, ThreadFacts};
use crate::verdict::Mode;

/// Settings of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunSettings {
    /// How it gathers evidence.
    pub mode: Mode,
    /// Keys kept per thread.
    pub max_keys: usize,
    /// Time after a job's end before its leftovers are judged, in milliseconds.
    pub grace_ms: f64,
}

/// What holds for all threads of a run, because the first one said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// How it judges.
    pub settings: RunSettings,
    /// Name of the worker in reports.
    pub name: String,
    /// When the first thread joined, in milliseconds.
    pub started_at_ms: f64,
}

/// What is left of threads that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// Jobs by name.
    pub jobs: BTreeMap<u32, JobCounts>,
    /// Jobs of all names.
    pub finished_all: u64,
    /// Of those, the ones whose leftovers were looked at after their grace period.
    pub looked_at: u64,
    /// CPU time holdover used in them, in microseconds.
    pub cpu_us: u64,
    /// What was not recorded in them, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// A thread that takes part.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub book: Arc<Mutex<Book>>,
    /// Whether it would print for all.
    pub prints: bool,
    /// What it last told about itself.
    pub facts: Option<ThreadFacts>,
}

/// One run. Its lock comes before the locks of its books, see [`super::Ledger`].
#[derive(Debug)]
pub(super) struct Run {
    pub terms: Terms,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub members: BTreeMap<u32, Member>,
    pub retired: Retired,
    pub printed: Printed,
}

impl Run {
    pub fn new(terms: Terms) -> Self {
        Self { terms, state: Mutex::default() }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// A thread takes part from now on; one that already did starts afresh.
    pub fn add(&self, thread: u32, prints: bool) {
        self.lock().members.insert(thread, Member { prints, ..Member::default() });
    }

    /// The book of a thread that takes part.
    pub fn book(&self, thread: u32) -> Option<Arc<Mutex<Book>>> {
        self.lock().members.get(&thread).map(|member| Arc::clone(&member.book))
    }

    /// A thread takes part no more; says whether it was the last one.
    pub fn remove(&self, thread: u32, tallies: &[Tally]) -> bool {
        let mut state = self.lock();
        if let Some(member) = state.members.remove(&thread) {
            state.retired.add(&member, tallies);
        }
        state.members.is_empty()
    }
}

impl State {
    /// The one thread that prints: of those that would, the main thread, else the oldest.
    pub fn printer(&self) -> Option<u32> {
        self.members.iter().find(|(_, member)| member.prints).map(|(thread, _)| *thread)
    }

    /// What all threads have told about themselves, summed up.
    pub fn process_facts(&self) -> ProcessFacts {
        let members = self.members.iter();
        ProcessFacts::sum(&self.retired, members.map(|(thread, member)| (*thread, member.facts.as_ref())))
    }

    /// Estimate of the bytes held.
    pub fn bytes(&self) -> usize {
        /// What a thread tells about itself: some notes and counters.
        const FACTS_BYTES: usize = 512;
        let members: usize = self.members.values().map(|it| FACTS_BYTES + it.book.lock().bytes()).sum();
        members + self.retired.jobs.len() * size_of::<(u32, JobCounts)>() + self.printed.bytes()
    }
}

impl Retired {
    /// What the thread held died with it; the jobs that it finished still count, also those since its last pass.
    fn add(&mut self, member: &Member, tallies: &[Tally]) {
        let book = member.book.lock();
        let mut jobs: BTreeMap<u32, JobCounts> =
            book.jobs().iter().map(|(name, counts)| (*name, counts.as_of_now())).collect();
        for tally in tallies {
            jobs.entry(tally.name).or_default().overtake(tally);
        }
        for (name, counts) in jobs {
            let total = self.jobs.entry(name).or_default();
            *total = add_counts(total, &counts);
            self.finished_all = self.finished_all.saturating_add(counts.finished());
        }
        self.looked_at = self.looked_at.saturating_add(book.finished_all());
        let Some(facts) = &member.facts else { return };
        self.cpu_us = self.cpu_us.saturating_add(facts.cpu_us);
        for (reason, count) in &facts.dropped {
            let total = self.dropped.entry(reason.clone()).or_default();
            *total = total.saturating_add(*count);
        }
    }
}
