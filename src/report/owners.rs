//! What hangs on what: a handle that a job leaves open brings listeners with it, which are no findings of their own.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::clients::is_whole_share;
use super::companions::{add_named, add_part, keep_also};
use super::heap_leaks::{SAME_RATE, float};
use super::heap_names::HeapKind;
use super::model::{Leak, OutcomeCounts};
use crate::ledger::batch::ResourceKind;
use crate::ledger::intern::BETWEEN_JOBS;
use crate::ledger::texts::Place;

/// What Node gives a server for each connection or request.
const OF_SERVER: [&str; 7] = [
    "Socket",
    "TLSSocket",
    "IncomingMessage",
    "ServerResponse",
    "ServerHttp2Stream",
    "Http2ServerRequest",
    "Http2ServerResponse",
];

/// Whether an owner, as in the report, is a package and neither the application nor Node.
#[must_use]
pub fn is_library(owner: &str) -> bool {
    owner.starts_with("library:")
}

/// Names what comes with a handle in the handle's finding, and takes it off the list.
#[must_use]
pub fn fold(leaks: Vec<Leak>) -> Vec<Leak> {
    let (handles, others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_handle);
    let is_port = |leak: &Leak| leak.kind == ResourceKind::Port.name();
    // A worker talks through ports.
    let (ports, mut handles): (Vec<Leak>, Vec<Leak>) = handles.into_iter().partition(is_port);
    let ports = fold_into(&mut handles, ports);
    handles.extend(ports);
    let servers = servers(&handles, &others);
    let others = fold_into(&mut handles, others);
    let mut apart = fold_connections(&mut handles, others, &servers);
    let (on_own, others) = apart.into_iter().partition(is_part_of_own);
    apart = others;
    let on_own = fold_parts(&mut apart, on_own);
    apart.extend(on_own);
    handles.extend(fold_libraries(fold_kept_owners(apart)));
    fold_calls(handles)
}

/// Adds to the handles what comes with one; the others are returned.
fn fold_into(handles: &mut [Leak], mut others: Vec<Leak>) -> Vec<Leak> {
    others.sort_by(|a, b| part_order(a).cmp(&part_order(b)));
    let mut apart = Vec::new();
    for leak in others {
        match handles.iter_mut().find(|handle| comes_with(&leak, handle)) {
            Some(handle) => add_part(handle, leak),
            None => apart.push(leak),
        }
    }
    apart
}

/// By what it is and by what it is on.
fn part_order(leak: &Leak) -> (&str, Option<&str>, &str, &str) {
    let class = leak.holder.as_ref().and_then(|holder| holder.class.as_deref());
    (leak.kind, class, &leak.description, &leak.fingerprint)
}

/// Listeners on an object of Node's or of a library that each job makes anew: nobody would see them if something did not hold
/// that object.
fn is_part_of_own(leak: &Leak) -> bool {
    is_on_own(leak) && is_by_other(leak)
}

/// Node or a library made the object, or the listener.
pub(super) fn is_by_other(leak: &Leak) -> bool {
    is_made_by_node(leak) || is_library(made_by(leak)) || leak.via.as_deref() == Some("node")
}

/// What a library makes for one call of the application, a timer and its entry in a table, is one mistake.
fn fold_calls(leaks: Vec<Leak>) -> Vec<Leak> {
    let is_called = |leak: &Leak| is_library(&leak.owner) && leak.called_from.is_some();
    let (mut called, mut others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_called);
    called.sort_by(|a, b| call_order(a).cmp(&call_order(b)));
    let mut firsts: Vec<Leak> = Vec::new();
    for leak in called {
        let is_same_call = |first: &&mut Leak| {
            let is_of_job = first.job == leak.job && first.only_when_failing == leak.only_when_failing;
            is_of_job && is_called_alike(first, &leak) && is_whole_share(leak.count, first.count)
        };
        match firsts.iter_mut().find(is_same_call) {
            Some(first) => add_part(first, leak),
            None => firsts.push(leak),
        }
    }
    others.append(&mut firsts);
    others
}

/// The column of what piles up in the heap is that of a name.
fn is_called_alike(a: &Leak, b: &Leak) -> bool {
    a.called_from == b.called_from || (is_of_heap(a) || is_of_heap(b)) && line_number(a) == line_number(b)
}

/// What says most comes first, and sure before likely.
pub(super) fn call_order(leak: &Leak) -> (bool, usize, &str) {
    let kinds = ["interval", "timeout", "immediate", "listener"];
    let of_kind = kinds.iter().position(|kind| *kind == leak.kind);
    let rank = if is_handle(leak) { 0 } else { of_kind.map_or(kinds.len() + 1, |at| at + 1) };
    (leak.certainty != "sure", rank, &leak.fingerprint)
}

/// Where it is known on what those objects pile up, that is the finding; where that is a variable of Node's own, the line that
/// makes them is.
fn fold_parts(apart: &mut Vec<Leak>, parts: Vec<Leak>) -> Vec<Leak> {
    let mut left = Vec::new();
    for mut part in parts {
        match apart.iter().position(|leak| holds(leak, &part)) {
            Some(at) if line(&apart[at]).is_some() => add_named(&mut apart[at], part),
            Some(at) => {
                keep_also(&mut part, apart.swap_remove(at));
                left.push(part);
            }
            None => left.push(part),
        }
    }
    left
}

/// As many things pile up in the heap as there are such objects.
fn holds(leak: &Leak, part: &Leak) -> bool {
    let owners = part.holder.as_ref().map_or(0, |holder| holder.owners);
    let rate = float(owners) / float(part.jobs_finished.max(1));
    let is_of_its = !is_library(made_by(part)) || made_by(part) == leak.owner;
    is_of_heap(leak) && is_of_its && leak.job == part.job && (leak.per_job - rate).abs() < SAME_RATE * rate
}

/// Listeners on objects that jobs make anew are still there because something keeps these objects: where that is what the
/// same line piles up in the heap, they are what hangs there.
fn fold_kept_owners(leaks: Vec<Leak>) -> Vec<Leak> {
    let is_on_kept = |leak: &Leak| leak.holder.is_some() && is_on_own(leak);
    let (on_kept, mut others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_on_kept);
    for leak in on_kept {
        let keeper = others.iter_mut().find(|keeper| {
            is_of_heap(keeper) && keeper.job == leak.job && line_number(keeper) == line_number(&leak)
        });
        match keeper {
            Some(keeper) => add_part(keeper, leak),
            None => others.push(leak),
        }
    }
    others
}

pub(super) fn is_of_heap(leak: &Leak) -> bool {
    HeapKind::ALL.iter().any(|kind| kind.name() == leak.kind)
}

/// Without the column: what V8 says of the heap has that of a name, and a stack that of a call.
fn line_number(leak: &Leak) -> Option<(&Option<String>, Option<u32>)> {
    line(leak).map(|place| (&place.file, place.line))
}

/// What a library piles up for one job, on however many of its variables, is one mistake: that of whoever calls it.
fn fold_libraries(leaks: Vec<Leak>) -> Vec<Leak> {
    let (heap, mut others): (Vec<Leak>, Vec<Leak>) =
        leaks.into_iter().partition(|leak| is_of_heap(leak) && is_library(&leak.owner));
    let mut by_library: BTreeMap<(String, String), Vec<Leak>> = BTreeMap::new();
    for leak in heap {
        by_library.entry((leak.job.clone(), leak.owner.clone())).or_default().push(leak);
    }
    for mut group in by_library.into_values() {
        group.sort_by(|a, b| {
            let order = |leak: &Leak| (leak.certainty != "sure", Reverse(leak.retained_bytes));
            (order(a), &a.description).cmp(&(order(b), &b.description))
        });
        let mut rest = group.into_iter();
        let Some(mut first) = rest.next() else { continue };
        for leak in rest {
            // The storage of what is named already says nothing more.
            if leak.kind == HeapKind::Heap.name() {
                keep_also(&mut first, leak);
            } else {
                add_named(&mut first, leak);
            }
        }
        others.push(first);
    }
    others
}

pub(super) fn is_handle(leak: &Leak) -> bool {
    ResourceKind::ALL.iter().any(|kind| kind.name() == leak.kind && kind.is_handle())
}

/// The same call made both; or the library that opened the handle, or Node itself, made it for this job.
fn comes_with(leak: &Leak, handle: &Leak) -> bool {
    if leak.job != handle.job {
        return is_other_end(leak, handle);
    }
    let is_same_line = line(leak).is_some() && line(leak) == line(handle);
    let is_of_library = |owner: &str| is_library(owner) && owner == handle.owner;
    if leak.kind == ResourceKind::Port.name() {
        return is_same_line;
    }
    if leak.kind != ResourceKind::Listener.name() {
        // The parts of a client that it makes for itself, or the library that has made the client for it.
        let is_of_caller = is_library(&leak.owner) && is_library(&handle.owner) && is_as_many(leak, handle);
        return is_of_library(&leak.owner) || is_of_caller && (leak.called_from.is_none() || is_same_line);
    }
    let made_by = made_by(leak);
    let is_by_node = is_made_by_node(leak) || leak.via.as_deref() == Some("node");
    is_same_line || (is_on_own(leak) && (is_by_node || is_of_library(&leak.owner) || is_of_library(made_by)))
}

/// Who made the object that a listener is on.
fn made_by(leak: &Leak) -> &str {
    leak.holder.as_ref().and_then(|holder| holder.made_by.as_deref()).unwrap_or("")
}

fn is_made_by_node(leak: &Leak) -> bool {
    made_by(leak) == "node"
}

/// Where client and server are in one process, the server's objects are made between jobs, as many as connections: by a library,
/// or by Node, and the application's server listens on them.
fn is_other_end(leak: &Leak, handle: &Leak) -> bool {
    let class = leak.holder.as_ref().and_then(|holder| holder.class.as_deref()).unwrap_or("");
    let is_on_others = is_library(made_by(leak)) || is_made_by_node(leak) || OF_SERVER.contains(&class);
    let is_of_connection = leak.kind != ResourceKind::Listener.name() || is_on_own(leak);
    // Several listeners of one line are on the same object.
    let count = leak.holder.as_ref().map_or(leak.count, |holder| holder.owners);
    // On a busy machine the server has not got round to all of them.
    let is_share = count.saturating_mul(2) >= handle.count;
    let is_no_more = count <= handle.count + handle.count / 10;
    let is_by_other = is_library(&leak.owner) || is_on_others;
    leak.job == BETWEEN_JOBS && is_by_other && is_share && is_no_more && is_of_connection
}

/// Libraries whose server in this process has the other ends of what jobs leave open.
fn servers(handles: &[Leak], others: &[Leak]) -> Vec<String> {
    let is_end =
        |leak: &&Leak| is_library(&leak.owner) && handles.iter().any(|handle| is_other_end(leak, handle));
    others.iter().filter(is_end).map(|leak| leak.owner.clone()).collect()
}

/// The table in which such a server has its connections grows with them. The heap has no jobs, and between two snapshots a server
/// may not have got round to all.
fn fold_connections(handles: &mut [Leak], others: Vec<Leak>, servers: &[String]) -> Vec<Leak> {
    let mut apart = Vec::new();
    for leak in others {
        let is_table = is_of_heap(&leak) && leak.called_from.is_none() && servers.contains(&leak.owner);
        let is_of = |handle: &&mut Leak| {
            let share = leak.per_job / handle.per_job;
            handle.job == leak.job && share > 0.5 && share < 1.0 + SAME_RATE
        };
        match handles.iter_mut().find(|handle| is_table && is_of(handle)) {
            Some(handle) => add_named(handle, leak),
            None => apart.push(leak),
        }
    }
    apart
}

fn is_as_many(leak: &Leak, handle: &Leak) -> bool {
    leak.count.abs_diff(handle.count) <= handle.count / 10
}

/// Whether its listeners are on objects that jobs make anew, and not on a shared one.
#[must_use]
pub fn is_on_own(leak: &Leak) -> bool {
    let jobs_leaving = jobs_leaving(leak);
    leak.holder.as_ref().is_some_and(|holder| holder.owners.saturating_mul(2) > jobs_leaving)
}

pub(super) fn jobs_leaving(leak: &Leak) -> u64 {
    let OutcomeCounts { completed, failed, timed_out } = leak.jobs_leaving;
    completed + failed + timed_out
}

/// The line of the application, where it is known.
pub(super) fn line(leak: &Leak) -> Option<&Place> {
    leak.called_from.as_ref().or(leak.site.as_ref()).filter(|place| place.file.is_some())
}

#[cfg(test)]
#[path = "owners_tests.rs"]
pub(super) mod tests;
