//! What one pass says about one key, boiled down from its survivors as they come.
//!
//! No survivor is kept: distinct jobs, sites and how many of the first cohort are alive are counted slice by slice, and
//! when the pass is complete only a [`Summary`] stays. A leak of a million listeners then costs the ledger no more than
//! one of three.

use std::collections::HashMap;

use super::batch::{FLAG_LATE, FLAG_TARGET, FLAG_WEAK, Survivor};
use super::distinct::{Distinct, Jobs};
use crate::verdict::blame::Outcomes;

/// Sites kept per key, the most frequent ones.
pub const MAX_SITES_PER_KEY: usize = 8;

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
    /// Smallest moment, see [`Survivor::moment`].
    pub first_moment: u64,
    /// Largest moment.
    pub last_moment: u64,
    /// Distinct jobs whose survivors still wait for a collection.
    pub jobs_waiting: u64,
}

/// How far a survivor is proven to be reachable.
#[derive(Debug, Clone, Copy)]
enum Proof {
    /// It lived through two major collections after its job.
    Collected,
    /// Its owner is in hand.
    Owner,
    /// It rests on a weak reference alone.
    Weak,
}

/// Survivors of one proof.
#[derive(Debug, Default)]
struct Group {
    jobs: Jobs,
    live: u64,
    late: u64,
    weak: u64,
    in_cohort: u64,
    first_moment: u64,
    last_moment: u64,
}

/// Survivors of one key so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// By [`Proof`]; most keys have one.
    groups: [Option<Box<Group>>; 3],
    sites: HashMap<u32, u64>,
    /// One of them is a listener on an `EventTarget`.
    pub has_target: bool,
}

impl Tally {
    /// Counts one survivor of the present slice. Those older than `major_cut` lived through two major collections, those up
    /// to the moment `cohort_boundary` belong to the first cohort.
    pub fn add(&mut self, survivor: &Survivor, major_cut: u64, cohort_boundary: u64) {
        let is_weak = survivor.flags & FLAG_WEAK != 0;
        let proof = match (survivor.is_older_than(major_cut), is_weak) {
            (true, _) => Proof::Collected,
            (false, false) => Proof::Owner,
            (false, true) => Proof::Weak,
        };
        let group = self.groups[proof as usize].get_or_insert_default();
        group.jobs.add(survivor);
        let moment = survivor.moment();
        group.first_moment = if group.live == 0 { moment } else { group.first_moment.min(moment) };
        group.last_moment = group.last_moment.max(moment);
        group.live += 1;
        group.late += u64::from(survivor.flags & FLAG_LATE != 0);
        group.weak += u64::from(is_weak);
        group.in_cohort += u64::from(moment <= cohort_boundary);
        self.has_target |= survivor.flags & FLAG_TARGET != 0;
        if survivor.site != 0 {
            *self.sites.entry(survivor.site).or_default() += 1;
        }
    }

    /// The slice is complete.
    pub fn end_slice(&mut self) {
        for group in self.groups.iter_mut().flatten() {
            group.jobs.end_slice();
        }
    }

    /// What they amount to. With `all_wait` all of the key wait for two major collections, not only those with a weak
    /// reference alone.
    #[must_use]
    pub fn summary(&mut self, all_wait: bool) -> Summary {
        let counted: &[Proof] =
            if all_wait { &[Proof::Collected] } else { &[Proof::Collected, Proof::Owner] };
        let [collected, owner, weak] = &mut self.groups;
        let jobs = if all_wait { count(collected, &mut None) } else { count(collected, owner) };
        let waiting = if all_wait { count(owner, weak) } else { count(weak, &mut None) };
        let mut summary = Summary {
            leaving: jobs.leaving,
            creating_jobs: jobs.creating,
            jobs_waiting: waiting.leaving.total(),
            ..Summary::default()
        };
        for proof in counted {
            let Some(group) = &self.groups[*proof as usize] else { continue };
            let is_first = summary.live == 0;
            summary.first_moment =
                if is_first { group.first_moment } else { summary.first_moment.min(group.first_moment) };
            summary.last_moment = summary.last_moment.max(group.last_moment);
            summary.live += group.live;
            summary.late += group.late;
            summary.weak += group.weak;
            summary.in_cohort += group.in_cohort;
        }
        summary.collected = self.groups[Proof::Collected as usize].as_ref().map_or(0, |group| group.live);
        summary
    }

    /// The most frequent sites with their counts, by falling count, then by id; unknown ones (0) left out.
    #[must_use]
    pub fn sites(&self) -> Vec<(u32, u64)> {
        let mut counts: Vec<(u32, u64)> = self.sites.iter().map(|(site, count)| (*site, *count)).collect();
        counts.sort_unstable_by_key(|&(site, count)| (std::cmp::Reverse(count), site));
        counts.truncate(MAX_SITES_PER_KEY);
        counts.shrink_to_fit();
        counts
    }

    /// Bytes it holds beside its own size, estimated.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let groups: usize =
            self.groups.iter().flatten().map(|group| size_of::<Group>() + group.jobs.bytes()).sum();
        groups + self.sites.capacity() * (size_of::<(u32, u64)>() + 1)
    }
}

/// Distinct jobs of two groups. What a job made while it was open and what it made later may be in different ones.
fn count(one: &mut Option<Box<Group>>, other: &mut Option<Box<Group>>) -> Distinct {
    match (one, other) {
        (Some(one), Some(other)) => one.jobs.count_with(&mut other.jobs),
        (Some(group), None) | (None, Some(group)) => group.jobs.count(),
        (None, None) => Distinct::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn left(origin: u64, order: u64, site: u32, flags: u8) -> Survivor {
        Survivor { origin, order, born_at: 0, site, flags, is_ever_young: false }
    }

    fn tally(survivors: &[Survivor], major_cut: u64, boundary: u64) -> Tally {
        let mut tally = Tally::default();
        for survivor in survivors {
            tally.add(survivor, major_cut, boundary);
        }
        tally.end_slice();
        tally
    }

    fn summarize(survivors: &[Survivor], boundary: u64) -> Summary {
        tally(survivors, u64::MAX, boundary).summary(false)
    }

    #[test]
    fn survivor_takes_at_most_32_bytes() {
        assert!(size_of::<Survivor>() <= 32);
    }

    #[test]
    fn jobs_count_once_however_much_they_left() {
        let survivors = [left(1, 1, 5, 0), left(1, 1, 5, 0), left(2, 2, 6, 1), left(3, 3, 5, 2)];
        let summary = summarize(&survivors, 1);
        assert_eq!(summary.live, 4);
        assert_eq!(summary.leaving, Outcomes { completed: 1, failed: 1, timed_out: 1 });
        assert_eq!((summary.in_cohort, summary.first_moment, summary.last_moment), (2, 1, 3));
        assert_eq!(tally(&survivors, u64::MAX, 0).sites(), [(5, 3), (6, 1)]);
    }

    #[test]
    fn late_survivors_of_one_job_count_by_moment() {
        let survivors: Vec<_> =
            (1..=10).map(|born_at| Survivor { born_at, ..left(7, 1, 0, FLAG_LATE) }).collect();
        let summary = summarize(&survivors, 0);
        assert_eq!((summary.leaving.total(), summary.creating_jobs, summary.late), (10, 1, 10));
        assert_eq!((summary.first_moment, summary.last_moment), (1, 10));
    }

    #[test]
    fn one_shot_timers_of_a_loop_go_by_the_job_that_started_it() {
        let rounds: Vec<_> = (5..9)
            .map(|born_at| Survivor { born_at, is_ever_young: true, ..left(1, 1, 0, FLAG_LATE) })
            .collect();
        let summary = tally(&rounds, 1, 1).summary(false);
        assert_eq!((summary.collected, summary.in_cohort), (4, 4));
        assert_eq!((summary.first_moment, summary.last_moment), (1, 1));
        assert_eq!((summary.leaving.total(), summary.creating_jobs), (4, 1));
    }

    #[test]
    fn what_a_job_made_later_is_proven_later_and_is_still_one_job() {
        let survivors = [left(7, 1, 0, 0), Survivor { born_at: 3, ..left(7, 1, 0, FLAG_LATE) }];
        let collected = |cut| tally(&survivors, cut, 0).summary(false).collected;
        // A collection while the counter stood at 3 may have been before it was made.
        assert_eq!((collected(1), collected(3), collected(4)), (1, 1, 2));
        let summary = tally(&survivors, 1, 0).summary(false);
        assert_eq!((summary.live, summary.leaving.total(), summary.creating_jobs), (2, 2, 1));
    }

    #[test]
    fn survivors_outside_any_job_have_no_creating_job() {
        let survivors: Vec<_> = (1..=4).map(|order| left(0, order, 0, 0)).collect();
        let summary = summarize(&survivors, 0);
        assert_eq!((summary.leaving.total(), summary.creating_jobs), (4, 0));
    }

    #[test]
    fn weak_ones_wait_until_two_major_collections() {
        let survivors = [left(1, 1, 0, FLAG_WEAK), left(2, 2, 0, FLAG_WEAK), left(3, 3, 0, 0)];
        let summary = tally(&survivors, 1, 0).summary(false);
        assert_eq!((summary.live, summary.jobs_waiting, summary.weak, summary.collected), (2, 1, 1, 1));
        let all_wait = tally(&survivors, 1, 0).summary(true);
        assert_eq!((all_wait.live, all_wait.jobs_waiting), (1, 2));
    }

    /// A job has one end and one outcome, whatever it left.
    fn any_survivor() -> impl Strategy<Value = Survivor> {
        (0u64..12, 1u64..12, 0u32..14, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(origin, moment, site, is_late, weak, is_ever_young)| {
                let late = if is_late || origin == 0 { FLAG_LATE } else { 0 };
                let order = if origin == 0 { moment } else { origin };
                let born_at = if late == 0 { 0 } else { moment };
                let outcome = u8::try_from(origin % 3).unwrap_or(0);
                let flags = outcome | late | if weak { FLAG_WEAK } else { 0 };
                Survivor { born_at, is_ever_young, ..left(origin, order, site, flags) }
            },
        )
    }

    proptest! {
        #[test]
        fn summary_agrees_with_plain_counting(
            survivors in prop::collection::vec(any_survivor(), 0..80),
            major_cut in 0u64..12, all_wait: bool, boundary in 0u64..12,
        ) {
            let mut all = tally(&survivors, major_cut, boundary);
            let summary = all.summary(all_wait);
            let (counted, waiting): (Vec<&Survivor>, Vec<&Survivor>) = survivors
                .iter()
                .partition(|s| s.is_older_than(major_cut) || (!all_wait && s.flags & FLAG_WEAK == 0));
            let moment = |s: &Survivor| s.moment();
            let round = |s: &Survivor| if s.born_at == 0 { s.order } else { s.born_at };
            let distinct = |of: &[&Survivor]| of.iter().map(|s| (s.origin, round(s))).collect::<BTreeSet<_>>();
            let creating: BTreeSet<_> = counted.iter().map(|s| s.origin).filter(|o| *o != 0).collect();
            prop_assert_eq!(summary.live, counted.len() as u64);
            prop_assert_eq!(summary.leaving.total(), distinct(&counted).len() as u64);
            prop_assert_eq!(summary.jobs_waiting, distinct(&waiting).len() as u64);
            prop_assert_eq!(summary.creating_jobs, creating.len() as u64);
            prop_assert_eq!(summary.in_cohort, counted.iter().filter(|s| moment(s) <= boundary).count() as u64);
            prop_assert_eq!(summary.first_moment, counted.iter().map(|s| moment(s)).min().unwrap_or(0));
            prop_assert_eq!(summary.last_moment, counted.iter().map(|s| moment(s)).max().unwrap_or(0));
            let mut sites = BTreeMap::new();
            for survivor in survivors.iter().filter(|s| s.site != 0) {
                *sites.entry(survivor.site).or_insert(0u64) += 1;
            }
            let top = all.sites();
            prop_assert!(top.iter().all(|(site, count)| sites[site] == *count));
            prop_assert_eq!(top.len(), sites.len().min(MAX_SITES_PER_KEY));
            prop_assert_eq!(top.first().map(|s| s.1), sites.values().max().copied());
        }

        #[test]
        fn order_of_survivors_does_not_matter(
            mut survivors in prop::collection::vec(any_survivor(), 0..40), all_wait: bool,
        ) {
            let forward = tally(&survivors, 5, 4).summary(all_wait);
            survivors.reverse();
            prop_assert_eq!(forward, tally(&survivors, 5, 4).summary(all_wait));
        }
    }
}
