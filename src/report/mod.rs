//! Reports: the ledger's evidence and the verdict on it, with the facts of the JavaScript side.
//!
//! Equal ledgers and facts give equal reports, byte for byte: everything is sorted, nothing is asked of the clock.

mod clients;
mod companions;
pub mod facts;
pub mod finding;
pub mod fingerprint;
pub mod heap;
mod heap_alike;
mod heap_carriers;
pub mod heap_facts;
pub mod heap_growth;
mod heap_growth_rows;
pub mod heap_leaks;
pub mod heap_names;
mod heap_paths;
pub mod heap_retainers;
pub mod heap_series;
pub mod ignore;
mod known;
pub mod leaks;
mod memory;
pub mod model;
mod open;
mod owners;
mod parts;
pub mod words;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::clients::Maker;
use self::facts::{CheckFacts, Construction, Facts, MemoryFacts};
use self::finding::Finding;
use self::model::{Kept, Leak, NextStep, Report, Returned, SCHEMA_VERSION};
use crate::ledger::{Dropped, RunView};
use crate::verdict::Mode;
use crate::verdict::blame::Blame;
use crate::verdict::heap_steps::{HeapProgress, MIN_SNAPSHOTS};
use crate::verdict::ladder::{Certainty, Status};
use crate::verdict::next::{Progress, next};
use crate::verdict::overall::{Sum, Verdict, overall};
use crate::verdict::suspicion::{Suspicion, suspicion};

/// Rows shown of each list that is information only; a note says how many more there are.
pub const MAX_ROWS: usize = 100;
/// Why a leftover that may be a leak is kept.
const ACCEPTED: &str = "accepted by the baseline";

/// Findings sorted into the lists of the report.
#[derive(Default)]
struct Sorted {
    leaks: Vec<Leak>,
    accepted: Vec<Leak>,
    kept: Vec<Kept>,
    returned: Vec<Returned>,
    notes: Vec<String>,
}

/// Builds the report of a run.
#[must_use]
pub fn build(view: &RunView<'_>, facts: &Facts) -> Report {
    let totals = open::job_totals(view);
    let completed = totals.values().fold(0, |sum: u64, counts| sum.saturating_add(counts.completed));
    // A thread that ended before its leftovers were looked at has shown nothing.
    let finished_all =
        view.books.iter().map(|(_, book)| book.finished_all()).sum::<u64>() + view.retired.looked_at;
    let mut open_jobs = open::open_rows(view, &facts.sites, &totals);
    let is_strict = facts.check.as_ref().is_some_and(|check| check.strict);
    let mut sorted = Sorted::default();
    for finding in finding::findings(view, &facts.sites) {
        let completed_jobs = totals.get(&finding.key.name).map_or(0, |counts| counts.completed);
        sorted.place(&finding, completed_jobs, is_strict);
    }
    sorted.add_heap(view, facts);
    let makers = makers(view, facts);
    clients::name_makers(&mut sorted.leaks, &makers);
    let mut sorted = sorted.arranged(facts);
    for leak in sorted.leaks.iter_mut().chain(&mut sorted.accepted) {
        clients::name_client(leak, &makers);
        known::name_known(leak);
    }
    let obstacles = facts.check.as_ref().map_or(&[][..], |check| &check.obstacles);
    let unseen = unseen_growth(facts);
    let (verdict, missing) = overall(&Sum {
        mode: view.settings.mode,
        leaks: sorted.leaks.len(),
        undecided: sorted.undecided(),
        finished: finished_all,
        completed,
        stuck: open_jobs.iter().filter(|job| job.stuck).count(),
        unwatched: facts.unwatched(),
        fixed_jobs: facts.check.as_ref().and_then(|check| check.fixed_jobs),
        strict: is_strict,
        obstacles: obstacles.len() + usize::from(unseen.as_ref().is_some_and(|(_, is_sure)| *is_sure)),
    });
    // Nothing is said against what was found; nothing vouches for what was not looked at.
    let verdict = if facts.paused && verdict == Verdict::Clean { Verdict::Inconclusive } else { verdict };
    let next = facts.check.as_ref().map(|check| next_step(check, facts, finished_all, &sorted));
    let mut notes = facts.notes.clone();
    notes.append(&mut sorted.notes);
    notes.extend(missing);
    notes.extend_from_slice(obstacles);
    notes.extend(unseen.map(|(sentence, _)| sentence));
    shorten(&mut sorted.kept, "kept", &mut notes);
    shorten(&mut sorted.returned, "returned", &mut notes);
    shorten(&mut open_jobs, "open jobs", &mut notes);
    let mut threads = facts.threads.clone();
    shorten(&mut threads, "threads", &mut notes);
    Report {
        schema_version: SCHEMA_VERSION,
        worker: facts.worker.clone(),
        mode: if view.settings.mode == Mode::Check { "check" } else { "production" },
        verdict: verdict_text(verdict),
        leaks: sorted.leaks,
        accepted: sorted.accepted,
        kept: sorted.kept,
        returned: sorted.returned,
        open_jobs,
        jobs: open::job_rows(view, &totals),
        threads,
        memory: memory::memory(facts.memory.as_ref().unwrap_or(&MemoryFacts::default())),
        own: with_dropped(&facts.own, view.dropped()),
        notes,
        env: Value::Object(facts.env.clone().unwrap_or_default()),
        job_errors: facts.job_errors.clone(),
        next,
    }
}

/// Ids of the call sites that a report of the run may show, each once, in order.
#[must_use]
pub fn sites(view: &RunView<'_>) -> Vec<u32> {
    let of_keys =
        view.books.iter().flat_map(|(_, book)| book.keys()).flat_map(|(_, state)| &state.last.sites);
    let of_open = view.books.iter().flat_map(|(_, book)| book.open_jobs()).map(|job| job.last_site);
    let known = of_keys.map(|(site, _)| *site).chain(of_open).filter(|site| *site != 0);
    known.collect::<BTreeSet<u32>>().into_iter().collect()
}

/// Where the application constructs what libraries offer.
fn makers(view: &RunView<'_>, facts: &Facts) -> Vec<Maker> {
    let maker = |made: &Construction| {
        let site = finding::site(view, &facts.sites, made.site)?;
        Some(Maker {
            job: made.job.clone(),
            owner: made.owner.clone(),
            by: made.by.clone(),
            at: site.called_from.unwrap_or(site.place),
            count: made.count,
            class: made.class.clone(),
            is_direct: made.is_direct,
            alive: made.alive,
        })
    };
    facts.constructions.iter().filter_map(maker).collect()
}

impl Sorted {
    /// Puts one finding where its status says.
    fn place(&mut self, finding: &Finding, completed_jobs: u64, is_strict: bool) {
        let certainty = match finding.status {
            Status::Leak(certainty) => Some(certainty),
            // The user said that anything retained is a leak; one job alone may still be a singleton.
            _ if is_strict && finding.live > 0 => {
                Some(if finding.leaving.total() > 1 { Certainty::Sure } else { Certainty::Likely })
            }
            _ => None,
        };
        if let Some(certainty) = certainty {
            self.note_loop(finding);
            return self.leaks.push(leaks::leak(finding, certainty, completed_jobs));
        }
        match finding.status {
            Status::Kept(reason) => self.kept.push(leaks::kept(finding, reason.text(), false)),
            Status::Undecided(reason) => self.kept.push(leaks::kept(finding, reason.text(), true)),
            Status::Returned => self.returned.push(leaks::returned(finding)),
            Status::Gone | Status::Leak(_) => {}
        }
    }

    /// Puts what grew between snapshots where it belongs.
    fn add_heap(&mut self, view: &RunView<'_>, facts: &Facts) {
        let now_ms = facts.now_ms.unwrap_or(0.0).max(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time")]
        let now_ms = now_ms as u64;
        let rows = heap_leaks::rows(view, &facts.sites, &facts.heap, now_ms, &mut self.leaks, &self.kept);
        self.leaks.extend(rows.leaks);
        self.kept.extend(rows.kept);
    }

    /// Says which job started the loop that is blamed.
    fn note_loop(&mut self, finding: &Finding) {
        if finding.blame == Blame::BetweenJobs && *finding.creator != *finding.job() {
            let id = fingerprint::fingerprint(finding.key.kind, &finding.shape_text, finding.job());
            self.notes.push(format!("{id}: created by work that a {} job started", finding.creator));
        }
    }

    /// Everything in its order, and what a baseline accepts apart.
    fn arranged(mut self, Facts { accepted, ignore, .. }: &Facts) -> Self {
        let mut leaks = leaks::arrange(self.leaks);
        for leak in &mut leaks {
            leak.ignored_because = ignore::reason_for_leak(ignore, leak).map(str::to_owned);
        }
        let is_accepted =
            |leak: &Leak| leak.ignored_because.is_some() || accepted.contains(&leak.fingerprint);
        (self.accepted, self.leaks) = leaks.into_iter().partition(is_accepted);
        for kept in &mut self.kept {
            // It was called a leak before: whether it is one this time too decides nothing.
            let is_accepted = accepted.contains(&kept.fingerprint) || ignore::is_kept_ignored(ignore, kept);
            if kept.undecided && is_accepted {
                (kept.undecided, kept.reason) = (false, ACCEPTED);
            }
        }
        self.kept.sort_by(|a, b| {
            (!a.undecided, b.count, &a.job, &a.description, &a.site, a.reason).cmp(&(
                !b.undecided,
                a.count,
                &b.job,
                &b.description,
                &b.site,
                b.reason,
            ))
        });
        self.returned.sort_by(|a, b| {
            (b.peak, &a.job, &a.fingerprint, &a.site).cmp(&(a.peak, &b.job, &b.fingerprint, &b.site))
        });
        self.notes.sort();
        self.notes.dedup();
        self
    }

    fn undecided(&self) -> usize {
        self.kept.iter().filter(|kept| kept.undecided).count()
    }
}

fn next_step(check: &CheckFacts, facts: &Facts, finished: u64, sorted: &Sorted) -> NextStep {
    let heap = &facts.heap;
    let readings: Vec<u64> = heap.readings.iter().map(|reading| reading.jobs).collect();
    // What is accepted takes as many jobs to tell as what is not.
    let leaks = sorted.leaks.len() + sorted.accepted.len();
    let progress = Progress {
        finished,
        hanging: check.hanging,
        fixed_jobs: check.fixed_jobs,
        elapsed_ms: check.elapsed_ms,
        used_ms: check.used_ms,
        can_afford_more: check.can_afford_more,
        budget_over: check.budget_over,
        retained: leaks > 0 || !sorted.kept.is_empty(),
        undecided: sorted.undecided() + sorted.kept.iter().filter(|kept| kept.reason == ACCEPTED).count(),
        leaks,
        heap: HeapProgress {
            readings: &readings,
            suspicion: suspicion_of(facts),
            snapshots: &heap.snapshots,
            is_out_of_reach: heap.out_of_reach.is_some(),
        },
    };
    let (action, reason) = next(&progress).words();
    NextStep { action, reason }
}

/// What may grow and where no snapshot could tell; decides where it is beyond doubt.
fn unseen_growth(facts: &Facts) -> Option<(String, bool)> {
    let is_late = facts.check.as_ref().is_some_and(|check| check.budget_over)
        && facts.heap.snapshots.len() < MIN_SNAPSHOTS
        && suspicion_of(facts) == Some(Suspicion::Strong);
    let reason = facts.heap.out_of_reach.as_deref().or_else(|| is_late.then_some("the time was up"))?;
    let is_sure = facts.memory.as_ref().is_some_and(memory::grows_surely);
    let grows = if is_sure { "memory grows" } else { "memory may grow" };
    Some((format!("{grows} with the jobs, and no snapshot of the heap tells where: {reason}"), is_sure))
}

/// Nothing before it was asked for; where no check asks, nothing is suspected.
fn suspicion_of(facts: &Facts) -> Option<Suspicion> {
    if facts.heap.job.is_empty() {
        return Some(Suspicion::None);
    }
    if facts.heap.readings.is_empty() {
        return None;
    }
    let grows = facts.memory.as_ref().is_some_and(memory::grows_surely);
    let found = suspicion(&facts.heap.readings());
    Some(if grows { Suspicion::Strong } else { found })
}

const fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Leaks => "leaks",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Cuts a list of information to [`MAX_ROWS`] and says so.
fn shorten<T>(rows: &mut Vec<T>, list: &str, notes: &mut Vec<String>) {
    if rows.len() > MAX_ROWS {
        notes.push(format!("{} more {list} are not shown", rows.len() - MAX_ROWS));
        rows.truncate(MAX_ROWS);
    }
}

/// What holdover cost, with what the ledger dropped; figures of the JavaScript side stay beside them.
fn with_dropped(own: &Map<String, Value>, dropped: Dropped) -> Map<String, Value> {
    let mut own = own.clone();
    let counts = own.entry("dropped").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(counts) = counts {
        counts.insert("names".to_owned(), dropped.names.into());
        counts.insert("shapes".to_owned(), dropped.shapes.into());
        counts.insert("sites".to_owned(), dropped.sites.into());
        counts.insert("keys".to_owned(), dropped.keys.into());
    }
    own
}

/// Four decimals, or six for what is nearly nothing: enough for one leftover in a hundred thousand jobs.
fn round(value: f64) -> f64 {
    let scale = if value.abs() < 0.01 { 1e6 } else { 1e4 };
    (value * scale).round() / scale
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
