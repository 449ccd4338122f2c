//! Which line makes the client, pool or agent that a job leaves open.

use super::heap_leaks::{SAME_RATE, float};
use super::model::{Client, Leak};
use super::owners::{is_handle, is_library, jobs_leaving, line};
use super::words;
use crate::ledger::texts::Place;

/// A line of the application at which jobs construct what a library offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Name of the job.
    pub job: String,
    /// The library, as `owner` of a leak.
    pub owner: String,
    /// The library that constructs it for that one, or itself.
    pub by: String,
    /// The line.
    pub at: Place,
    /// How many were constructed there.
    pub count: u64,
    /// Their class.
    pub class: String,
    /// The line says `new`, and does not call something that makes one when it needs one.
    pub is_direct: bool,
    /// How many of them are still there.
    pub alive: u64,
}

impl Maker {
    /// The library whose line it is, or one that calls that: a query builder opens connections of a driver.
    fn is_of(&self, leak: &Leak) -> bool {
        self.owner == leak.owner || self.by == leak.owner || is_called_by(leak, &self.owner)
    }

    /// One that a job made for all is in use, and not left open.
    fn is_left(&self, jobs: u64) -> bool {
        self.alive.saturating_mul(2) >= jobs
    }
}

/// Whether the way to what leaks leads through a library.
fn is_called_by(leak: &Leak, owner: &str) -> bool {
    let package = owner.strip_prefix("library:").and_then(|rest| rest.rsplit_once('@'));
    let Some((name, _)) = package else { return false };
    let folder = format!("node_modules/{name}/");
    leak.stack.iter().any(|frame| frame.replace('\\', "/").contains(&folder))
}

/// What a library makes out of a callback of its own has no line of the application: the one that constructed the client,
/// pool or agent is given to it, if jobs do so about as often; before all one that is still there.
pub fn name_makers(leaks: &mut [Leak], makers: &[Maker]) {
    for leak in leaks.iter_mut().filter(|leak| leak.called_from.is_none()) {
        let often = leak.count.min(leak.jobs_finished);
        let of_leak = makers.iter().filter(|maker| {
            maker.job == leak.job && maker.is_of(leak) && maker.count.saturating_mul(2) >= often
        });
        let order = |maker: &&Maker| (!maker.is_left(often), maker.count.abs_diff(often));
        let closest = of_leak.min_by(|a, b| (order(a), &a.at).cmp(&(order(b), &b.at)));
        leak.called_from = closest.map(|maker| maker.at.clone());
    }
}

/// Names the client, pool or agent that a job leaves open. It is made before whatever it opens, and there are as many of it;
/// that the line which opened the handle makes such a thing itself decides.
pub fn name_client(leak: &mut Leak, makers: &[Maker]) {
    if !is_handle(leak) {
        return;
    }
    let is_of_agent = leak.companions.iter().any(|companion| companion.is_on("Agent"));
    let is_as_many = |maker: &&Maker| {
        maker.job == leak.job && maker.is_left(jobs_leaving(leak)) && is_whole_share(leak.count, maker.alive)
    };
    let is_of_its =
        |maker: &&Maker| is_library(&leak.owner) && maker.is_of(leak) || maker.owner == "node" && is_of_agent;
    let mut of_leak = makers.iter().filter(is_as_many).filter(is_of_its);
    let itself = of_leak.clone().find(|maker| maker.is_direct && Some(&maker.at) == line(leak));
    let Some(found) = itself.or_else(|| of_leak.next()) else { return };
    // What that line makes first has made the others.
    let maker = makers.iter().filter(is_as_many).find(|maker| maker.at == found.at).unwrap_or(found);
    leak.client = Some(Client { class: maker.class.clone(), site: maker.at.clone(), count: maker.alive });
    if is_library(&leak.owner) {
        leak.called_from = Some(maker.at.clone());
        words::FIX_CLIENT.clone_into(&mut leak.fix);
    }
}

/// Each of them has one, or two, or three.
pub(super) fn is_whole_share(count: u64, of: u64) -> bool {
    let each = float(count) / float(of);
    of > 0 && each > 0.5 && (each - each.round()).abs() < SAME_RATE * each
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::companions::Companion;
    use crate::report::model::OutcomeCounts;
    use crate::report::owners::tests::socket;

    #[test]
    fn line_that_constructs_the_client_is_given_to_what_it_opens_later() {
        let maker = |line, count| Maker {
            job: "send-email".to_owned(),
            owner: "library:pg@8.16.3".to_owned(),
            by: "library:pg@8.16.3".to_owned(),
            at: Place { line: Some(line), ..Place::default() },
            count,
            class: "Pool".to_owned(),
            is_direct: false,
            alive: count,
        };
        let named = |makers: &[Maker]| {
            let mut leaks = [socket(3)];
            name_makers(&mut leaks, makers);
            leaks[0].called_from.as_ref().and_then(|at| at.line)
        };
        assert_eq!(named(&[maker(1, 2), maker(2, 9), maker(4, 80)]), Some(2));
        assert_eq!(named(&[maker(1, 2)]), None, "jobs seldom come by there");
        assert_eq!(named(&[Maker { job: "other".to_owned(), ..maker(2, 9) }]), None);
        let of_other = "library:ws@8.0.0".to_owned();
        assert_eq!(named(&[Maker { owner: of_other.clone(), by: of_other, ..maker(2, 9) }]), None);
        let closed = Maker { alive: 0, ..maker(1, 9) };
        assert_eq!(named(&[closed, maker(2, 9)]), Some(2), "a query is gone once it is answered");
    }

    #[test]
    fn client_of_a_library_that_calls_the_one_which_opens_the_handle_is_named() {
        let maker = |owner: &str, line, alive| Maker {
            job: "send-email".to_owned(),
            owner: owner.to_owned(),
            by: owner.to_owned(),
            at: Place { file: Some("/app/job.js".to_owned()), line: Some(line), ..Place::default() },
            count: 9,
            class: "Client_PG".to_owned(),
            is_direct: false,
            alive,
        };
        let named = |stack: &[&str], makers: &[Maker]| {
            let stack = stack.iter().map(|frame| (*frame).to_owned()).collect();
            let mut leaks = [Leak { stack, ..socket(3) }];
            name_makers(&mut leaks, makers);
            name_client(&mut leaks[0], makers);
            let [leak] = leaks;
            (leak.client.map(|client| client.class), leak.called_from.and_then(|at| at.line))
        };
        let way = [
            "connect (/app/node_modules/pg/lib/connection.js:45:17)",
            "create (/app/node_modules/knex/lib/client.js:3:1)",
        ];
        let knex = maker("library:knex@3.3.0", 6, 9);
        let query = maker("library:pg@8.16.3", 7, 0);
        assert_eq!(named(&way, &[query.clone(), knex.clone()]), (Some("Client_PG".to_owned()), Some(6)));
        assert_eq!(named(&way[..1], &[query, knex.clone()]), (None, Some(7)), "knex is not on the way");
        let other = Maker { owner: "library:kne@1.0.0".to_owned(), ..knex };
        assert_eq!(named(&way, &[Maker { by: other.owner.clone(), ..other }]), (None, None));
    }

    #[test]
    fn client_that_a_job_leaves_open_is_named() {
        let at = |line| Place { file: Some("/app/job.js".to_owned()), line: Some(line), ..Place::default() };
        let maker = |line, class: &str, alive, is_direct| Maker {
            job: "send-email".to_owned(),
            owner: "library:pg@8.16.3".to_owned(),
            by: "library:pg@8.16.3".to_owned(),
            at: at(line),
            count: 9,
            class: class.to_owned(),
            is_direct,
            alive,
        };
        let named = |makers: &[Maker]| {
            let mut leak = Leak { called_from: Some(at(7)), ..socket(3) };
            name_client(&mut leak, makers);
            (leak.client.map(|client| client.class), leak.called_from.and_then(|at| at.line))
        };
        let some = |class: &str| Some(class.to_owned());
        let pool = maker(6, "Pool", 9, true);
        let query = maker(7, "Client", 9, false);
        assert_eq!(named(&[pool.clone(), query.clone()]), (some("Pool"), Some(6)));
        let closed = maker(6, "Pool", 0, true);
        assert_eq!(named(&[closed, query]), (some("Client"), Some(7)));
        let other = Maker { is_direct: true, ..maker(7, "Client", 9, true) };
        assert_eq!(named(&[pool.clone(), other]), (some("Client"), Some(7)), "the line says so itself");
        assert_eq!(named(&[Maker { alive: 20, ..pool.clone() }]), (None, Some(7)));
        let leaving = OutcomeCounts { completed: 9, ..OutcomeCounts::default() };
        let mut of_shared = Leak { jobs_leaving: leaving, ..socket(3) };
        name_client(&mut of_shared, &[Maker { alive: 1, ..pool.clone() }]);
        assert_eq!(of_shared.client, None, "one for all");
        assert_eq!(named(&[Maker { job: "other".to_owned(), ..pool.clone() }]), (None, Some(7)));
        let of = |owner: &str, by: &str, maker: Maker| Maker {
            owner: owner.to_owned(),
            by: by.to_owned(),
            ..maker
        };
        let other = of("library:ws@8.0.0", "library:ws@8.0.0", pool.clone());
        assert_eq!(named(&[other]), (None, Some(7)));
        let queue = of("library:pg-boss@9.0.0", "library:pg-boss@9.0.0", maker(5, "Boss", 9, true));
        let inside = of("library:pg-boss@9.0.0", "library:pg@8.16.3", maker(5, "Pool", 9, false));
        assert_eq!(named(&[queue, inside]), (some("Boss"), Some(5)), "pg is called by another library");
    }

    #[test]
    fn agent_of_node_is_named_where_its_listeners_come_with_the_socket() {
        let maker = Maker {
            job: "send-email".to_owned(),
            owner: "node".to_owned(),
            by: "node".to_owned(),
            at: Place { line: Some(6), ..Place::default() },
            count: 9,
            class: "Agent".to_owned(),
            is_direct: false,
            alive: 9,
        };
        let class = |companions: Vec<Companion>| {
            let mut leak = Leak { companions, owner: "app".to_owned(), ..socket(3) };
            name_client(&mut leak, std::slice::from_ref(&maker));
            leak.client.map(|client| client.class)
        };
        let on_agent = Companion::Counted {
            what: "listener".to_owned(),
            whereon: "on Agent".to_owned(),
            count: 18,
            of: 9,
        };
        assert_eq!(class(vec![on_agent]).as_deref(), Some("Agent"));
        assert_eq!(class(Vec::new()), None);
    }
}
