use super::*;
use crate::report::companions::told;

fn place(line: u32) -> Place {
    Place { file: Some("jobs/a.js".to_owned()), line: Some(line), column: Some(1), function: None }
}

pub(in crate::report) fn listener(event: &str, line: u32, count: u64) -> Leak {
    Leak {
        fingerprint: format!("L-{event}"),
        certainty: "sure",
        kind: "listener",
        description: format!("'{event}' listener"),
        job: "send-email".to_owned(),
        per_job: 1.0,
        count,
        jobs_finished: count,
        threads: 1,
        jobs_leaving: OutcomeCounts::default(),
        site: Some(place(line)),
        sites: Vec::new(),
        stack: Vec::new(),
        generated: None,
        called_from: None,
        owner: "app".to_owned(),
        via: None,
        holder: Some(Holder {
            class: None,
            event: Some(event.to_owned()),
            made_by: None,
            owners: 1,
            listeners_now: count,
        }),
        held_ms: None,
        fix: String::new(),
        only_when_failing: false,
        companions: Vec::new(),
        client: None,
        known: None,
        evidence: EvidenceRow {
            windows: 1,
            survivors: count,
            per_job_low: 1.0,
            per_job_high: 1.0,
            collections: 0,
            cohort_alive: 1.0,
        },
        retained_bytes: None,
        bytes_per_job: None,
        retaining_path: None,
        first_seen: 0,
        last_seen: 0,
        ignored_because: None,
    }
}

fn events(leaks: &[Leak]) -> Vec<&str> {
    leaks.iter().map(|leak| leak.description.as_str()).collect()
}

#[test]
fn listeners_of_one_line_are_one_leak_with_companions() {
    let leaks = arrange(vec![listener("error", 3, 9), listener("end", 3, 9), listener("close", 3, 9)]);
    assert_eq!(events(&leaks), ["'close', 'end' listeners"]);
    assert_eq!(leaks[0].count, 18, "error is not counted");
    assert_eq!(told(&leaks[0]), ["'end' listener", "'error' listener"]);
}

#[test]
fn what_a_library_registers_for_one_line_is_one_leak() {
    let called = |event, line| Leak { called_from: Some(place(7)), ..listener(event, line, 9) };
    let elsewhere = Leak { called_from: Some(place(8)), ..listener("end", 3, 9) };
    let leaks = arrange(vec![called("error", 3), called("close", 4), called("ready", 5), elsewhere]);
    assert_eq!(events(&leaks), ["'close', 'ready' listeners", "'end' listener"]);
}

#[test]
fn listeners_of_other_lines_counts_jobs_or_kinds_stay_apart() {
    let other_job = Leak { job: "thumb".to_owned(), ..listener("d", 3, 9) };
    let timer = Leak { holder: None, kind: "interval", ..listener("e", 3, 9) };
    let other_caller = Leak { called_from: Some(place(8)), ..listener("g", 3, 9) };
    let no_place = Leak { site: None, ..listener("f", 3, 9) };
    let leaks = arrange(vec![
        listener("a", 3, 9),
        listener("b", 4, 9),
        listener("c", 3, 8),
        other_job,
        timer,
        other_caller,
        no_place.clone(),
        no_place,
    ]);
    assert_eq!(leaks.len(), 8);
}

#[test]
fn equal_fingerprints_are_numbered_by_place() {
    let same = |line, count| Leak { fingerprint: "L-same".to_owned(), ..listener("end", line, count) };
    let leaks = arrange(vec![same(30, 9), same(10, 8), same(20, 7)]);
    let ids: Vec<_> = leaks.iter().map(|leak| (leak.fingerprint.as_str(), leak.count)).collect();
    assert_eq!(ids, [("L-same-3", 9), ("L-same", 8), ("L-same-2", 7)]);
}

#[test]
fn sure_leaks_come_first_then_the_most_frequent() {
    let likely = Leak { certainty: "likely", ..listener("a", 1, 99) };
    let leaks = arrange(vec![listener("b", 2, 5), likely, listener("c", 3, 50)]);
    assert_eq!(events(&leaks), ["'c' listener", "'b' listener", "'a' listener"]);
}

#[test]
fn what_sits_on_something_shared_comes_before_what_each_job_made_anew() {
    let jobs_leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
    let holder = |owners| Some(Holder { class: None, event: None, made_by: None, owners, listeners_now: 4 });
    let shared = Leak { jobs_leaving, holder: holder(1), ..listener("a", 1, 9) };
    let anew = Leak { jobs_leaving, holder: holder(9), ..listener("b", 2, 36) };
    assert_eq!(events(&arrange(vec![anew, shared])), ["'a' listener", "'b' listener"]);
}

#[test]
fn what_one_call_puts_on_objects_of_its_own_is_no_part_of_the_rate() {
    let jobs_leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
    let holder = |event: &str, class: &str, owners| {
        let event = Some(event.to_owned());
        Some(Holder { class: Some(class.to_owned()), event, made_by: None, owners, listeners_now: 4 })
    };
    let on = |event, class, owners, count| Leak {
        jobs_leaving,
        called_from: Some(place(7)),
        owner: "library:winston@3.19.0".to_owned(),
        holder: holder(event, class, owners),
        ..listener(event, 1, count)
    };
    let shared = on("uncaughtException", "process", 1, 9);
    let anew = [on("close", "Logger", 9, 9), on("drain", "Logger", 9, 9), on("pipe", "Console", 9, 36)];
    let leaks = arrange([vec![shared.clone()], anew.to_vec()].concat());
    assert_eq!(events(&leaks), ["'uncaughtException' listener"]);
    assert_eq!((leaks[0].count, leaks[0].per_job), (9, 1.0));
    assert_eq!(told(&leaks[0]), ["2 listeners on Logger", "4 listeners on Console"]);
    let of_application = Leak { owner: "app".to_owned(), ..anew[0].clone() };
    assert_eq!(arrange(vec![Leak { owner: "app".to_owned(), ..shared }, of_application])[0].count, 18);
}

#[test]
fn what_one_line_puts_on_something_shared_keeps_what_it_puts_on_objects_of_the_job() {
    let jobs_leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
    let on = |event: &str, class: &str, owners| {
        let event = Some(event.to_owned());
        Some(Holder { class: Some(class.to_owned()), event, made_by: None, owners, listeners_now: 4 })
    };
    let by_node =
        |event, holder| Leak { jobs_leaving, holder, via: Some("node".to_owned()), ..listener(event, 5, 9) };
    let own = by_node("close", on("close", "Splitter", 9));
    let shared = by_node("data", on("data", "PassThrough", 1));
    let by_library = Leak {
        called_from: Some(Place { column: Some(30), ..place(5) }),
        owner: "library:split2@4.2.0".to_owned(),
        via: None,
        ..by_node("prefinish", on("prefinish", "Splitter", 9))
    };
    let leaks = arrange(vec![own.clone(), shared, by_library.clone()]);
    assert_eq!(events(&leaks), ["'close', 'data' listeners"]);
    let class = leaks[0].holder.as_ref().and_then(|holder| holder.class.as_deref());
    assert_eq!(class, Some("PassThrough"), "the one that stays");
    assert_eq!(told(&leaks[0]), ["'data' listener", "1 listener on Splitter"]);
    assert_eq!(arrange(vec![own, by_library]).len(), 2, "nothing known keeps them");
}
