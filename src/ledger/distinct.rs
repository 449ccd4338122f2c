//! Distinct jobs among survivors.
//!
//! A pass comes in slices, and each slice is paid for as it comes: what is left to do when the last one is in stops the
//! host's loop, so it must stay small however many survivors there are and in whatever order they come.

use std::cmp::Ordering;

use super::batch::{OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_MASK, Survivor};
use crate::verdict::blame::Outcomes;

/// Job, moment and outcome in one sortable number: 53 + 53 + 2 bits.
///
/// What a job made while it was open has that job's end order; what was made later has the moment, so that a loop
/// which one job started counts by its rounds.
type Leaving = u128;

const ORIGIN_SHIFT: u32 = 64;
const ORDER_SHIFT: u32 = 8;

fn leaving(survivor: &Survivor) -> Leaving {
    let outcome = Leaving::from(survivor.flags & OUTCOME_MASK);
    let moment = if survivor.born_at == 0 { survivor.order } else { survivor.born_at };
    (Leaving::from(survivor.origin) << ORIGIN_SHIFT) | (Leaving::from(moment) << ORDER_SHIFT) | outcome
}

/// Survivors by job and moment, slice by slice.
///
/// Sorted runs, each at least twice as long as the next: a slice that continues the last run is appended, as survivors
/// of one thread mostly do; any other starts a run, and runs of like length are merged. So a survivor is moved a few
/// times at most, and 16 bytes stay for each job.
#[derive(Debug, Default)]
pub struct Jobs {
    slice: Vec<Leaving>,
    runs: Vec<Vec<Leaving>>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Distinct {
    /// Pairs of job and moment, by how the jobs ended.
    pub leaving: Outcomes,
    /// Jobs; what no job made has none.
    pub creating: u64,
}

impl Jobs {
    /// Adds a survivor of the present slice.
    pub fn add(&mut self, survivor: &Survivor) {
        let leaving = leaving(survivor);
        if self.slice.last() != Some(&leaving) {
            self.slice.push(leaving);
        }
    }

    /// The slice is complete.
    pub fn end_slice(&mut self) {
        let mut slice = std::mem::take(&mut self.slice);
        slice.sort_unstable();
        slice.dedup();
        match self.runs.last_mut() {
            Some(run) if run.last() < slice.first() => run.append(&mut slice),
            _ => {
                slice.shrink_to_fit();
                self.runs.push(slice);
            }
        }
        while let [.., before, last] = self.runs.as_slice()
            && before.len() < 2 * last.len()
        {
            self.merge_last_two();
        }
    }

    /// Counts them all. Runs are merged for it, so it asks for a change.
    pub fn count(&mut self) -> Distinct {
        count(self.merged().iter())
    }

    /// Counts them together with `others`, each pair once.
    pub fn count_with(&mut self, others: &mut Self) -> Distinct {
        count(in_order(self.merged(), others.merged()))
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        let runs: usize = self.runs.iter().map(Vec::capacity).sum();
        (runs + self.slice.capacity()) * size_of::<Leaving>()
    }

    fn merged(&mut self) -> &[Leaving] {
        while self.runs.len() > 1 {
            self.merge_last_two();
        }
        self.runs.first().map_or(&[], Vec::as_slice)
    }

    fn merge_last_two(&mut self) {
        if let (Some(last), Some(before)) = (self.runs.pop(), self.runs.pop()) {
            self.runs.push(merge(&before, &last));
        }
    }
}

/// Two sorted runs as one, without repeats.
fn merge(a: &[Leaving], b: &[Leaving]) -> Vec<Leaving> {
    let mut merged = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let order = a[i].cmp(&b[j]);
        merged.push(a[i].min(b[j]));
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
    merged.extend_from_slice(&a[i..]);
    merged.extend_from_slice(&b[j..]);
    merged
}

/// What two sorted runs hold, in order.
fn in_order<'a>(a: &'a [Leaving], b: &'a [Leaving]) -> impl Iterator<Item = &'a Leaving> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(left), Some(right)) if left > right => b.next(),
        (None, _) => b.next(),
        _ => a.next(),
    })
}

/// Counts what is sorted.
fn count<'a>(sorted: impl Iterator<Item = &'a Leaving>) -> Distinct {
    let mut distinct = Distinct::default();
    let mut before: Option<Leaving> = None;
    for &leaving in sorted {
        if before.is_none_or(|before| leaving >> ORDER_SHIFT != before >> ORDER_SHIFT) {
            match outcome_of(leaving) {
                OUTCOME_COMPLETED => distinct.leaving.completed += 1,
                OUTCOME_FAILED => distinct.leaving.failed += 1,
                _ => distinct.leaving.timed_out += 1,
            }
            let origin = leaving >> ORIGIN_SHIFT;
            let is_new = before.is_none_or(|before| before >> ORIGIN_SHIFT != origin);
            distinct.creating += u64::from(is_new && origin != 0);
        }
        before = Some(leaving);
    }
    distinct
}

#[expect(clippy::cast_possible_truncation, reason = "the outcome is in the lowest bits")]
const fn outcome_of(leaving: Leaving) -> u8 {
    leaving as u8 & OUTCOME_MASK
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Pairs = Vec<(u64, u64)>;

    fn jobs_of(slices: &[Pairs]) -> Jobs {
        let mut jobs = Jobs::default();
        for pairs in slices {
            for &(origin, order) in pairs {
                jobs.add(&Survivor { origin, order, born_at: 0, site: 0, flags: 0, is_ever_young: false });
            }
            jobs.end_slice();
        }
        jobs
    }

    #[test]
    fn slices_in_order_are_one_run() {
        let jobs =
            jobs_of(&(0..50).map(|slice| vec![(slice * 2, 1), (slice * 2 + 1, 1)]).collect::<Vec<_>>());
        assert_eq!(jobs.runs.len(), 1);
    }

    #[test]
    fn runs_are_few_in_whatever_order_slices_come() {
        let jobs = jobs_of(&(0..1_000).rev().map(|slice| vec![(slice, 1)]).collect::<Vec<_>>());
        assert!(jobs.runs.len() <= 10, "{}", jobs.runs.len());
    }

    proptest! {
        #[test]
        fn counts_agree_with_sets(
            slices in prop::collection::vec(prop::collection::vec((0u64..9, 1u64..9), 0..9), 0..9),
            others in prop::collection::vec(prop::collection::vec((0u64..9, 1u64..9), 0..9), 0..3),
        ) {
            let set = |slices: &[Pairs]| slices.concat().into_iter().collect::<BTreeSet<_>>();
            let creating: BTreeSet<_> = set(&slices).into_iter().map(|pair| pair.0).filter(|it| *it != 0).collect();
            let mut jobs = jobs_of(&slices);
            let counted = jobs.count();
            prop_assert_eq!(counted.leaving.completed, set(&slices).len() as u64);
            prop_assert_eq!(counted.creating, creating.len() as u64);
            let both = jobs.count_with(&mut jobs_of(&others)).leaving.completed;
            prop_assert_eq!(both, set(&slices).union(&set(&others)).count() as u64);
        }
    }
}
