//! The process-wide book of what jobs left behind.
//!
//! A fold over batches: it never asks the clock, the disk or JavaScript anything, so the same batches always give
//! the same ledger. Books are kept by run and thread, and no book touches another, so batches of different threads
//! may come in any order.

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
pub mod summary;
pub mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::DashMap;
use parking_lot::{Mutex, MutexGuard};

use self::batch::{Batch, JobCounts};
use self::book::{Book, Context, add_counts};
use self::error::BatchError;
use self::intern::Texts;
use self::key::Settings;
use self::texts::{Site, SiteTrust};
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

/// Finished jobs of threads that ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// By name.
    pub jobs: BTreeMap<u32, JobCounts>,
    /// Of all names.
    pub finished_all: u64,
}

#[derive(Debug)]
struct Run {
    settings: RunSettings,
    retired: Mutex<Retired>,
}

/// What a report is made from, seen at one moment.
pub struct RunView<'a> {
    /// Settings of the run.
    pub settings: RunSettings,
    /// Texts of the process.
    pub texts: &'a Texts,
    /// Jobs of threads that ended.
    pub retired: Retired,
    /// Books of the threads that live, by thread id.
    pub books: Vec<&'a Book>,
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
#[derive(Debug, Default)]
pub struct Ledger {
    texts: Texts,
    runs: DashMap<u32, Run>,
    books: DashMap<(u32, u32), Arc<Mutex<Book>>>,
    last_run: AtomicU32,
}

impl Ledger {
    /// Texts of the process.
    #[must_use]
    pub const fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Opens a run and gives its id, from 1.
    pub fn open_run(&self, settings: RunSettings) -> u32 {
        let id = self.last_run.fetch_add(1, Ordering::Relaxed) + 1;
        self.runs.insert(id, Run { settings, retired: Mutex::default() });
        id
    }

    /// Forgets a run; an unknown one is none to forget.
    pub fn close_run(&self, run: u32) {
        self.runs.remove(&run);
        self.books.retain(|(of_run, _), _| *of_run != run);
    }

    /// Folds one batch.
    ///
    /// # Errors
    ///
    /// [`BatchError`] when a word is wrong or the run is not open. The ledger is then unchanged.
    pub fn apply(&self, words: &[f64]) -> Result<(), BatchError> {
        let batch = Batch::decode(words)?;
        let (run, thread) = (batch.header.run, batch.header.thread);
        let (settings, book) = {
            // Held while the book is made, so that closing the run cannot leave it behind.
            let open = self.runs.get(&run).ok_or(BatchError::UnknownRun { run })?;
            (open.settings, Arc::clone(&self.books.entry((run, thread)).or_default()))
        };
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

    /// The thread ended: what it held died with it, the jobs it finished still count.
    pub fn retire_thread(&self, run: u32, thread: u32) {
        let Some(open) = self.runs.get(&run) else { return };
        let Some((_, book)) = self.books.remove(&(run, thread)) else { return };
        let book = book.lock();
        let mut retired = open.retired.lock();
        for (name, counts) in book.jobs() {
            let total = retired.jobs.entry(*name).or_default();
            *total = add_counts(total, &JobCounts { open: 0, ..*counts });
        }
        retired.finished_all = retired.finished_all.saturating_add(book.finished_all());
    }

    /// Shows a run to `read`, with all of its books standing still; nothing when it is not open.
    pub fn view<T>(&self, run: u32, read: impl FnOnce(&RunView<'_>) -> T) -> Option<T> {
        let (settings, retired) = {
            let open = self.runs.get(&run)?;
            (open.settings, open.retired.lock().clone())
        };
        let mut books: Vec<(u32, Arc<Mutex<Book>>)> = self
            .books
            .iter()
            .filter(|entry| entry.key().0 == run)
            .map(|entry| (entry.key().1, Arc::clone(entry.value())))
            .collect();
        books.sort_unstable_by_key(|(thread, _)| *thread);
        // Taken in order of threads; whoever folds holds one of these locks and waits for no other.
        let guards: Vec<MutexGuard<'_, Book>> = books.iter().map(|(_, book)| book.lock()).collect();
        let books = guards.iter().map(|guard| &**guard).collect();
        Some(read(&RunView { settings, texts: &self.texts, retired, books }))
    }

    /// Estimate of the bytes held by the ledger, all runs and tables.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let books: usize = self.books.iter().map(|entry| entry.value().lock().bytes()).sum();
        self.texts.bytes() + books as u64
    }

    /// What was dropped, over all runs.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        let keys = self.books.iter().map(|entry| entry.value().lock().folded_keys()).sum();
        Dropped { keys, ..dropped_texts(&self.texts) }
    }
}

impl RunView<'_> {
    /// What was dropped; keys of this run alone.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        Dropped { keys: self.books.iter().map(|book| book.folded_keys()).sum(), ..dropped_texts(self.texts) }
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
