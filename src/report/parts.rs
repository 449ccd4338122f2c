//! What else is left where something leaks: findings that only exist because another one keeps them.

use std::cmp::Reverse;

use super::clients::is_whole_share;
use super::companions::{add_named, add_part};
use super::heap_leaks::SAME_RATE;
use super::model::Leak;
use super::owners::{
    call_order, is_by_other, is_handle, is_library, is_of_heap, is_on_own, jobs_leaving, line,
};
use crate::ledger::batch::ResourceKind;

/// So many times the jobs that leave the one may leave the other.
const AS_OFTEN: f64 = 1.1;

/// Names in a finding what it keeps, and what a library makes for the same job without a line of it.
#[must_use]
pub fn fold(leaks: Vec<Leak>) -> Vec<Leak> {
    fold_tables(fold_lineless(fold_alike(fold_kept(leaks))))
}

/// What a library enters into a table of its own in a file through which it also made a timer or a handle, one for each entry, is
/// one thing: that V8 puts the entry to another line of the job, at which the object was made, says nothing else.
fn fold_tables(leaks: Vec<Leak>) -> Vec<Leak> {
    let is_table = |leak: &Leak| is_of_heap(leak) && is_library(&leak.owner) && leak.site.is_some();
    let (tables, mut others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_table);
    for table in tables {
        match others.iter_mut().find(|whole| enters_in(whole, &table)) {
            Some(whole) => add_part(whole, table),
            None => others.push(table),
        }
    }
    others
}

/// The same library made it, equally often, by way of the file that has the table.
fn enters_in(whole: &Leak, table: &Leak) -> bool {
    let is_timer =
        [ResourceKind::Interval, ResourceKind::Timeout].iter().any(|kind| kind.name() == whole.kind);
    let is_as_often = (whole.per_job - table.per_job).abs() < SAME_RATE * whole.per_job;
    let file = table.site.as_ref().and_then(|site| site.file.as_deref()).unwrap_or_default();
    let is_on_way = || whole.stack.iter().any(|frame| frame.contains(&format!("{file}:")));
    let is_of_call = whole.job == table.job && whole.owner == table.owner && whole.called_from.is_some();
    (is_timer || is_handle(whole)) && is_of_call && is_as_often && !file.is_empty() && is_on_way()
}

/// Listeners on what each job makes anew, by Node or a library, are there because something keeps that: where the same jobs
/// leave something else, that does.
fn fold_kept(leaks: Vec<Leak>) -> Vec<Leak> {
    let (parts, mut wholes): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_part);
    let mut apart = Vec::new();
    for part in parts {
        let keeps = |whole: &&mut Leak| is_of_same_jobs(whole, &part);
        match wholes
            .iter_mut()
            .filter(keeps)
            .min_by(|a, b| keeper_order(a, &part).cmp(&keeper_order(b, &part)))
        {
            Some(whole) => {
                point(whole, &part);
                add_part(whole, part);
            }
            None => apart.push(part),
        }
    }
    wholes.extend(apart);
    wholes
}

/// Where nothing is known of what keeps them, those of one line of the application are one mistake, with those that the same
/// libraries add without a line of it.
fn fold_alike(leaks: Vec<Leak>) -> Vec<Leak> {
    let is_alike = |leak: &Leak| is_part(leak) && is_library(&leak.owner);
    let (mut parts, mut others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_alike);
    parts.sort_by(|a, b| part_order(a).cmp(&part_order(b)));
    // Each with the libraries that add to it.
    let mut wholes: Vec<(Leak, Vec<String>)> = Vec::new();
    for part in parts {
        let is_of = |(whole, owners): &&mut (Leak, Vec<String>)| {
            let is_of_call = match part.called_from {
                Some(_) => whole.called_from == part.called_from,
                None => whole.called_from.is_some() && owners.contains(&part.owner),
            };
            is_of_call && is_of_same_jobs(whole, &part) && is_of_same_jobs(&part, whole)
        };
        if let Some((whole, owners)) = wholes.iter_mut().find(is_of) {
            owners.push(part.owner.clone());
            add_part(whole, part);
        } else {
            let owners = vec![part.owner.clone()];
            wholes.push((part, owners));
        }
    }
    others.extend(wholes.into_iter().map(|(whole, _)| whole));
    others
}

/// Those with a line first, then the most.
fn part_order(leak: &Leak) -> (bool, Reverse<u64>, &str) {
    (leak.called_from.is_none(), Reverse(leak.count), &leak.fingerprint)
}

fn is_part(leak: &Leak) -> bool {
    is_on_own(leak) && (is_by_other(leak) || is_library(&leak.owner))
}

/// All jobs that leave the part leave the whole too.
fn is_of_same_jobs(whole: &Leak, part: &Leak) -> bool {
    let is_of_job = whole.job == part.job && whole.only_when_failing == part.only_when_failing;
    is_of_job && share(part) <= AS_OFTEN * share(whole)
}

/// Share of the jobs that leave it.
fn share(leak: &Leak) -> f64 {
    let jobs = match jobs_leaving(leak) {
        // What piles up in the heap is counted, and not by job.
        0 => leak.count.min(leak.jobs_finished),
        jobs => jobs,
    };
    #[expect(clippy::cast_precision_loss, reason = "counts of jobs stay below 2^53")]
    let share = jobs as f64 / leak.jobs_finished.max(1) as f64;
    share
}

/// What the same line or library leaves comes first, then what says most.
fn keeper_order<'a>(whole: &'a Leak, part: &Leak) -> (bool, bool, (bool, usize, &'a str)) {
    (line(whole) != line(part), whole.owner != part.owner, call_order(whole))
}

/// A library's finding without a line of the application gets that of its part.
fn point(whole: &mut Leak, part: &Leak) {
    if is_library(&whole.owner) && whole.called_from.is_none() {
        whole.called_from.clone_from(&part.called_from);
    }
}

/// What a library makes out of a callback of its own has no line of the application. Where libraries make as many of something
/// else at such a line, that is the one.
fn fold_lineless(leaks: Vec<Leak>) -> Vec<Leak> {
    let is_lineless = |leak: &Leak| is_library(&leak.owner) && leak.called_from.is_none();
    let (lineless, mut others): (Vec<Leak>, Vec<Leak>) = leaks.into_iter().partition(is_lineless);
    for mut leak in lineless {
        let is_of_call = |other: &Leak| {
            is_library(&other.owner)
                && other.called_from.is_some()
                && is_of_same_jobs(other, &leak)
                && is_whole_share(leak.count, other.count)
        };
        let mut calls = (0..others.len()).filter(|&at| is_of_call(&others[at]));
        let of_its = calls.clone().find(|&at| others[at].owner == leak.owner);
        let Some(at) = of_its.or_else(|| calls.next()) else {
            others.push(leak);
            continue;
        };
        // A timer or handle says more than the table of the library in which it stands too.
        let is_one_each = (leak.per_job - others[at].per_job).abs() < SAME_RATE * leak.per_job;
        if is_one_each && call_order(&leak) < call_order(&others[at]) {
            leak.called_from.clone_from(&others[at].called_from);
            std::mem::swap(&mut leak, &mut others[at]);
        }
        if leak.kind == ResourceKind::Listener.name() || is_handle(&leak) || leak.retained_bytes.is_none() {
            add_part(&mut others[at], leak);
        } else {
            add_named(&mut others[at], leak);
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::texts::Place;
    use crate::report::companions::told;
    use crate::report::leaks::tests::listener;
    use crate::report::model::{Holder, OutcomeCounts};

    fn place(line: u32) -> Place {
        Place { file: Some("/app/job.js".to_owned()), line: Some(line), ..Place::default() }
    }

    fn left(kind: &'static str, owner: &str, called_from: Option<Place>, count: u64) -> Leak {
        let jobs_leaving = OutcomeCounts { completed: count, ..OutcomeCounts::default() };
        let description = kind.to_owned();
        let all = Leak { jobs_finished: 10, owner: owner.to_owned(), ..listener("end", 3, count) };
        Leak { kind, description, holder: None, called_from, jobs_leaving, ..all }
    }

    fn on_own(leak: Leak) -> Leak {
        let holder = Holder {
            class: Some("Socket".to_owned()),
            event: Some("end".to_owned()),
            made_by: Some("node".to_owned()),
            owners: leak.count,
            listeners_now: 1,
        };
        Leak { kind: "listener", holder: Some(holder), ..leak }
    }

    const WS: &str = "library:ws@8.0.0";

    #[test]
    fn listeners_on_what_a_timer_keeps_come_with_it() {
        let interval = left("interval", "app", None, 10);
        let part = on_own(left("listener", WS, Some(place(8)), 9));
        let leaks = fold(vec![part.clone(), interval.clone()]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].kind, told(&leaks[0])), ("interval", vec!["1 listener on Socket".to_owned()]));
        assert_eq!(leaks[0].called_from, None, "the application made it");
        let of_few = Leak {
            jobs_leaving: OutcomeCounts { completed: 4, ..OutcomeCounts::default() },
            ..interval.clone()
        };
        assert_eq!(fold(vec![part.clone(), of_few]).len(), 2, "other jobs leave that");
        assert_eq!(fold(vec![Leak { job: "other".to_owned(), ..part.clone() }, interval.clone()]).len(), 2);
        assert_eq!(fold(vec![Leak { holder: None, ..part.clone() }, interval]).len(), 2, "no listener");
        assert_eq!(fold(vec![part]).len(), 1);
    }

    #[test]
    fn what_a_library_makes_without_a_line_is_put_to_the_line_that_called_it() {
        let entry = left("collection", WS, Some(place(8)), 10);
        let leaks = fold(vec![entry.clone(), left("timeout", WS, None, 10)]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].kind, &leaks[0].called_from), ("timeout", &Some(place(8))));
        assert_eq!(told(&leaks[0]), ["1 collection"]);
        assert_eq!(fold(vec![entry.clone(), left("timeout", WS, None, 4)]).len(), 2, "not as many");
        assert_eq!(fold(vec![entry, left("timeout", "app", None, 10)]).len(), 2, "the application's");
    }

    #[test]
    fn listeners_that_nothing_known_keeps_are_one_leak_of_one_line() {
        let part = |owner: &str, called_from, count| on_own(left("listener", owner, called_from, count));
        let called = Leak { count: 11, ..part("library:follow-redirects@1.16.3", Some(place(8)), 10) };
        let other = part(WS, Some(place(8)), 10);
        let lineless = part(WS, None, 10);
        let leaks = fold(vec![lineless.clone(), called.clone(), other.clone()]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((&leaks[0].owner, leaks[0].count), (&called.owner, 11));
        assert_eq!(told(&leaks[0]), ["2 listeners on Socket"]);
        assert_eq!(fold(vec![lineless.clone(), called.clone()]).len(), 2, "of another library");
        assert_eq!(fold(vec![part(WS, Some(place(9)), 10), called.clone()]).len(), 2, "of another line");
        assert_eq!(fold(vec![part(WS, Some(place(8)), 4), called]).len(), 2, "of other jobs");
        assert_eq!(fold(vec![lineless.clone(), Leak { job: "other".to_owned(), ..other }]).len(), 2);
        assert_eq!(fold(vec![lineless.clone(), lineless]).len(), 2, "no line");
    }

    #[test]
    fn entry_of_a_table_comes_with_the_timer_that_the_library_makes_by_way_of_its_file() {
        let at = |file: &str| Some(Place { file: Some(file.to_owned()), line: Some(30), ..Place::default() });
        let table = |file| Leak { site: at(file), ..left("collection", WS, Some(place(7)), 10) };
        let stack = vec![
            "start (/app/node_modules/ws/job.js:36:22)",
            "add (/app/node_modules/ws/scheduler.js:17:43)",
        ];
        let stack: Vec<String> = stack.into_iter().map(str::to_owned).collect();
        let timer = Leak { stack, ..left("interval", WS, Some(place(8)), 10) };
        let scheduler = "/app/node_modules/ws/scheduler.js";
        let leaks = fold(vec![table(scheduler), timer.clone()]);
        assert_eq!(leaks.len(), 1);
        assert_eq!((leaks[0].kind, &leaks[0].called_from), ("interval", &Some(place(8))));
        assert_eq!(told(&leaks[0]), ["1 collection"]);
        let left = |table: Leak| fold(vec![table, timer.clone()]).len();
        assert_eq!(left(table("/app/node_modules/ws/cache.js")), 2, "another file");
        assert_eq!(left(Leak { per_job: 2.0, ..table(scheduler) }), 2, "more often");
        assert_eq!(left(Leak { owner: "library:keyv@5.0.0".to_owned(), ..table(scheduler) }), 2);
        assert_eq!(left(Leak { owner: "app".to_owned(), ..table(scheduler) }), 2);
        assert_eq!(left(Leak { job: "other".to_owned(), ..table(scheduler) }), 2);
    }

    #[test]
    fn a_library_without_a_line_gets_that_of_what_it_keeps() {
        let part = on_own(left("listener", WS, Some(place(8)), 10));
        let leaks = fold(vec![left("collection", "library:keyv@5.0.0", None, 10), part]);
        assert_eq!((leaks.len(), &leaks[0].called_from), (1, &Some(place(8))));
    }
}
