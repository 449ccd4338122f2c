//! Bounded tables that turn a text into a small number, once per process.
//!
//! Ids start at 1, are never reused and mean the same text in every thread. A full table answers with the
//! id of `(other)` and counts it, so a job name that contains an id cannot grow the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use parking_lot::RwLock;

/// Stands for every text that no longer fits; id [`OTHER_ID`] in each table.
pub const OTHER: &str = "(other)";
/// Job name of everything created outside any job; id [`BETWEEN_JOBS_ID`] in the table of names.
pub const BETWEEN_JOBS: &str = "(between jobs)";
/// Id of [`OTHER`] in each table.
pub const OTHER_ID: u32 = 1;
/// Id of [`BETWEEN_JOBS`] in the table of job names.
pub const BETWEEN_JOBS_ID: u32 = 2;

/// Job names kept per process, beside the two reserved ones.
pub const MAX_NAMES: usize = 512;
/// Shapes kept per process.
pub const MAX_SHAPES: usize = 16_384;
/// Call sites kept per process.
pub const MAX_SITES: usize = 4_096;

/// One table of texts with its bounds.
#[derive(Debug)]
pub struct Table {
    ids: DashMap<Arc<str>, u32>,
    texts: RwLock<Vec<Arc<str>>>,
    dropped: AtomicU64,
    capacity: usize,
    max_text_bytes: usize,
}

impl Table {
    /// An empty table for `capacity` texts of at most `max_text_bytes`, with `reserved` ones on top,
    /// the first of which is [`OTHER`].
    pub(crate) fn new(capacity: usize, max_text_bytes: usize, reserved: &[&str]) -> Self {
        let table = Self {
            ids: DashMap::new(),
            texts: RwLock::new(Vec::new()),
            dropped: AtomicU64::new(0),
            capacity: capacity + reserved.len(),
            max_text_bytes,
        };
        for text in reserved {
            table.intern(text);
        }
        table
    }

    /// The id of `text`, new or known; [`OTHER_ID`] when the table is full or the text too long.
    pub fn intern(&self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        // New texts are rare, so they queue here; the second look is for whoever queued before us.
        let mut texts = self.texts.write();
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        if texts.len() >= self.capacity || text.len() > self.max_text_bytes {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return OTHER_ID;
        }
        let shared: Arc<str> = Arc::from(text);
        texts.push(Arc::clone(&shared));
        let id = u32::try_from(texts.len()).unwrap_or(OTHER_ID);
        self.ids.insert(shared, id);
        id
    }

    /// The text of `id`, or nothing when no such id was given out.
    #[must_use]
    pub fn text(&self, id: u32) -> Option<Arc<str>> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        self.texts.read().get(index).cloned()
    }

    /// How many texts were answered with [`OTHER_ID`] because they did not fit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Estimate of the bytes held: the texts, and what the two indexes need for each.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        const OVERHEAD_BYTES: usize = 72;
        let texts = self.texts.read();
        texts.iter().map(|text| text.len() + OVERHEAD_BYTES).sum::<usize>() as u64
    }
}

/// Bytes of a text above which it counts as one that does not fit.
const MAX_NAME_BYTES: usize = 512;
const MAX_SHAPE_BYTES: usize = 4_096;
const MAX_SITE_BYTES: usize = 16_384;

/// All tables of the process.
#[derive(Debug)]
pub struct Texts {
    /// Job names.
    pub names: Table,
    /// Shapes, as canonical JSON.
    pub shapes: Table,
    /// Call sites, as JSON.
    pub sites: Table,
}

impl Texts {
    /// The table with this number on the wire.
    #[must_use]
    pub const fn table(&self, number: u32) -> Option<&Table> {
        match number {
            TABLE_NAMES => Some(&self.names),
            TABLE_SHAPES => Some(&self.shapes),
            TABLE_SITES => Some(&self.sites),
            _ => None,
        }
    }

    /// Estimate of the bytes held.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.names.bytes() + self.shapes.bytes() + self.sites.bytes()
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            names: Table::new(MAX_NAMES, MAX_NAME_BYTES, &[OTHER, BETWEEN_JOBS]),
            shapes: Table::new(MAX_SHAPES, MAX_SHAPE_BYTES, &[OTHER]),
            sites: Table::new(MAX_SITES, MAX_SITE_BYTES, &[OTHER]),
        }
    }
}

/// Number of the table of job names on the wire.
pub const TABLE_NAMES: u32 = 0;
/// Number of the table of shapes on the wire.
pub const TABLE_SHAPES: u32 = 1;
/// Number of the table of call sites on the wire.
pub const TABLE_SITES: u32 = 2;

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn same_text_has_the_same_id_and_the_id_leads_back() {
        let table = Table::new(10, 100, &[OTHER]);
        let id = table.intern("send-email");
        assert_eq!(table.intern("send-email"), id);
        assert_eq!(table.text(id).as_deref(), Some("send-email"));
    }

    #[test]
    fn unknown_ids_have_no_text() {
        let table = Table::new(10, 100, &[OTHER]);
        assert_eq!(table.text(0), None);
        assert_eq!(table.text(99), None);
    }

    #[test]
    fn reserved_texts_have_their_constant_ids() {
        let texts = Texts::default();
        assert_eq!(texts.names.intern(BETWEEN_JOBS), BETWEEN_JOBS_ID);
        for table in [TABLE_NAMES, TABLE_SHAPES, TABLE_SITES] {
            assert_eq!(texts.table(table).unwrap().intern(OTHER), OTHER_ID);
        }
        assert!(texts.table(3).is_none());
    }

    #[test]
    fn full_table_answers_other_and_counts_it() {
        let table = Table::new(2, 100, &[OTHER]);
        let known = table.intern("a");
        table.intern("b");
        assert_eq!(table.intern("c"), OTHER_ID);
        assert_eq!(table.intern("d"), OTHER_ID);
        assert_eq!(table.intern("a"), known, "known texts stay known");
        assert_eq!(table.dropped(), 2);
    }

    #[test]
    fn text_that_is_too_long_is_dropped() {
        let table = Table::new(2, 3, &[]);
        assert_eq!(table.intern("four"), OTHER_ID);
        assert_eq!(table.dropped(), 1);
    }

    #[test]
    fn million_job_names_stay_within_the_bound() {
        let texts = Texts::default();
        for i in 0..100_000 {
            texts.names.intern(&format!("job-{i}"));
        }
        assert_eq!(texts.names.dropped(), 100_000 - MAX_NAMES as u64);
        assert!(texts.bytes() < 100_000);
    }

    #[test]
    fn threads_that_intern_at_once_agree() {
        let table = Table::new(1_000, 100, &[OTHER]);
        let ids: Vec<Vec<u32>> = thread::scope(|scope| {
            let work = || (0..500).map(|i| table.intern(&format!("text {i}"))).collect();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|list| *list == ids[0]));
        assert!(
            ids[0].iter().enumerate().all(|(i, id)| table.text(*id).as_deref() == Some(&format!("text {i}")))
        );
    }
}
