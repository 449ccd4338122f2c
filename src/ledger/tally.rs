//! Finished jobs by name as a thread counts them itself, in memory that is still there when the thread ends.

/// Names a thread counts apart, with `(other)`.
pub const MAX_TALLIES: usize = 513;
/// Words of one tally.
pub const TALLY_WORDS: usize = 6;

/// Jobs of one name that one thread finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Its name; several tallies of one thread may share `(other)`.
    pub name: u32,
    /// Ended well.
    pub completed: u64,
    /// Threw or rejected.
    pub failed: u64,
    /// Were given up on.
    pub timed_out: u64,
    /// How long all of them took, in milliseconds.
    pub total_ms: u64,
    /// How long the longest of them took, in milliseconds.
    pub max_ms: u64,
}

impl Tally {
    /// Reads `name completed failed timedOut totalMs maxMs`, again and again; a slot without a name, or with a word that is
    /// no count, is skipped. Tallies of one name are added up.
    #[must_use]
    pub fn read(words: &[f64]) -> Vec<Self> {
        let mut tallies: Vec<Self> = Vec::new();
        for slot in words.chunks_exact(TALLY_WORDS).take(MAX_TALLIES) {
            let Some(tally) = Self::read_one(slot) else { continue };
            match tallies.iter_mut().find(|known| known.name == tally.name) {
                Some(known) => known.add(&tally),
                None => tallies.push(tally),
            }
        }
        tallies
    }

    fn read_one(slot: &[f64]) -> Option<Self> {
        let [name, completed, failed, timed_out, total_ms, max_ms] = *slot else { return None };
        Some(Self {
            name: u32::try_from(count(name)?).ok().filter(|name| *name > 0)?,
            completed: count(completed)?,
            failed: count(failed)?,
            timed_out: count(timed_out)?,
            // A clock that was set back may have made these negative; the counts are right all the same.
            total_ms: count(total_ms).unwrap_or(0),
            max_ms: count(max_ms).unwrap_or(0),
        })
    }

    fn add(&mut self, other: &Self) {
        self.completed = self.completed.saturating_add(other.completed);
        self.failed = self.failed.saturating_add(other.failed);
        self.timed_out = self.timed_out.saturating_add(other.timed_out);
        self.total_ms = self.total_ms.saturating_add(other.total_ms);
        self.max_ms = self.max_ms.max(other.max_ms);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just before")]
fn count(word: f64) -> Option<u64> {
    let is_count = (0.0..=super::batch::MAX_WORD).contains(&word) && word.fract() <= 0.0;
    is_count.then_some(word as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[f64]) -> Vec<u32> {
        Tally::read(words).iter().map(|tally| tally.name).collect()
    }

    #[test]
    fn slots_are_read_until_the_words_end_and_empty_ones_are_skipped() {
        let words = [[3.0, 5.0, 1.0, 2.0, 90.0, 40.0], [0.0; 6], [4.0, 7.0, 0.0, 0.0, 0.0, 0.0]].concat();
        let words = [&words[..], &[9.0]].concat();
        let first = Tally { name: 3, completed: 5, failed: 1, timed_out: 2, total_ms: 90, max_ms: 40 };
        assert_eq!(Tally::read(&words)[0], first);
        assert_eq!(names(&words), [3, 4]);
        assert_eq!(Tally::read(&[]), []);
    }

    #[test]
    fn names_folded_into_one_add_up() {
        let words = [1.0, 5.0, 1.0, 0.0, 90.0, 40.0, 1.0, 2.0, 0.0, 4.0, 10.0, 8.0];
        let sum = Tally { name: 1, completed: 7, failed: 1, timed_out: 4, total_ms: 100, max_ms: 40 };
        assert_eq!(Tally::read(&words), [sum]);
    }

    #[test]
    fn words_that_are_no_counts_spoil_their_slot_alone() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.5, 1e300] {
            let first = [3.0, wrong, 0.0, 0.0, 0.0, 0.0];
            assert_eq!(names(&[first, [4.0, 1.0, 0.0, 0.0, 0.0, 0.0]].concat()), [4], "{wrong}");
            assert_eq!(names(&[wrong, 1.0, 0.0, 0.0, 0.0, 0.0]), [] as [u32; 0], "{wrong}");
            let taken_by_a_wrong_clock = Tally::read(&[3.0, 1.0, 0.0, 0.0, wrong, wrong]);
            assert_eq!((taken_by_a_wrong_clock[0].completed, taken_by_a_wrong_clock[0].max_ms), (1, 0));
        }
    }

    #[test]
    fn no_more_slots_are_read_than_a_thread_can_have() {
        let words: Vec<f64> =
            (1..=1_000u32).flat_map(|name| [f64::from(name), 1.0, 0.0, 0.0, 0.0, 0.0]).collect();
        assert_eq!(Tally::read(&words).len(), MAX_TALLIES);
    }
}
