//! The process-wide book of what jobs left behind.
//!
//! A fold over batches: it never asks the clock, the disk or JavaScript anything, so the same batches always give
//! the same ledger. Books are kept by run and thread, and no book touches another, so batches of different threads
//! may come in any order.
//!
//! The threads of a process that started share one run. The first to join opens it, the last to leave closes it, and it
//! does not matter who is which.

pub mod batch;
pub mod book;
#[cfg(test)]
pub(crate) mod builder;
mod distinct;
pub mod error;
pub mod history;
pub mod intern;
pub mod key;
pub mod layout;
mod run;
pub mod summary;
pub mod tally;
pub mod texts;
pub mod threads;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::DashMap;
use parking_lot::{Mutex, MutexGuard};

use self::batch::Batch;
use self::book::{Book, Context};
use self::error::BatchError;
use self::intern::Texts;
use self::key::Settings;
use self::run::Run;
pub use self::run::{Retired, RunSettings, Terms};
use self::tally::Tally;
use self::texts::{Site, SiteTrust};
use self::threads::{ProcessFacts, ThreadFacts};
use crate::verdict::Mode;

/// What a report is made from, seen at one moment.
pub struct RunView<'a> {
    /// Settings of the run.
    pub settings: RunSettings,
    /// Texts of the process.
    pub texts: &'a Texts,
    /// Threads that ended.
    pub retired: &'a Retired,
    /// Books of the threads that live, by thread id.
    pub books: Vec<(u32, &'a Book)>,
}

/// How much was dropped for lack of room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Job names, process-wide, since its start.
    pub names: u64,
    /// Shapes, process-wide, since its start.
    pub shapes: u64,
    /// Sites, process-wide, since its start.
    pub sites: u64,
    /// Keys without room at the last pass of each thread.
    pub keys: u64,
}

/// All books of the process.
///
/// Any thread may call anything at any time. Locks are taken in this order and never against it: `production`, the state
/// of a run, its books by thread, the tables of texts. A guard of the map of runs is held over none of them: it is let go
/// as soon as the run is cloned out.
#[derive(Debug, Default)]
pub struct Ledger {
    texts: Texts,
    runs: DashMap<u32, Arc<Run>>,
    /// The run that threads which start share. Held while any thread joins or leaves, so that no thread joins a run that
    /// the last one is just leaving.
    production: Mutex<Option<u32>>,
    last_run: AtomicU32,
}

impl Ledger {
    /// Texts of the process.
    #[must_use]
    pub const fn texts(&self) -> &Texts {
        &self.texts
    }

    /// A thread takes part: in production in the run of the process, whose terms then hold for it too; in a check in a run
    /// of its own. Gives the id of the run, from 1, and its terms.
    pub fn join(&self, thread: u32, terms: Terms, prints: bool) -> (u32, Terms) {
        let mut production = self.production.lock();
        let shared = production.filter(|_| terms.settings.mode == Mode::Production);
        if let Some((id, run)) = shared.and_then(|id| Some((id, self.run(id)?))) {
            run.add(thread, prints);
            return (id, run.terms.clone());
        }
        let id = self.last_run.fetch_add(1, Ordering::Relaxed) + 1;
        if terms.settings.mode == Mode::Production {
            *production = Some(id);
        }
        let run = Run::new(terms.clone());
        run.add(thread, prints);
        self.runs.insert(id, Arc::new(run));
        (id, terms)
    }

    /// A thread takes part in a run no more: what it held counts no longer, the jobs that it finished do. `words` is what
    /// it counted itself, see [`Tally::read`]. The last one closes the run; an unknown run or thread is none to leave.
    pub fn leave(&self, run: u32, thread: u32, words: &[f64]) {
        let mut production = self.production.lock();
        self.leave_one(&mut production, run, thread, &Tally::read(words));
    }

    /// A thread ended, however: it leaves every run that it takes part in.
    pub fn end_thread(&self, thread: u32, words: &[f64]) {
        let mut production = self.production.lock();
        let runs: Vec<u32> = self.runs.iter().map(|entry| *entry.key()).collect();
        let tallies = Tally::read(words);
        for run in runs {
            // Those are counted for production alone.
            let counted = if *production == Some(run) { &tallies[..] } else { &[] };
            self.leave_one(&mut production, run, thread, counted);
        }
    }

    fn leave_one(&self, production: &mut Option<u32>, id: u32, thread: u32, tallies: &[Tally]) {
        let Some(run) = self.run(id) else { return };
        if run.remove(thread, tallies) {
            self.runs.remove(&id);
            production.take_if(|shared| *shared == id);
        }
    }

    /// Folds one batch.
    ///
    /// # Errors
    ///
    /// [`BatchError`] when a word is wrong, the run is not open or the thread takes no part in it. The ledger is then
    /// unchanged.
    pub fn apply(&self, words: &[f64]) -> Result<(), BatchError> {
        let batch = Batch::decode(words)?;
        let (run, thread) = (batch.header.run, batch.header.thread);
        let open = self.run(run).ok_or(BatchError::UnknownRun { run })?;
        let book = open.book(thread).ok_or(BatchError::UnknownThread { run, thread })?;
        let settings = open.terms.settings;
        let trust = |site: u32| match self.texts.sites.text(site) {
            Some(text) => Site::parse(&text).trust(),
            None => SiteTrust::Unknown,
        };
        let context = Context {
            settings: Settings { mode: settings.mode, grace_ms: settings.grace_ms },
            max_keys: settings.max_keys,
            trust: &trust,
        };
        book.lock().fold(&batch, &context);
        Ok(())
    }

    /// A thread tells about itself, and learns what all threads together have told. Nothing when it takes no part.
    pub fn tell(&self, run: u32, thread: u32, facts: ThreadFacts) -> Option<ProcessFacts> {
        let open = self.run(run)?;
        let mut state = open.lock();
        state.members.get_mut(&thread)?.facts = Some(facts);
        Some(state.process_facts())
    }

    /// What has been printed so far, for the one thread that prints; nothing for all others.
    #[must_use]
    pub fn printed(&self, run: u32, thread: u32) -> Option<String> {
        let open = self.run(run)?;
        let state = open.lock();
        (state.printer() == Some(thread)).then(|| state.printed.text().to_owned())
    }

    /// Keeps what has been printed so far, for whichever thread prints next.
    pub fn keep_printed(&self, run: u32, text: &str) {
        if let Some(open) = self.run(run) {
            open.lock().printed.replace(text);
        }
    }

    /// Shows a run to `read`, with all of its books standing still; nothing when it is not open.
    pub fn view<T>(&self, run: u32, read: impl FnOnce(&RunView<'_>) -> T) -> Option<T> {
        let open = self.run(run)?;
        // Held to the end: a thread that ends meanwhile would be counted in its book and among the retired.
        let state = open.lock();
        let guards: Vec<(u32, MutexGuard<'_, Book>)> =
            state.members.iter().map(|(thread, member)| (*thread, member.book.lock())).collect();
        let books = guards.iter().map(|(thread, guard)| (*thread, &**guard)).collect();
        let settings = open.terms.settings;
        Some(read(&RunView { settings, texts: &self.texts, retired: &state.retired, books }))
    }

    /// Estimate of the bytes held by the ledger, all runs and tables.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let runs: usize = self.all_runs().iter().map(|run| run.lock().bytes()).sum();
        self.texts.bytes() + runs as u64
    }

    /// What was dropped, over all runs.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        let of_run =
            |run: &Arc<Run>| run.lock().members.values().map(|it| it.book.lock().folded_keys()).sum::<u64>();
        Dropped { keys: self.all_runs().iter().map(of_run).sum(), ..dropped_texts(&self.texts) }
    }

    /// Threads that take part in any run.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.all_runs().iter().map(|run| run.lock().members.len()).sum()
    }

    fn run(&self, id: u32) -> Option<Arc<Run>> {
        self.runs.get(&id).map(|entry| Arc::clone(entry.value()))
    }

    fn all_runs(&self) -> Vec<Arc<Run>> {
        self.runs.iter().map(|entry| Arc::clone(entry.value())).collect()
    }
}

impl RunView<'_> {
    /// What was dropped; keys of this run alone.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        Dropped {
            keys: self.books.iter().map(|(_, book)| book.folded_keys()).sum(),
            ..dropped_texts(self.texts)
        }
    }
}

fn dropped_texts(texts: &Texts) -> Dropped {
    Dropped {
        names: texts.names.dropped(),
        shapes: texts.shapes.dropped(),
        sites: texts.sites.dropped(),
        keys: 0,
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
