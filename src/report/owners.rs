//! What hangs on what: a handle that a job leaves open brings listeners with it, which are no findings of their own.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::clients::is_whole_share;
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
    let mut apart = fold_into(&mut handles, others);
    let (on_own, others) = apart.into_iter().partition(is_part_of_own);
    apart = others;
    let on_own = fold_parts(&mut apart, on_own);
    apart.extend(on_own);
    handles.extend(fold_libraries(fold_kept_owners(apart)));
    fold_calls(handles)
}

/// Adds to the handles what comes with one; the others are returned.
fn fold_into(handles: &mut [Leak], others: Vec<Leak>) -> Vec<Leak> {
    let mut with: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new(); handles.len()];
    let mut apart = Vec::new();
    for leak in others {
        match handles.iter().position(|handle| comes_with(&leak, handle)) {
            Some(at) => {
                *with[at].entry(what(&leak)).or_default() += leak.count;
                keep_also(&mut handles[at], leak);
            }
            None => apart.push(leak),
        }
    }
    for (handle, with) in handles.iter_mut().zip(with) {
        let with = with.into_iter().map(|(what, count)| in_short(&what, count, handle.count));
        handle.companions.extend(with);
    }
    apart
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
            is_of_job && first.called_from == leak.called_from && is_whole_share(leak.count, first.count)
        };
        match firsts.iter_mut().find(is_same_call) {
            Some(first) => {
                first.companions.push(in_short(&what(&leak), leak.count, first.count));
                first.companions.extend(leak.companions.iter().cloned());
                keep_also(first, leak);
            }
            None => firsts.push(leak),
        }
    }
    others.append(&mut firsts);
    others
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
            Some(at) if line(&apart[at]).is_some() => apart[at].companions.push(part.description),
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

fn is_of_heap(leak: &Leak) -> bool {
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
            let is_storage = leak.kind == HeapKind::Heap.name();
            if !is_storage && first.companions.last() != Some(&leak.description) {
                first.companions.push(leak.description.clone());
            }
            keep_also(&mut first, leak);
        }
        others.push(first);
    }
    others
}

/// Names in a finding what comes with each of what it counts.
pub(super) fn add_part(whole: &mut Leak, part: Leak) {
    whole.companions.push(in_short(&what(&part), part.count, whole.count));
    keep_also(whole, part);
}

/// What a companion keeps, the handle keeps.
pub(super) fn keep_also(handle: &mut Leak, leak: Leak) {
    if let Some(bytes) = leak.retained_bytes {
        handle.retained_bytes = Some(handle.retained_bytes.unwrap_or(0).saturating_add(bytes));
        handle.bytes_per_job = Some(handle.bytes_per_job.unwrap_or(0.0) + leak.bytes_per_job.unwrap_or(0.0));
    }
    handle.retaining_path = handle.retaining_path.take().or(leak.retaining_path);
}

/// `listener on Agent`, `timeout`.
fn what(leak: &Leak) -> String {
    let class =
        leak.holder.as_ref().and_then(|holder| holder.class.as_deref()).filter(|name| !name.is_empty());
    class.map_or_else(|| leak.kind.to_owned(), |class| format!("{} on {class}", leak.kind))
}

/// `2 listeners on Agent`: of each handle.
fn in_short(what: &str, count: u64, handles: u64) -> String {
    match count.saturating_add(handles / 2) / handles.max(1) {
        0 | 1 => format!("1 {what}"),
        each if what.contains(' ') => format!("{each} {}", what.replacen(' ', "s ", 1)),
        each => format!("{each} {what}s"),
    }
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
    let is_by_other = is_library(&leak.owner) || OF_SERVER.contains(&class);
    let is_of_connection = leak.kind != ResourceKind::Listener.name() || is_on_own(leak);
    // On a busy machine the server has not got round to all of them.
    let is_share = leak.count.saturating_mul(2) >= handle.count;
    let is_no_more = leak.count <= handle.count + handle.count / 10;
    leak.job == BETWEEN_JOBS && is_by_other && is_share && is_no_more && is_of_connection
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
pub(super) mod tests {
    use super::*;
    use crate::report::leaks::tests::listener;
    use crate::report::model::Holder;

    pub(in crate::report) fn socket(line: u32) -> Leak {
        Leak {
            kind: "socket",
            description: "socket".to_owned(),
            holder: None,
            owner: "library:pg@8.16.3".to_owned(),
            ..listener("", line, 9)
        }
    }

    fn on_own(leak: Leak) -> Leak {
        let jobs_leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
        let holder = leak.holder.clone().map(|holder| Holder { owners: 9, ..holder });
        Leak { jobs_leaving, holder, ..leak }
    }

    fn on_class(leak: Leak, class: &str) -> Leak {
        let holder = leak.holder.clone().map(|holder| Holder { class: Some(class.to_owned()), ..holder });
        Leak { holder, ..leak }
    }

    fn made_by(leak: Leak, maker: &str) -> Leak {
        let holder = leak.holder.clone().map(|holder| Holder { made_by: Some(maker.to_owned()), ..holder });
        Leak { holder, ..leak }
    }

    fn folded(leak: Leak) -> Vec<Leak> {
        fold(vec![leak, socket(3)])
    }

    #[test]
    fn what_the_same_call_registers_comes_with_the_handle() {
        let leaks = folded(listener("close", 3, 9));
        assert_eq!(leaks.len(), 1);
        assert_eq!(leaks[0].companions, ["1 listener"]);
    }

    #[test]
    fn what_the_library_or_node_puts_on_an_object_of_the_job_comes_with_it() {
        let by_library = Leak { owner: "library:pg@8.16.3".to_owned(), ..on_own(listener("end", 8, 9)) };
        let by_node = Leak { via: Some("node".to_owned()), ..on_own(listener("free", 8, 9)) };
        assert_eq!(folded(by_library).len(), 1);
        let leaks = folded(on_class(by_node, "Agent"));
        assert_eq!(leaks[0].companions, ["1 listener on Agent"]);
        let by_application = on_own(listener("error", 8, 9));
        assert_eq!(folded(made_by(by_application.clone(), "library:pg@8.16.3")).len(), 1);
        assert_eq!(folded(made_by(by_application, "node")).len(), 1);
        let timeout = Leak { kind: "timeout", holder: None, ..socket(8) };
        assert_eq!(folded(timeout.clone())[0].companions, ["1 timeout"]);
        let by_caller = Leak { owner: "library:pg-boss@9.0.0".to_owned(), ..timeout };
        assert_eq!(folded(by_caller.clone())[0].companions, ["1 timeout"], "of a library above pg");
        let at_other_line = Leak { called_from: by_caller.site.clone(), ..by_caller.clone() };
        assert_eq!(folded(at_other_line).len(), 2);
        assert_eq!(folded(Leak { count: 4, ..by_caller }).len(), 2);
    }

    #[test]
    fn ports_of_a_worker_come_with_it() {
        let port = Leak { kind: "port", holder: None, owner: "app".to_owned(), ..listener("", 3, 36) };
        let worker = Leak { kind: "worker", ..Leak { count: 9, ..port.clone() } };
        let leaks = fold(vec![port.clone(), worker]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].kind, &leaks[0].companions[..]), ("worker", &["4 ports".to_owned()][..]));
        assert_eq!(fold(vec![port])[0].kind, "port");
    }

    #[test]
    fn listeners_that_node_puts_on_what_piles_up_are_a_part_of_that() {
        let piled = Leak {
            kind: "external",
            description: "buffer in kept (Set)".to_owned(),
            holder: None,
            ..listener("", 7, 9)
        };
        let piled = Leak { per_job: 9.0 / float(piled.jobs_finished), ..piled };
        let by_node = Leak { via: Some("node".to_owned()), ..on_own(listener("prefinish", 5, 9)) };
        let leaks = fold(vec![by_node.clone(), piled.clone()]);
        assert_eq!(leaks.len(), 1);
        assert_eq!(
            (leaks[0].kind, &leaks[0].companions[..]),
            ("external", &["'prefinish' listener".to_owned()][..])
        );

        let placeless = Leak { site: None, called_from: None, ..piled.clone() };
        assert_eq!(fold(vec![by_node.clone(), placeless])[0].kind, "listener");
        let more = Leak { per_job: piled.per_job * 1.5, ..piled.clone() };
        assert_eq!(fold(vec![by_node, more]).len(), 2);
        assert_eq!(fold(vec![on_own(listener("end", 5, 9)), piled]).len(), 2, "the application's own");
    }

    #[test]
    fn what_a_library_makes_for_one_call_is_one_leak() {
        let called = |kind: &'static str, count| {
            let called_from = Some(Place { line: Some(1), ..Place::default() });
            Leak { kind, holder: None, called_from, ..Leak { count, ..socket(3) } }
        };
        let leaks = fold(vec![called("timeout", 18), called("interval", 9)]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].kind, &leaks[0].companions[..]), ("interval", &["2 timeouts".to_owned()][..]));
        assert_eq!(fold(vec![called("timeout", 4), called("interval", 9)]).len(), 2, "not as often");
        let elsewhere = Leak { called_from: None, ..called("interval", 9) };
        assert_eq!(fold(vec![called("timeout", 9), elsewhere]).len(), 2);
        let of_other_job = Leak { job: "other".to_owned(), ..called("interval", 9) };
        assert_eq!(fold(vec![called("timeout", 9), of_other_job]).len(), 2);
    }

    #[test]
    fn what_a_library_piles_up_is_one_leak() {
        let piled = |name: &str, bytes, owner: &str| Leak {
            kind: "collection",
            description: format!("entry in {name} (Set)"),
            retained_bytes: Some(bytes),
            holder: None,
            owner: owner.to_owned(),
            ..listener("", 3, 9)
        };
        let library = "library:chokidar@3.6.0";
        let leaks = fold(vec![piled("a", 10, library), piled("b", 30, library), piled("c", 5, "app")]);
        assert_eq!(leaks.len(), 2);
        let of_library = leaks.iter().find(|leak| leak.owner == library).expect("there is one");
        assert_eq!(of_library.description, "entry in b (Set)");
        assert_eq!(
            (of_library.retained_bytes, &of_library.companions[..]),
            (Some(40), &["entry in a (Set)".to_owned()][..])
        );
    }

    #[test]
    fn listeners_on_what_the_same_line_piles_up_come_with_it() {
        let piled = |line| Leak { kind: "promise", holder: None, ..listener("", line, 9) };
        let leaks = fold(vec![on_class(on_own(listener("abort", 3, 18)), "ClientRequest"), piled(3)]);
        assert_eq!(leaks.len(), 1);
        assert_eq!(
            (leaks[0].kind, &leaks[0].companions[..]),
            ("promise", &["2 listeners on ClientRequest".to_owned()][..])
        );
        assert_eq!(fold(vec![on_own(listener("abort", 3, 9)), piled(4)]).len(), 2);
        let jobs_leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
        let on_shared = Leak { jobs_leaving, ..listener("abort", 3, 9) };
        assert_eq!(fold(vec![on_shared, piled(3)]).len(), 2, "what they are on is shared");
    }

    #[test]
    fn the_other_end_in_the_same_process_comes_with_the_handle() {
        let between = |owner: &str, count| {
            let leak =
                Leak { job: BETWEEN_JOBS.to_owned(), owner: owner.to_owned(), ..listener("close", 8, count) };
            folded(on_own(leak)).len()
        };
        assert_eq!(between("library:pg@8.16.3", 9), 1);
        assert_eq!(between("app", 9), 2);
        let by_server = Leak { job: BETWEEN_JOBS.to_owned(), ..on_own(listener("end", 8, 9)) };
        assert_eq!(folded(on_class(by_server.clone(), "IncomingMessage")).len(), 1);
        assert_eq!(folded(on_class(by_server, "Session")).len(), 2);
        assert_eq!(between("library:pg-gateway@1.0.0", 9), 1, "the server is another library");
        assert_eq!(between("library:pg@8.16.3", 12), 2);
        assert_eq!(between("library:pg@8.16.3", 7), 1, "the server is late");
        assert_eq!(between("library:pg@8.16.3", 4), 2);
    }

    #[test]
    fn what_is_on_something_shared_is_a_finding_of_its_own() {
        let by_library = Leak { owner: "library:pg@8.16.3".to_owned(), ..listener("end", 8, 9) };
        let on_shared =
            Leak { jobs_leaving: OutcomeCounts { completed: 9, ..OutcomeCounts::default() }, ..by_library };
        assert_eq!(folded(on_shared).len(), 2);
    }

    #[test]
    fn what_the_application_registers_elsewhere_or_another_job_is_a_finding_of_its_own() {
        let on_its_own = on_own(listener("end", 8, 9));
        assert_eq!(folded(on_its_own.clone()).len(), 2);
        assert_eq!(folded(made_by(on_its_own, "app")).len(), 2);
        assert_eq!(folded(Leak { job: "other".to_owned(), ..listener("close", 3, 9) }).len(), 2);
        assert_eq!(fold(vec![listener("end", 3, 9)]).len(), 1);
    }
}
