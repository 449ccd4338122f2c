//! Findings as rows of the report.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::companions::{self, Companion};
use super::finding::Finding;
use super::fingerprint::fingerprint;
use super::model::{EvidenceRow, Holder, Kept, Leak, OutcomeCounts, Returned, SiteCount};
use super::{owners, parts, round, words};
use crate::ledger::batch::ResourceKind;
use crate::ledger::texts::Place;
use crate::verdict::blame::is_only_when_failing;
use crate::verdict::ladder::Certainty;

/// Frames shown per leak.
const MAX_STACK: usize = 12;
/// Places shown per leak.
const MAX_SITES: usize = 5;

/// A leak; `completed_jobs` of its name is what tells "only when it fails" from "always".
#[must_use]
pub fn leak(finding: &Finding, certainty: Certainty, completed_jobs: u64) -> Leak {
    let top = finding.sites.first().map(|(site, _)| site.clone()).unwrap_or_default();
    let kind = finding.key.kind;
    let is_of_library = top.owner.as_deref().is_some_and(owners::is_library);
    Leak {
        fingerprint: fingerprint(kind, &finding.shape_text, finding.job()),
        certainty: if certainty == Certainty::Sure { "sure" } else { "likely" },
        kind: kind.name(),
        description: words::description(kind, &finding.shape),
        job: finding.job().to_owned(),
        per_job: round(finding.rate.mid),
        count: finding.live,
        jobs_finished: finding.finished,
        threads: finding.threads,
        jobs_leaving: OutcomeCounts {
            completed: finding.leaving.completed,
            failed: finding.leaving.failed,
            timed_out: finding.leaving.timed_out,
        },
        site: place(finding),
        sites: finding
            .sites
            .iter()
            .take(MAX_SITES)
            .map(|(site, count)| SiteCount {
                place: site.called_from.as_ref().unwrap_or(&site.place).clone(),
                count: *count,
            })
            .collect(),
        stack: top.frames.iter().take(MAX_STACK).map(ToString::to_string).collect(),
        generated: top.generated,
        called_from: top.called_from,
        owner: top.owner.unwrap_or_else(|| "unknown".to_owned()),
        via: top.via,
        holder: holder(finding),
        held_ms: (finding.carriers.held_ms > 0).then_some(finding.carriers.held_ms),
        fix: match is_of_library {
            true if kind == ResourceKind::Socket => words::FIX_SOCKET.to_owned(),
            true if kind.is_handle() => words::FIX_CLIENT.to_owned(),
            true => words::FIX_STARTED.to_owned(),
            false => words::fix(kind, &finding.shape),
        },
        only_when_failing: is_only_when_failing(finding.leaving, completed_jobs),
        companions: Vec::new(),
        client: None,
        known: None,
        evidence: EvidenceRow {
            windows: finding.windows,
            survivors: finding.live,
            per_job_low: round(finding.rate.low),
            per_job_high: round(finding.rate.high),
            // The ledger knows of two collections or of none.
            collections: if finding.collected > 0 { 2 } else { 0 },
            cohort_alive: round(finding.cohort.alive_share()),
        },
        retained_bytes: None,
        bytes_per_job: None,
        retaining_path: None,
        first_seen: finding.first_seen_ms,
        last_seen: finding.last_seen_ms,
        ignored_because: None,
    }
}

/// Something kept, or not decided yet.
#[must_use]
pub fn kept(finding: &Finding, reason: &'static str, undecided: bool) -> Kept {
    Kept {
        fingerprint: fingerprint(finding.key.kind, &finding.shape_text, finding.job()),
        kind: finding.key.kind.name(),
        description: words::description(finding.key.kind, &finding.shape),
        job: finding.job().to_owned(),
        count: if finding.live == 0 { finding.jobs_waiting } else { finding.live },
        reason,
        undecided,
        site: place(finding),
    }
}

/// A former leak that was released.
#[must_use]
pub fn returned(finding: &Finding) -> Returned {
    Returned {
        fingerprint: fingerprint(finding.key.kind, &finding.shape_text, finding.job()),
        kind: finding.key.kind.name(),
        description: words::description(finding.key.kind, &finding.shape),
        job: finding.job().to_owned(),
        peak: finding.peak,
        now: finding.live,
        site: place(finding),
    }
}

/// Merges what one line registers together and what hangs on a handle, gives equal fingerprints a number, and sorts.
#[must_use]
pub fn arrange(leaks: Vec<Leak>) -> Vec<Leak> {
    let mut leaks = parts::fold(owners::fold(merge_companions(leaks)));
    number_equal_fingerprints(&mut leaks);
    leaks.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    leaks
}

fn place(finding: &Finding) -> Option<Place> {
    finding.sites.first().map(|(site, _)| site.place.clone())
}

fn holder(finding: &Finding) -> Option<Holder> {
    (finding.key.kind == ResourceKind::Listener).then(|| Holder {
        class: finding.shape.owner.clone(),
        event: finding.shape.event.clone(),
        made_by: finding.shape.made_by.clone(),
        owners: finding.carriers.owners,
        listeners_now: finding.carriers.holders,
    })
}

/// Listeners of one line are one mistake: those on something shared, with what a library puts on objects of the same call.
fn merge_companions(leaks: Vec<Leak>) -> Vec<Leak> {
    let has_line = |leak: &Leak| leak.holder.is_some() && call_line(leak).is_some();
    let (listeners, others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(has_line);
    let is_anew = |leak: &Leak| owners::is_library(&leak.owner) && owners::is_on_own(leak);
    let (anew, shared): (Vec<Leak>, Vec<Leak>) = listeners.into_iter().partition(is_anew);
    let mut merged = add_up_lines(shared);
    for leak in add_up_lines(anew) {
        let is_of_call = |one: &&mut Leak| one.job == leak.job && call_line(one) == call_line(&leak);
        match merged.iter_mut().find(is_of_call).filter(|one| !owners::is_on_own(one)) {
            Some(on_shared) => companions::add_part(on_shared, leak),
            None => merged.push(leak),
        }
    }
    merged.extend(others);
    merged
}

/// The line that calls, where it is known, into a library.
fn call_line(leak: &Leak) -> Option<&Place> {
    leak.called_from.as_ref().or(leak.site.as_ref())
}

/// Those that the same job registers on the same line equally often add up to one leak, named by the first event; so do those
/// that a library registers, here and there, for one line of the application. `error` is only mentioned: `events.once()` adds
/// it to whatever it waits for.
fn add_up_lines(leaks: Vec<Leak>) -> Vec<Leak> {
    let mut groups: BTreeMap<(String, Option<Place>, u64), Vec<Leak>> = BTreeMap::new();
    for leak in leaks {
        groups.entry((leak.job.clone(), call_line(&leak).cloned(), leak.count)).or_default().push(leak);
    }
    let mut merged = Vec::new();
    for mut group in groups.into_values() {
        group.sort_by(|a, b| companion_order(a).cmp(&companion_order(b)));
        let mut rest = group.into_iter();
        let Some(mut first) = rest.next() else { continue };
        let mut names = vec![first.description.clone()];
        for leak in rest {
            if !is_for_errors(&leak) && !is_for_errors(&first) {
                add_up(&mut first, &leak);
                names.push(leak.description.clone());
            }
            // What is shared keeps what the same line puts on an object of the job, as `pipe` does.
            if !is_for_errors(&leak) && owners::is_on_own(&first) && !owners::is_on_own(&leak) {
                first.holder.clone_from(&leak.holder);
            }
            first.companions.push(Companion::Named(leak.description));
        }
        first.description = words::listeners(&names);
        merged.push(first);
    }
    merged
}

fn is_for_errors(leak: &Leak) -> bool {
    leak.holder.as_ref().is_some_and(|holder| holder.event.as_deref() == Some("error"))
}

fn add_up(leak: &mut Leak, other: &Leak) {
    leak.per_job = round(leak.per_job + other.per_job);
    leak.count += other.count;
    leak.evidence.survivors += other.evidence.survivors;
    leak.evidence.per_job_low = round(leak.evidence.per_job_low + other.evidence.per_job_low);
    leak.evidence.per_job_high = round(leak.evidence.per_job_high + other.evidence.per_job_high);
}

fn companion_order(leak: &Leak) -> (bool, &Option<String>, &str) {
    const NONE: &Option<String> = &None;
    let event = leak.holder.as_ref().map_or(NONE, |holder| &holder.event);
    (is_for_errors(leak), event, &leak.fingerprint)
}

/// Of equal fingerprints all but the first by place get `-2`, `-3` …
fn number_equal_fingerprints(leaks: &mut [Leak]) {
    leaks.sort_by(|a, b| (&a.fingerprint, &a.site, a.count).cmp(&(&b.fingerprint, &b.site, b.count)));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for leak in leaks {
        let times = seen.entry(leak.fingerprint.clone()).or_default();
        *times += 1;
        if *times > 1 {
            leak.fingerprint = format!("{}-{times}", leak.fingerprint);
        }
    }
}

/// Sure ones first, then those with a place, then what sits on something shared, then by number: an owner that each
/// job makes anew is mostly held by something else on the list.
fn sort_key(leak: &Leak) -> (bool, bool, bool, Reverse<u64>, &str, &Option<Place>, &str) {
    let has_no_place = leak.site.as_ref().is_none_or(|site| site.file.is_none());
    let count = Reverse(leak.count);
    let is_on_own = owners::is_on_own(leak);
    (leak.certainty != "sure", has_no_place, is_on_own, count, &leak.job, &leak.site, &leak.fingerprint)
}

#[cfg(test)]
#[path = "leaks_tests.rs"]
pub(super) mod tests;
