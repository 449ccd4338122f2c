use super::*;
use crate::report::companions::{Companion, told};
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
    assert_eq!(told(&leaks[0]), ["1 listener"]);
}

#[test]
fn what_the_library_or_node_puts_on_an_object_of_the_job_comes_with_it() {
    let by_library = Leak { owner: "library:pg@8.16.3".to_owned(), ..on_own(listener("end", 8, 9)) };
    let by_node = Leak { via: Some("node".to_owned()), ..on_own(listener("free", 8, 9)) };
    assert_eq!(folded(by_library).len(), 1);
    let leaks = folded(on_class(by_node, "Agent"));
    assert_eq!(told(&leaks[0]), ["1 listener on Agent"]);
    let by_application = on_own(listener("error", 8, 9));
    assert_eq!(folded(made_by(by_application.clone(), "library:pg@8.16.3")).len(), 1);
    assert_eq!(folded(made_by(by_application, "node")).len(), 1);
    let timeout = Leak { kind: "timeout", holder: None, ..socket(8) };
    assert_eq!(told(&folded(timeout.clone())[0]), ["1 timeout"]);
    let by_caller = Leak { owner: "library:pg-boss@9.0.0".to_owned(), ..timeout };
    assert_eq!(told(&folded(by_caller.clone())[0]), ["1 timeout"], "of a library above pg");
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
    assert_eq!((leaks[0].kind, told(&leaks[0])), ("worker", vec!["4 ports".to_owned()]));
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
    assert_eq!((leaks[0].kind, told(&leaks[0])), ("external", vec!["'prefinish' listener".to_owned()]));

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
    assert_eq!((leaks[0].kind, told(&leaks[0])), ("interval", vec!["2 timeouts".to_owned()]));
    assert_eq!(fold(vec![called("timeout", 4), called("interval", 9)]).len(), 2, "not as often");
    let elsewhere = Leak { called_from: None, ..called("interval", 9) };
    assert_eq!(fold(vec![called("timeout", 9), elsewhere]).len(), 2);
    let of_other_job = Leak { job: "other".to_owned(), ..called("interval", 9) };
    assert_eq!(fold(vec![called("timeout", 9), of_other_job]).len(), 2);
}

#[test]
fn what_piles_up_has_the_line_of_a_call_and_another_column() {
    let called = |kind: &'static str, column, line| {
        let file = Some("/app/job.js".to_owned());
        let called_from = Some(Place { file, line: Some(line), column: Some(column), ..Place::default() });
        let description = "entry in jobs (Object)".to_owned();
        Leak { kind, holder: None, called_from, description, ..socket(3) }
    };
    let leaks = fold(vec![called("interval", 13, 6), called("collection", 38, 6)]);
    assert_eq!(leaks.len(), 1);
    assert_eq!((leaks[0].kind, told(&leaks[0])), ("interval", vec!["1 entry in jobs (Object)".to_owned()]));
    assert_eq!(fold(vec![called("interval", 13, 6), called("collection", 38, 7)]).len(), 2);
    assert_eq!(fold(vec![called("interval", 13, 6), called("timeout", 38, 6)]).len(), 2, "two calls");
}

#[test]
fn what_comes_with_it_is_counted_once() {
    let called_from = Some(Place { line: Some(1), ..Place::default() });
    let timer = Leak { kind: "timeout", called_from: called_from.clone(), ..socket(3) };
    let one_socket =
        Companion::Counted { what: "socket".to_owned(), whereon: String::new(), count: 9, of: 18 };
    let listeners = Leak {
        count: 18,
        called_from,
        companions: vec![Companion::Named("'end' listener".to_owned()), one_socket],
        ..listener("end", 3, 9)
    };
    let listeners = Leak { owner: timer.owner.clone(), ..on_class(listeners, "Client") };
    let leaks = fold(vec![timer, listeners]);
    assert_eq!(leaks.len(), 1);
    assert_eq!(told(&leaks[0]), ["2 listeners on Client", "1 socket"]);
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
        (of_library.retained_bytes, told(of_library)),
        (Some(40), vec!["entry in a (Set)".to_owned()])
    );
}

#[test]
fn listeners_on_what_the_same_line_piles_up_come_with_it() {
    let piled = |line| Leak { kind: "promise", holder: None, ..listener("", line, 9) };
    let leaks = fold(vec![on_class(on_own(listener("abort", 3, 18)), "ClientRequest"), piled(3)]);
    assert_eq!(leaks.len(), 1);
    assert_eq!(
        (leaks[0].kind, told(&leaks[0])),
        ("promise", vec!["2 listeners on ClientRequest".to_owned()])
    );
    assert_eq!(fold(vec![on_own(listener("abort", 3, 9)), piled(4)]).len(), 2);
    let jobs_leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
    let on_shared = Leak { jobs_leaving, ..listener("abort", 3, 9) };
    assert_eq!(fold(vec![on_shared, piled(3)]).len(), 2, "what they are on is shared");
}

fn of_each(leak: Leak, owners: u64) -> Leak {
    let holder = leak.holder.clone().map(|holder| Holder { owners, ..holder });
    Leak { holder, ..leak }
}

#[test]
fn the_other_end_in_the_same_process_comes_with_the_handle() {
    let between = |owner: &str, owners| {
        let leak =
            Leak { job: BETWEEN_JOBS.to_owned(), owner: owner.to_owned(), ..listener("close", 8, owners) };
        of_each(leak, owners)
    };
    let left = |leak: Leak| folded(leak).len();
    assert_eq!(left(between("library:pg@8.16.3", 9)), 1);
    assert_eq!(left(Leak { count: 27, ..between("library:pg@8.16.3", 9) }), 1, "three on each");
    assert_eq!(left(Leak { count: 9, ..between("library:pg@8.16.3", 1) }), 2, "all on one");
    assert_eq!(left(between("app", 9)), 2);
    assert_eq!(left(made_by(between("app", 9), "library:ws@8.0.0")), 1, "on what its server makes");
    assert_eq!(left(made_by(between("app", 9), "app")), 2);
    assert_eq!(left(on_class(between("app", 9), "IncomingMessage")), 1);
    assert_eq!(left(on_class(between("app", 9), "Session")), 2);
    assert_eq!(left(between("library:pg-gateway@1.0.0", 9)), 1, "the server is another library");
    assert_eq!(left(between("library:pg@8.16.3", 12)), 2);
    assert_eq!(left(between("library:pg@8.16.3", 7)), 1, "the server is late");
    assert_eq!(left(between("library:pg@8.16.3", 4)), 2);
}

#[test]
fn the_table_of_connections_of_a_server_comes_with_the_handle() {
    let server = "library:smtp-server@3.21.6";
    let end = of_each(
        Leak { job: BETWEEN_JOBS.to_owned(), owner: server.to_owned(), ..listener("close", 8, 9) },
        9,
    );
    let table = Leak {
        kind: "collection",
        description: "entry in connections (Set)".to_owned(),
        holder: None,
        owner: server.to_owned(),
        per_job: 0.75,
        ..listener("", 12, 7)
    };
    let leaks = fold(vec![table.clone(), end.clone(), socket(3)]);
    assert_eq!(leaks.len(), 1);
    assert_eq!(told(&leaks[0]), ["1 listener", "entry in connections (Set)"]);
    let left = |leak: Leak| fold(vec![leak, end.clone(), socket(3)]).len();
    assert_eq!(left(Leak { owner: "library:keyv@5.0.0".to_owned(), ..table.clone() }), 2);
    assert_eq!(left(Leak { owner: "app".to_owned(), ..table.clone() }), 2);
    assert_eq!(left(Leak { per_job: 2.0, ..table.clone() }), 2, "more than there are connections");
    assert_eq!(left(Leak { called_from: table.site.clone(), ..table.clone() }), 2, "a job calls it");
    assert_eq!(fold(vec![table, socket(3)]).len(), 2, "no server");
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
