//! What one pass says about one key, boiled down from its survivors.
//!
//! Survivors are needed in full once, when their pass completes: to count distinct jobs, sites and how many of the
//! first cohort are alive. Afterwards only this summary stays, so a leak of a million listeners costs the ledger
//! no more than one of three.

use super::batch::{FLAG_LATE, FLAG_WEAK, OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_MASK, Survivor};
use crate::verdict::blame::Outcomes;

/// Sites kept per key, the most frequent ones.
pub const MAX_SITES_PER_KEY: usize = 8;

/// Which survivors count, and which wait for a garbage collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Survivors up to this order number lived through two major collections.
    pub major_cut: u64,
    /// All of the key wait for that, not only those with a weak reference alone.
    pub all_wait: bool,
}

impl Gate {
    fn counts(self, survivor: &Survivor) -> bool {
        let is_proven = survivor.order <= self.major_cut;
        is_proven || !(self.all_wait || survivor.flags & FLAG_WEAK != 0)
    }
}

/// One pass over one key. Counts are of counted survivors unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Survivors.
    pub live: u64,
    /// Distinct jobs that left them, by how those ended; for late ones distinct moments.
    pub leaving: Outcomes,
    /// Distinct jobs that created them.
    pub creating_jobs: u64,
    /// Survivors created after their job had ended.
    pub late: u64,
    /// Survivors that rest on a weak reference alone.
    pub weak: u64,
    /// Survivors that lived through two major collections.
    pub collected: u64,
    /// Survivors up to the cohort's boundary.
    pub in_cohort: u64,
    /// Smallest order number.
    pub first_order: u64,
    /// Largest order number.
    pub last_order: u64,
    /// Distinct jobs whose survivors still wait for a collection.
    pub jobs_waiting: u64,
}

/// Boils survivors down; `cohort_boundary` is the order number up to which they belong to the first cohort.
#[must_use]
pub fn summarize<'a>(
    survivors: impl Iterator<Item = &'a Survivor> + Clone,
    gate: Gate,
    cohort_boundary: u64,
) -> Summary {
    let counted = survivors.clone().filter(move |survivor| gate.counts(survivor));
    let waiting = survivors.filter(move |survivor| !gate.counts(survivor));
    let jobs = Jobs::count(counted.clone().map(leaving_key));
    let mut summary = Summary {
        leaving: jobs.leaving,
        creating_jobs: jobs.creating,
        jobs_waiting: Jobs::count(waiting.map(leaving_key)).leaving.total(),
        first_order: u64::MAX,
        ..Summary::default()
    };
    for survivor in counted {
        summary.live += 1;
        summary.late += u64::from(survivor.flags & FLAG_LATE != 0);
        summary.weak += u64::from(survivor.flags & FLAG_WEAK != 0);
        summary.collected += u64::from(survivor.order <= gate.major_cut);
        summary.in_cohort += u64::from(survivor.order <= cohort_boundary);
        summary.first_order = summary.first_order.min(survivor.order);
        summary.last_order = summary.last_order.max(survivor.order);
    }
    if summary.live == 0 {
        summary.first_order = 0;
    }
    summary
}

/// Job, moment and outcome in one sortable number: 53 + 53 + 2 bits.
///
/// What a job made while it was open has that job's end order; what was made later has the moment, so that a loop
/// which one job started counts by its rounds.
fn leaving_key(survivor: &Survivor) -> u128 {
    let outcome = u128::from(survivor.flags & OUTCOME_MASK);
    let moment = if survivor.born_at == 0 { survivor.order } else { survivor.born_at };
    (u128::from(survivor.origin) << ORIGIN_SHIFT) | (u128::from(moment) << ORDER_SHIFT) | outcome
}

const ORIGIN_SHIFT: u32 = 64;
const ORDER_SHIFT: u32 = 8;

/// Distinct jobs among survivors.
#[derive(Debug, Clone, Copy, Default)]
struct Jobs {
    leaving: Outcomes,
    creating: u64,
}

impl Jobs {
    /// Counts without memory where keys come sorted, as survivors of one thread mostly do, else sorts a copy.
    fn count(keys: impl Iterator<Item = u128> + Clone) -> Self {
        if let Some(jobs) = Self::count_sorted(keys.clone()) {
            return jobs;
        }
        let mut sorted: Vec<u128> = keys.collect();
        sorted.sort_unstable();
        Self::count_sorted(sorted.into_iter()).unwrap_or_default()
    }

    /// Nothing when a key is smaller than the one before.
    fn count_sorted(keys: impl Iterator<Item = u128>) -> Option<Self> {
        let mut jobs = Self::default();
        let mut before: Option<u128> = None;
        for key in keys {
            if before.is_some_and(|before| key < before) {
                return None;
            }
            if before.is_none_or(|before| key >> ORDER_SHIFT != before >> ORDER_SHIFT) {
                jobs.add(key, before);
            }
            before = Some(key);
        }
        Some(jobs)
    }

    fn add(&mut self, key: u128, before: Option<u128>) {
        match outcome_of(key) {
            OUTCOME_COMPLETED => self.leaving.completed += 1,
            OUTCOME_FAILED => self.leaving.failed += 1,
            _ => self.leaving.timed_out += 1,
        }
        let origin = key >> ORIGIN_SHIFT;
        let is_new = before.is_none_or(|before| before >> ORIGIN_SHIFT != origin);
        self.creating += u64::from(is_new && origin != 0);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the outcome is in the lowest bits")]
const fn outcome_of(key: u128) -> u8 {
    key as u8 & OUTCOME_MASK
}

/// The most frequent sites of all survivors with their counts, by falling count, then by id; unknown ones (0) left out.
#[must_use]
pub fn count_sites<'a>(survivors: impl Iterator<Item = &'a Survivor>) -> Vec<(u32, u64)> {
    let mut sites: Vec<u32> = survivors.map(|survivor| survivor.site).filter(|site| *site != 0).collect();
    if !sites.is_sorted() {
        sites.sort_unstable();
    }
    let mut counts: Vec<(u32, u64)> =
        sites.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect();
    counts.sort_unstable_by_key(|&(site, count)| (std::cmp::Reverse(count), site));
    counts.truncate(MAX_SITES_PER_KEY);
    counts.shrink_to_fit();
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    const OPEN: Gate = Gate { major_cut: u64::MAX, all_wait: false };

    fn left(origin: u64, order: u64, site: u32, flags: u8) -> Survivor {
        Survivor { origin, order, born_at: 0, site, flags }
    }

    #[test]
    fn survivor_takes_at_most_32_bytes() {
        assert!(size_of::<Survivor>() <= 32);
    }

    #[test]
    fn jobs_count_once_however_much_they_left() {
        let survivors = [left(1, 1, 5, 0), left(1, 1, 5, 0), left(2, 2, 6, 1), left(3, 3, 5, 2)];
        let summary = summarize(survivors.iter(), OPEN, 1);
        assert_eq!(summary.live, 4);
        assert_eq!(summary.leaving, Outcomes { completed: 1, failed: 1, timed_out: 1 });
        assert_eq!((summary.in_cohort, summary.first_order, summary.last_order), (2, 1, 3));
        assert_eq!(count_sites(survivors.iter()), [(5, 3), (6, 1)]);
    }

    #[test]
    fn late_survivors_of_one_job_count_by_moment() {
        let survivors: Vec<_> =
            (1..=10).map(|born_at| Survivor { born_at, ..left(7, 1, 0, FLAG_LATE) }).collect();
        let summary = summarize(survivors.iter(), OPEN, 0);
        assert_eq!((summary.leaving.total(), summary.creating_jobs, summary.late), (10, 1, 10));
        assert_eq!((summary.first_order, summary.last_order), (1, 1));
    }

    #[test]
    fn survivors_outside_any_job_have_no_creating_job() {
        let survivors: Vec<_> = (1..=4).map(|order| left(0, order, 0, 0)).collect();
        let summary = summarize(survivors.iter(), OPEN, 0);
        assert_eq!((summary.leaving.total(), summary.creating_jobs), (4, 0));
    }

    #[test]
    fn weak_ones_wait_until_two_major_collections() {
        let survivors = [left(1, 1, 0, FLAG_WEAK), left(2, 2, 0, FLAG_WEAK), left(3, 3, 0, 0)];
        let summary = summarize(survivors.iter(), Gate { major_cut: 1, all_wait: false }, 0);
        assert_eq!((summary.live, summary.jobs_waiting, summary.weak, summary.collected), (2, 1, 1, 1));
        let all_wait = summarize(survivors.iter(), Gate { major_cut: 1, all_wait: true }, 0);
        assert_eq!((all_wait.live, all_wait.jobs_waiting), (1, 2));
    }

    fn any_survivor() -> impl Strategy<Value = Survivor> {
        (0u64..12, 1u64..12, 0u32..14, 0u8..3, any::<bool>(), any::<bool>()).prop_map(
            |(origin, order, site, outcome, late, weak)| {
                let flags = outcome | if late { FLAG_LATE } else { 0 } | if weak { FLAG_WEAK } else { 0 };
                left(origin, order, site, flags)
            },
        )
    }

    proptest! {
        #[test]
        fn summary_agrees_with_plain_counting(
            survivors in prop::collection::vec(any_survivor(), 0..80),
            major_cut in 0u64..12, all_wait: bool, boundary in 0u64..12,
        ) {
            let summary = summarize(survivors.iter(), Gate { major_cut, all_wait }, boundary);
            let counted: Vec<_> = survivors
                .iter()
                .filter(|s| s.order <= major_cut || (!all_wait && s.flags & FLAG_WEAK == 0))
                .collect();
            let distinct: BTreeSet<_> = counted.iter().map(|s| (s.origin, s.order)).collect();
            let creating: BTreeSet<_> = counted.iter().map(|s| s.origin).filter(|o| *o != 0).collect();
            prop_assert_eq!(summary.live, counted.len() as u64);
            prop_assert_eq!(summary.leaving.total(), distinct.len() as u64);
            prop_assert_eq!(summary.creating_jobs, creating.len() as u64);
            prop_assert_eq!(summary.in_cohort, counted.iter().filter(|s| s.order <= boundary).count() as u64);
            prop_assert_eq!(summary.first_order, counted.iter().map(|s| s.order).min().unwrap_or(0));
            let mut sites = BTreeMap::new();
            for survivor in survivors.iter().filter(|s| s.site != 0) {
                *sites.entry(survivor.site).or_insert(0u64) += 1;
            }
            let top = count_sites(survivors.iter());
            prop_assert!(top.iter().all(|(site, count)| sites[site] == *count));
            prop_assert_eq!(top.len(), sites.len().min(MAX_SITES_PER_KEY));
            prop_assert_eq!(top.first().map(|s| s.1), sites.values().max().copied());
        }

        #[test]
        fn order_of_survivors_does_not_matter(
            mut survivors in prop::collection::vec(any_survivor(), 0..40),
        ) {
            let gate = Gate { major_cut: 5, all_wait: false };
            let forward = summarize(survivors.iter(), gate, 4);
            survivors.reverse();
            prop_assert_eq!(forward, summarize(survivors.iter(), gate, 4));
        }
    }
}
