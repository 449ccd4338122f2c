//! What hangs on what: a handle that a job leaves open brings listeners with it, which are no findings of their own.

use super::model::{Leak, OutcomeCounts};
use crate::ledger::batch::ResourceKind;
use crate::ledger::texts::Place;

/// Names what comes with a handle in the handle's finding, and takes it off the list.
#[must_use]
pub fn fold(leaks: Vec<Leak>) -> Vec<Leak> {
    let (mut handles, others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_handle);
    let mut apart = Vec::new();
    for leak in others {
        match handles.iter_mut().find(|handle| comes_with(&leak, handle)) {
            Some(handle) => handle.companions.push(in_short(&leak, handle)),
            None => apart.push(leak),
        }
    }
    for handle in &mut handles {
        handle.companions.sort();
    }
    handles.extend(apart);
    handles
}

/// `2 listeners on Agent`: of each handle.
fn in_short(leak: &Leak, handle: &Leak) -> String {
    let each = leak.count.saturating_add(handle.count / 2) / handle.count.max(1);
    let class =
        leak.holder.as_ref().and_then(|holder| holder.class.as_deref()).filter(|name| !name.is_empty());
    let noun = if each == 1 { "listener" } else { "listeners" };
    match class {
        Some(class) => format!("{each} {noun} on {class}"),
        None => format!("{each} {noun}"),
    }
}

fn is_handle(leak: &Leak) -> bool {
    ResourceKind::ALL.iter().any(|kind| kind.name() == leak.kind && kind.is_handle())
}

/// The same call made both; or the listener is on an object that each job makes anew, put there by Node itself or by the
/// library that opened the handle.
fn comes_with(leak: &Leak, handle: &Leak) -> bool {
    if leak.job != handle.job || leak.kind != ResourceKind::Listener.name() {
        return false;
    }
    let is_by_node = leak.via.as_deref() == Some("node");
    let is_by_same_library = leak.owner.starts_with("library:") && leak.owner == handle.owner;
    let is_same_line = line(leak).is_some() && line(leak) == line(handle);
    is_same_line || (is_on_own(leak) && (is_by_node || is_by_same_library))
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
        assert_eq!(folded(on_own(listener("end", 8, 9))).len(), 2);
        assert_eq!(folded(Leak { job: "other".to_owned(), ..listener("close", 3, 9) }).len(), 2);
        assert_eq!(fold(vec![listener("end", 3, 9)]).len(), 1);
    }
}
