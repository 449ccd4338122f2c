//! Rows of the heap that are one mistake: objects held alike that all become larger, and what grows on entries of something
//! that grows itself, as the list that each forgotten listener fills.

use super::heap_facts::{Bytes, KeeperFacts, StepFacts};

/// Objects that become larger, those that are held alike in one row.
#[must_use]
pub fn joined<'a>(objects: impl Iterator<Item = &'a KeeperFacts>) -> Vec<KeeperFacts> {
    let mut rows: Vec<KeeperFacts> = Vec::new();
    for object in objects {
        match rows.iter_mut().find(|row| is_alike(row, object)) {
            Some(row) => join(row, object),
            None => rows.push(object.clone()),
        }
    }
    rows
}

fn is_alike(row: &KeeperFacts, other: &KeeperFacts) -> bool {
    row.status == other.status && row.site == other.site && row.path == other.path
}

fn join(row: &mut KeeperFacts, other: &KeeperFacts) {
    row.scattered = true;
    row.per_job += other.per_job;
    row.per_job_low += other.per_job_low;
    row.per_job_high += other.per_job_high;
    row.bytes_per_job += other.bytes_per_job;
    let sums = row.bytes.each().iter().zip(other.bytes.each()).map(|(one, other)| one.saturating_add(*other));
    row.bytes = Bytes::Each(sums.collect());
}

/// Keepers, and objects that become larger (`true`); what hangs on entries of another one comes after all others.
pub fn entries_first<'a>(
    keepers: &'a [KeeperFacts],
    objects: &'a [KeeperFacts],
) -> impl Iterator<Item = (&'a KeeperFacts, bool)> {
    let hangs = |row: &KeeperFacts| keepers.iter().any(|of| hangs_on_entries(row, of));
    let all = keepers.iter().map(|keeper| (keeper, false));
    let all = all.chain(objects.iter().map(|object| (object, true)));
    let (hanging, others): (Vec<_>, Vec<_>) = all.partition(|(row, _)| hangs(row));
    others.into_iter().chain(hanging)
}

/// Whether a row is in several objects that hang on entries of another one: without those entries it would not be there. On one
/// entry alone it may be a mistake of its own, as in the first of many stores.
#[must_use]
pub fn hangs_on_entries(row: &KeeperFacts, of: &KeeperFacts) -> bool {
    let Some((entry, above)) = of.path.split_last() else { return false };
    let is_entry = |step: &StepFacts| {
        (&step.to, &step.to_type, &step.place) == (&entry.to, &entry.to_type, &entry.place)
    };
    row.scattered
        && of.counts_entries
        && row.path.len() > of.path.len()
        && row.path.starts_with(above)
        && row.path.get(above.len()).is_some_and(is_entry)
}
