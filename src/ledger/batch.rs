//! The wire format of a batch: what a `Float64Array` from the JavaScript side means.
//!
//! ```text
//! header  VERSION run thread pass last cut majorCut nowMs finishedAll
//! JOBS    1 name completed failed timedOut open meanMs maxMs nowCompleted nowFailed nowTimedOut
//! KEY     2 name kind shape owners holders heldMs n   n × (origin order bornAt site flags)
//! OPEN    3 name jobId openForMs lastSite nHeld       nHeld × (kind shape count)
//! ID      4 name jobId n                              n × UTF-16 unit of the host's own id, after its OPEN
//! ```
//!
//! Every word is a whole number in a double, so counters never wrap. A batch is validated as a whole before
//! anything is folded: [`Batch::decode`] either fails, or every later read of it succeeds.

use super::error::BatchError;
use super::tally::Tally;

pub use super::layout::{
    FLAG_LATE, FLAG_TARGET, FLAG_WEAK, HEADER_WORDS, HELD_WORDS, ID_HEAD_WORDS, JOBS_WORDS, KEY_HEAD_WORDS,
    MAX_FLAGS, MAX_WORD, OPEN_HEAD_WORDS, OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_MASK, OUTCOME_TIMED_OUT,
    ResourceKind, SURVIVOR_WORDS, TAG_ID, TAG_JOBS, TAG_KEY, TAG_OPEN, UNIT_WORDS, VERSION,
};

/// The header of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Run the batch belongs to.
    pub run: u32,
    /// Thread that sent it.
    pub thread: u32,
    /// Pass it is a slice of, from 1.
    pub pass: u64,
    /// It completes the pass.
    pub last: bool,
    /// Job-end order number up to which jobs were looked at.
    pub cut: u64,
    /// Survivors up to this order number lived through two major collections, see [`Survivor::is_older_than`].
    pub major_cut: u64,
    /// Time of the pass, in milliseconds.
    pub now_ms: u64,
    /// Jobs of all names that ended up to the cut, without warm-up.
    pub finished_all: u64,
}

/// Finished jobs of one name, cumulative at the cut, and as of the pass itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Ended well.
    pub completed: u64,
    /// Threw or rejected.
    pub failed: u64,
    /// Were given up on.
    pub timed_out: u64,
    /// Are open now.
    pub open: u64,
    /// Mean duration of the finished ones, in milliseconds.
    pub mean_ms: u64,
    /// Longest duration of the finished ones, in milliseconds.
    pub max_ms: u64,
    /// Finished by the time of the pass, within their grace period too: completed, failed, timed out.
    pub now: [u64; 3],
}

impl JobCounts {
    /// All that finished, however.
    #[must_use]
    pub const fn finished(&self) -> u64 {
        self.completed.saturating_add(self.failed).saturating_add(self.timed_out)
    }

    /// The counts of a thread that ended: nothing is open, and no grace period is waited for.
    #[must_use]
    pub const fn as_of_now(&self) -> Self {
        let [completed, failed, timed_out] = self.now;
        Self { completed, failed, timed_out, open: 0, ..*self }
    }

    /// Takes what the thread counted itself after its last pass.
    pub fn overtake(&mut self, tally: &Tally) {
        self.completed = self.completed.max(tally.completed);
        self.failed = self.failed.max(tally.failed);
        self.timed_out = self.timed_out.max(tally.timed_out);
        self.now = [self.completed, self.failed, self.timed_out];
        self.mean_ms = tally.total_ms.checked_div(self.finished()).unwrap_or(0);
        self.max_ms = self.max_ms.max(tally.max_ms);
    }
}

/// One thing that outlived its job. 32 bytes, since a pass may hold a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survivor {
    /// Job that created it, 0 outside any job.
    pub origin: u64,
    /// End order of that job; outside any job the order counter at creation.
    pub order: u64,
    /// The order counter at creation for what was created outside any job or after its job, else 0.
    pub born_at: u64,
    /// Its call site, 0 when not sampled.
    pub site: u32,
    /// Outcome of its job, late, weak, on an `EventTarget`.
    pub flags: u8,
    /// A loop that keeps one of them going makes a new one each time, see [`ResourceKind::is_ever_young`].
    pub is_ever_young: bool,
}

impl Survivor {
    /// The order counter when it came to be left behind: of what a job made while it was open, when that job ended; of
    /// what was made later, when it was made. A loop that one job started goes by its rounds, except where it may hold
    /// one thing that it makes anew each round.
    #[must_use]
    pub const fn moment(&self) -> u64 {
        if self.goes_by_its_job() { self.order } else { self.born_at }
    }

    /// Whether it was there before the collections that `major_cut` stands for. What was made while the counter stood
    /// there may have been made after them.
    #[must_use]
    pub const fn is_older_than(&self, major_cut: u64) -> bool {
        if self.goes_by_its_job() { self.order <= major_cut } else { self.born_at < major_cut }
    }

    const fn goes_by_its_job(&self) -> bool {
        self.born_at == 0 || self.is_ever_young
    }
}

/// Survivors of one key in this batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyRecord<'a> {
    /// Job name.
    pub name: u32,
    /// Kind of resource.
    pub kind: ResourceKind,
    /// Shape.
    pub shape: u32,
    /// Distinct emitters or targets that carry them.
    pub owners: u64,
    /// Most listeners of this event on one of those now.
    pub holders: u64,
    /// Longest delay of a one-shot timer in milliseconds, else 0.
    pub held_ms: u64,
    survivors: &'a [f64],
}

impl<'a> KeyRecord<'a> {
    /// The survivors.
    #[must_use]
    pub fn survivors(&self) -> impl ExactSizeIterator<Item = Survivor> + use<'a> {
        let is_ever_young = self.kind.is_ever_young();
        self.survivors.chunks_exact(SURVIVOR_WORDS).map(move |words| Survivor {
            origin: whole(words[0]),
            order: whole(words[1]),
            born_at: whole(words[2]),
            site: narrow(words[3]),
            flags: flags(words[4]),
            is_ever_young,
        })
    }
}

/// A job that has been open for long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenRecord<'a> {
    /// Job name.
    pub name: u32,
    /// Job id.
    pub job_id: u64,
    /// How long it has been open, in milliseconds.
    pub open_for_ms: u64,
    /// Last site it created something at, 0 when unknown.
    pub last_site: u32,
    held: &'a [f64],
}

impl<'a> OpenRecord<'a> {
    /// What it holds, as kind, shape and count.
    pub fn held(&self) -> impl Iterator<Item = (ResourceKind, u32, u64)> + use<'a> {
        self.held.chunks_exact(HELD_WORDS).filter_map(|words| {
            let kind = ResourceKind::from_wire(whole(words[0]))?;
            Some((kind, narrow(words[1]), whole(words[2])))
        })
    }
}

/// The host's own id of a job that has been open for long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdRecord<'a> {
    /// Job id, as in the record of the job.
    pub job_id: u64,
    units: &'a [f64],
}

impl IdRecord<'_> {
    /// The id; what is no UTF-16 in it is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        let units: Vec<u16> = self.units.iter().map(|word| unit(*word)).collect();
        String::from_utf16_lossy(&units)
    }
}

/// One record of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Record<'a> {
    /// Finished jobs of a name.
    Jobs(u32, JobCounts),
    /// Survivors of a key.
    Key(KeyRecord<'a>),
    /// An open job.
    Open(OpenRecord<'a>),
    /// The host's own id of an open job.
    Id(IdRecord<'a>),
}

/// A batch whose every word has been checked.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Its header.
    pub header: Header,
    body: &'a [f64],
}

impl<'a> Batch<'a> {
    /// Checks all of `words`.
    ///
    /// # Errors
    ///
    /// A [`BatchError`] for the first word that is wrong.
    pub fn decode(words: &'a [f64]) -> Result<Self, BatchError> {
        let Some((head, body)) = words.split_at_checked(HEADER_WORDS) else {
            return Err(BatchError::Truncated { index: 0, needed: HEADER_WORDS as u64, found: words.len() });
        };
        if head[0].total_cmp(&f64::from(VERSION)).is_ne() {
            return Err(BatchError::Version { found: head[0] });
        }
        if !are_whole(words) {
            let index = words.iter().position(|word| !are_whole(&[*word])).unwrap_or_default();
            return Err(BatchError::NotWhole { index, found: words[index] });
        }
        let header = decode_header(head)?;
        let mut index = HEADER_WORDS;
        while index < words.len() {
            index += check_record(words, index)?;
        }
        Ok(Self { header, body })
    }

    /// Its records, in order.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            let (record, tail) = split_record(rest)?;
            rest = tail;
            Some(record)
        })
    }
}

fn decode_header(head: &[f64]) -> Result<Header, BatchError> {
    Ok(Header {
        run: ranged(head, 1, "run", 1, u32::MAX)?,
        thread: ranged(head, 2, "thread", 0, u32::MAX)?,
        pass: match whole(head[3]) {
            0 => return Err(BatchError::OutOfRange { index: 3, field: "pass", found: head[3] }),
            pass => pass,
        },
        last: ranged(head, 4, "mark of the last slice", 0, 1)? == 1,
        cut: whole(head[5]),
        major_cut: whole(head[6]),
        now_ms: whole(head[7]),
        finished_all: whole(head[8]),
    })
}

/// Checks the record that starts at `index` and says how many words it has.
fn check_record(words: &[f64], index: usize) -> Result<usize, BatchError> {
    let (head_words, item_words) = match whole(words[index]) {
        TAG_JOBS => (JOBS_WORDS, 0),
        TAG_KEY => (KEY_HEAD_WORDS, SURVIVOR_WORDS),
        TAG_OPEN => (OPEN_HEAD_WORDS, HELD_WORDS),
        TAG_ID => (ID_HEAD_WORDS, UNIT_WORDS),
        _ => return Err(BatchError::OutOfRange { index, field: "record", found: words[index] }),
    };
    let found = words.len() - index;
    let truncated = |needed| BatchError::Truncated { index, needed, found };
    if found < head_words {
        return Err(truncated(head_words as u64));
    }
    ranged(words, index + 1, "job name", 1, u32::MAX)?;
    if item_words == 0 {
        return Ok(head_words);
    }
    let items = whole(words[index + head_words - 1]);
    let needed = (head_words as u64).saturating_add(items.saturating_mul(item_words as u64));
    if needed > found as u64 {
        return Err(truncated(needed));
    }
    let start = index + head_words;
    let end = start + items_in(words, index + head_words - 1) * item_words;
    match item_words {
        SURVIVOR_WORDS => check_key(words, index, start..end)?,
        HELD_WORDS => check_open(words, index, start..end)?,
        _ => check_id(words, start..end)?,
    }
    Ok(end - index)
}

fn check_id(words: &[f64], mut items: std::ops::Range<usize>) -> Result<(), BatchError> {
    items.try_for_each(|at| ranged(words, at, "UTF-16 unit", 0, u32::from(u16::MAX)).map(|_| ()))
}

fn check_key(words: &[f64], index: usize, items: std::ops::Range<usize>) -> Result<(), BatchError> {
    check_kind(words, index + 2)?;
    ranged(words, index + 3, "shape", 1, u32::MAX)?;
    for at in items.step_by(SURVIVOR_WORDS) {
        ranged(words, at + 3, "site", 0, u32::MAX)?;
        let flags = ranged(words, at + 4, "set of survivor flags", 0, u32::from(MAX_FLAGS))?;
        if flags & u32::from(OUTCOME_MASK) > u32::from(OUTCOME_TIMED_OUT) {
            return Err(BatchError::OutOfRange { index: at + 4, field: "outcome", found: words[at + 4] });
        }
    }
    Ok(())
}

fn check_open(words: &[f64], index: usize, items: std::ops::Range<usize>) -> Result<(), BatchError> {
    ranged(words, index + 4, "site", 0, u32::MAX)?;
    for at in items.step_by(HELD_WORDS) {
        check_kind(words, at)?;
        ranged(words, at + 1, "shape", 1, u32::MAX)?;
    }
    Ok(())
}

fn check_kind(words: &[f64], index: usize) -> Result<(), BatchError> {
    match ResourceKind::from_wire(whole(words[index])) {
        Some(_) => Ok(()),
        None => Err(BatchError::OutOfRange { index, field: "kind", found: words[index] }),
    }
}

/// The first record of checked words, and the words after it; nothing at the end.
fn split_record(words: &[f64]) -> Option<(Record<'_>, &[f64])> {
    let take = |head: usize, item: usize| -> Option<(&[f64], &[f64], &[f64])> {
        let (head, rest) = words.split_at_checked(head)?;
        let items = if item == 0 { 0 } else { items_in(head, head.len() - 1) };
        let (items, rest) = rest.split_at_checked(items * item)?;
        Some((head, items, rest))
    };
    match whole(*words.first()?) {
        TAG_JOBS => {
            let (head, _, rest) = take(JOBS_WORDS, 0)?;
            Some((Record::Jobs(narrow(head[1]), job_counts(head)), rest))
        }
        TAG_KEY => {
            let (head, survivors, rest) = take(KEY_HEAD_WORDS, SURVIVOR_WORDS)?;
            let record = KeyRecord {
                name: narrow(head[1]),
                kind: ResourceKind::from_wire(whole(head[2]))?,
                shape: narrow(head[3]),
                owners: whole(head[4]),
                holders: whole(head[5]),
                held_ms: whole(head[6]),
                survivors,
            };
            Some((Record::Key(record), rest))
        }
        TAG_OPEN => {
            let (head, items, rest) = take(OPEN_HEAD_WORDS, HELD_WORDS)?;
            let record = OpenRecord {
                name: narrow(head[1]),
                job_id: whole(head[2]),
                open_for_ms: whole(head[3]),
                last_site: narrow(head[4]),
                held: items,
            };
            Some((Record::Open(record), rest))
        }
        TAG_ID => {
            let (head, units, rest) = take(ID_HEAD_WORDS, UNIT_WORDS)?;
            Some((Record::Id(IdRecord { job_id: whole(head[2]), units }), rest))
        }
        _ => None,
    }
}

fn job_counts(head: &[f64]) -> JobCounts {
    JobCounts {
        completed: whole(head[2]),
        failed: whole(head[3]),
        timed_out: whole(head[4]),
        open: whole(head[5]),
        mean_ms: whole(head[6]),
        max_ms: whole(head[7]),
        now: [whole(head[8]), whole(head[9]), whole(head[10])],
    }
}

/// The count of items that the word at `index` holds; checked against the length of the batch before.
fn items_in(words: &[f64], index: usize) -> usize {
    usize::try_from(whole(words[index])).unwrap_or(usize::MAX)
}

fn ranged(words: &[f64], index: usize, field: &'static str, min: u32, max: u32) -> Result<u32, BatchError> {
    let found = words[index];
    if found < f64::from(min) || found > f64::from(max) {
        return Err(BatchError::OutOfRange { index, field, found });
    }
    Ok(narrow(found))
}

/// Whether every word is a whole number from 0 to [`MAX_WORD`].
///
/// Adding 2^52 leaves a double no room for a fraction, so taking it away again gives back whole numbers only; from
/// 2^52 on there are no others. No branch and no call, so the compiler checks several words at once.
#[expect(clippy::float_cmp, reason = "a whole number survives the way there and back exactly")]
#[expect(
    clippy::needless_bitwise_bool,
    clippy::manual_range_contains,
    reason = "keeps the loop free of branches"
)]
fn are_whole(words: &[f64]) -> bool {
    const NO_FRACTION: f64 = 4_503_599_627_370_496.0;
    words.iter().fold(true, |all, &word| {
        let is_in_range = (word >= 0.0) & (word <= MAX_WORD);
        let is_whole = ((word + NO_FRACTION) - NO_FRACTION == word) | (word >= NO_FRACTION);
        all & is_in_range & is_whole
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by are_whole")]
const fn whole(word: f64) -> u64 {
    word as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by ranged")]
const fn narrow(word: f64) -> u32 {
    word as u32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by ranged")]
const fn flags(word: f64) -> u8 {
    word as u8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by ranged")]
const fn unit(word: f64) -> u16 {
    word as u16
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
