//! Jobs of the report: finished by name, and open for long.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::finding::{self, Mapped};
use super::model::{Held, JobRow, OpenJobRow};
use super::words;
use crate::ledger::RunView;
use crate::ledger::batch::JobCounts;
use crate::ledger::book::{OpenJob, add_counts};
use crate::ledger::intern::OTHER;
use crate::ledger::texts::Shape;
use crate::verdict::stuck::{Peers, is_stuck};

/// Jobs by name over all threads, ended ones included.
#[must_use]
pub fn job_totals(view: &RunView<'_>) -> BTreeMap<u32, JobCounts> {
    let mut totals = view.retired.jobs.clone();
    for (name, counts) in view.books.iter().flat_map(|(_, book)| book.jobs()) {
        let total = totals.entry(*name).or_default();
        *total = add_counts(total, counts);
    }
    totals
}

/// Rows by name, as of each thread's last pass.
#[must_use]
pub fn job_rows(view: &RunView<'_>, totals: &BTreeMap<u32, JobCounts>) -> Vec<JobRow> {
    let mut rows: Vec<JobRow> = totals
        .iter()
        .filter(|(_, counts)| counts.open + counts.now.iter().sum::<u64>() > 0)
        .map(|(name, counts)| JobRow {
            name: name_text(view, *name),
            completed: counts.now[0],
            failed: counts.now[1],
            timed_out: counts.now[2],
            open: counts.open,
        })
        .collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    rows
}

/// Jobs open for long, the longest first.
#[must_use]
pub fn open_rows(view: &RunView<'_>, mapped: &Mapped, totals: &BTreeMap<u32, JobCounts>) -> Vec<OpenJobRow> {
    let books = view.books.iter().copied();
    let mut jobs: Vec<(u32, &OpenJob)> =
        books.flat_map(|(thread, book)| book.open_jobs().iter().map(move |job| (thread, job))).collect();
    jobs.sort_by_key(|(thread, job)| (Reverse(job.open_for_ms), *thread, job.job_id));
    jobs.into_iter().map(|(thread, job)| open_row(view, mapped, totals, (thread, job))).collect()
}

fn open_row(
    view: &RunView<'_>,
    mapped: &Mapped,
    totals: &BTreeMap<u32, JobCounts>,
    (thread, job): (u32, &OpenJob),
) -> OpenJobRow {
    let peers = totals.get(&job.name).copied().unwrap_or_default();
    let peers = Peers {
        grace_ms: view.settings.grace_ms,
        finished: peers.finished(),
        mean_ms: as_float(peers.mean_ms),
        max_ms: as_float(peers.max_ms),
    };
    let last_site = finding::site(view, mapped, job.last_site).map(|site| site.place);
    OpenJobRow {
        job: name_text(view, job.name),
        job_id: job.host_id.clone(),
        thread,
        open_for_ms: job.open_for_ms,
        stuck: is_stuck(as_float(job.open_for_ms), peers),
        last_site: last_site.filter(|place| place.file.is_some()),
        holds: holds(view, job),
    }
}

/// What it holds: the same words add up.
fn holds(view: &RunView<'_>, job: &OpenJob) -> Vec<Held> {
    let mut counts: BTreeMap<(u32, String), Held> = BTreeMap::new();
    for (kind, shape, count) in &job.held {
        let shape = view.texts.shapes.text(*shape).map_or_else(Shape::default, |text| Shape::parse(&text));
        let description = words::description(*kind, &shape);
        let held = counts.entry((kind.wire(), description.clone()));
        let held = held.or_insert(Held { kind: kind.name(), description, count: 0 });
        held.count = held.count.saturating_add(*count);
    }
    let mut holds: Vec<Held> = counts.into_values().collect();
    holds.sort_by_key(|held| Reverse(held.count));
    holds
}

fn name_text(view: &RunView<'_>, name: u32) -> String {
    view.texts.names.text(name).map_or_else(|| OTHER.to_owned(), |text| text.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "words of a batch stay below 2^53")]
fn as_float(ms: u64) -> f64 {
    ms as f64
}
