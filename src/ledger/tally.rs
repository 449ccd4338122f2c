//! Finished jobs by name as a thread counts them itself, in memory that is still there when the thread ends.

/// Names a thread counts apart, with `(other)`.
pub const MAX_TALLIES: usize = 513;
/// Words of one tally.
pub const TALLY_WORDS: usize = 4;

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
}

impl Tally {
    /// Reads `name completed failed timedOut`, again and again; a slot without a name, or with a word that is no count, is
    /// skipped. Tallies of one name are added up.
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
        let [name, completed, failed, timed_out] = *slot else { return None };
        let name = u32::try_from(count(name)?).ok().filter(|name| *name > 0)?;
        Some(Self {
            name,
            completed: count(completed)?,
            failed: count(failed)?,
            timed_out: count(timed_out)?,
        })
    }

    fn add(&mut self, other: &Self) {
        self.completed = self.completed.saturating_add(other.completed);
        self.failed = self.failed.saturating_add(other.failed);
        self.timed_out = self.timed_out.saturating_add(other.timed_out);
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
        let words = [3.0, 5.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 4.0, 7.0, 0.0, 0.0, 9.0];
        let first = Tally { name: 3, completed: 5, failed: 1, timed_out: 2 };
        assert_eq!(Tally::read(&words)[0], first);
        assert_eq!(names(&words), [3, 4]);
        assert_eq!(Tally::read(&[]), []);
    }

    #[test]
    fn names_folded_into_one_add_up() {
        let words = [1.0, 5.0, 1.0, 0.0, 1.0, 2.0, 0.0, 4.0];
        assert_eq!(Tally::read(&words), [Tally { name: 1, completed: 7, failed: 1, timed_out: 4 }]);
    }

    #[test]
    fn words_that_are_no_counts_spoil_their_slot_alone() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.5, 1e300] {
            assert_eq!(names(&[3.0, wrong, 0.0, 0.0, 4.0, 1.0, 0.0, 0.0]), [4], "{wrong}");
            assert_eq!(names(&[wrong, 1.0, 0.0, 0.0]), [] as [u32; 0], "{wrong}");
        }
    }

    #[test]
    fn no_more_slots_are_read_than_a_thread_can_have() {
        let words: Vec<f64> = (1..=1_000u32).flat_map(|name| [f64::from(name), 1.0, 0.0, 0.0]).collect();
        assert_eq!(Tally::read(&words).len(), MAX_TALLIES);
    }
}
