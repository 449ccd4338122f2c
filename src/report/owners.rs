//! What hangs on what: a handle that a job leaves open brings listeners with it, which are no findings of their own.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::heap_names::HeapKind;
use super::model::{Leak, OutcomeCounts};
use crate::ledger::batch::ResourceKind;
use crate::ledger::intern::BETWEEN_JOBS;
use crate::ledger::texts::Place;

/// Whether an owner, as in the report, is a package and neither the application nor Node.
#[must_use]
pub fn is_library(owner: &str) -> bool {
    owner.starts_with("library:")
}

/// A line of the application at which jobs construct what a library offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Name of the job.
    pub job: String,
    /// The library, as `owner` of a leak.
    pub owner: String,
    /// The line.
    pub at: Place,
    /// How many were constructed there.
    pub count: u64,
}

/// What a library makes out of a callback of its own has no line of the application: the one that constructed the client,
/// pool or agent is given to it, if jobs do so about as often.
pub fn name_makers(leaks: &mut [Leak], makers: &[Maker]) {
    for leak in leaks.iter_mut().filter(|leak| leak.called_from.is_none()) {
        let of_leak = makers.iter().filter(|maker| {
            let often = leak.count.min(leak.jobs_finished);
            maker.job == leak.job && maker.owner == leak.owner && maker.count.saturating_mul(2) >= often
        });
        let often = leak.count.min(leak.jobs_finished);
        let closest = of_leak.min_by_key(|maker| (maker.count.abs_diff(often), &maker.at));
        leak.called_from = closest.map(|maker| maker.at.clone());
    }
}

/// Names what comes with a handle in the handle's finding, and takes it off the list.
#[must_use]
pub fn fold(leaks: Vec<Leak>) -> Vec<Leak> {
    let (mut handles, others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_handle);
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
        handle.companions =
            with.into_iter().map(|(what, count)| in_short(&what, count, handle.count)).collect();
    }
    handles.extend(fold_libraries(fold_kept_owners(apart)));
    handles
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
            Some(keeper) => {
                keeper.companions.push(in_short(&what(&leak), leak.count, keeper.count));
                keep_also(keeper, leak);
            }
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

/// What a companion keeps, the handle keeps.
fn keep_also(handle: &mut Leak, leak: Leak) {
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
        each => format!("{each} {}", what.replacen(' ', "s ", 1)),
    }
}

fn is_handle(leak: &Leak) -> bool {
    ResourceKind::ALL.iter().any(|kind| kind.name() == leak.kind && kind.is_handle())
}

/// The same call made both; or the library that opened the handle, or Node itself, made it for this job.
fn comes_with(leak: &Leak, handle: &Leak) -> bool {
    if leak.job != handle.job {
        return is_other_end(leak, handle);
    }
    let is_same_line = line(leak).is_some() && line(leak) == line(handle);
    let is_of_library = |owner: &str| is_library(owner) && owner == handle.owner;
    if leak.kind != ResourceKind::Listener.name() {
        // The parts of a client that it makes for itself.
        return is_of_library(&leak.owner);
    }
    let made_by = leak.holder.as_ref().and_then(|holder| holder.made_by.as_deref()).unwrap_or("");
    let is_by_node = made_by == "node" || leak.via.as_deref() == Some("node");
    is_same_line || (is_on_own(leak) && (is_by_node || is_of_library(&leak.owner) || is_of_library(made_by)))
}

/// Where client and server are in one process, the server's objects are made between jobs, as many as connections.
fn is_other_end(leak: &Leak, handle: &Leak) -> bool {
    let is_as_many = leak.count.abs_diff(handle.count) <= handle.count / 10;
    let is_of_library = is_library(&leak.owner) && leak.owner == handle.owner;
    leak.job == BETWEEN_JOBS && is_of_library && is_as_many && is_on_own(leak)
}

/// Whether its listeners are on objects that jobs make anew, and not on a shared one.
#[must_use]
pub fn is_on_own(leak: &Leak) -> bool {
    let OutcomeCounts { completed, failed, timed_out } = leak.jobs_leaving;
    let jobs_leaving = completed + failed + timed_out;
    leak.holder.as_ref().is_some_and(|holder| holder.owners.saturating_mul(2) > jobs_leaving)
}

/// The line of the application, where it is known.
fn line(leak: &Leak) -> Option<&Place> {
    leak.called_from.as_ref().or(leak.site.as_ref()).filter(|place| place.file.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::leaks::tests::listener;
    use crate::report::model::Holder;

    fn socket(line: u32) -> Leak {
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
        assert_eq!(folded(timeout)[0].companions, ["1 timeout"]);
    }

    #[test]
    fn line_that_constructs_the_client_is_given_to_what_it_opens_later() {
        let maker = |line, count| Maker {
            job: "send-email".to_owned(),
            owner: "library:pg@8.16.3".to_owned(),
            at: Place { line: Some(line), ..Place::default() },
            count,
        };
        let named = |makers: &[Maker]| {
            let mut leaks = [socket(3)];
            name_makers(&mut leaks, makers);
            leaks[0].called_from.as_ref().and_then(|at| at.line)
        };
        assert_eq!(named(&[maker(1, 2), maker(2, 9), maker(4, 80)]), Some(2));
        assert_eq!(named(&[maker(1, 2)]), None, "jobs seldom come by there");
        assert_eq!(named(&[Maker { job: "other".to_owned(), ..maker(2, 9) }]), None);
        assert_eq!(named(&[Maker { owner: "library:ws@8.0.0".to_owned(), ..maker(2, 9) }]), None);
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
        assert_eq!(between("library:pg@8.16.3", 12), 2);
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
