use super::*;
use crate::ledger::Ledger;
use crate::ledger::batch::ResourceKind;
use crate::ledger::builder::{Left, PassBuilder, by_job, ledger, pass, terms};
use crate::ledger::intern::BETWEEN_JOBS_ID;

const CHECK: &str = r#"{"check":{"elapsedMs":100,"canAffordMore":true}}"#;

/// A run with one job name, one shape and one site.
struct Bench {
    ledger: Ledger,
    run: u32,
    name: u32,
    shape: u32,
    site: u32,
}

impl Bench {
    fn new(mode: Mode) -> Self {
        let (ledger, run) = ledger(mode);
        let texts = ledger.texts();
        let name = texts.names.intern("send-email");
        let shape = texts.shapes.intern(r#"{"owner":"Redis","event":"end","source":"1a2b3c4d"}"#);
        let site = texts.sites.intern(
            r#"{"file":"jobs/a.js","line":31,"column":9,"function":"f","owner":"app","via":"user",
                "calledFrom":null,"frames":[["jobs/a.js",31,9,"f"]]}"#,
        );
        Self { ledger, run, name, shape, site }
    }

    /// Windows of 20 jobs; `left` says what is alive after so many jobs.
    fn run_jobs(&self, jobs: u32, left: impl Fn(u32) -> Vec<Left>) -> &Self {
        for window in 1..=jobs / 20 {
            let one = pass(self.run, 0, window, window * 20).jobs(self.name, window * 20);
            self.apply(&self.with(one, &left(window * 20)));
        }
        self
    }

    fn with(&self, pass: PassBuilder, left: &[Left]) -> PassBuilder {
        let left: Vec<Left> = left.iter().map(|one| one.at(self.site)).collect();
        pass.left(self.name, ResourceKind::Listener, self.shape, &left)
    }

    fn apply(&self, pass: &PassBuilder) {
        self.ledger.apply(&pass.words()).unwrap();
    }

    fn report(&self, facts: &str) -> Report {
        let facts = Facts::parse(facts).unwrap();
        self.ledger.view(self.run, |view| build(view, &facts)).unwrap()
    }
}

fn every(nth: u32, jobs: u32) -> Vec<Left> {
    (1..=jobs).filter(|job| job % nth == 0).map(by_job).collect()
}

fn next_of(report: &Report) -> &'static str {
    report.next.unwrap().action
}

#[test]
fn leak_says_what_where_who_how_many_and_how_to_fix_it() {
    let bench = Bench::new(Mode::Check);
    let report = bench.run_jobs(500, |jobs| every(1, jobs)).report(CHECK);
    assert_eq!((report.verdict, report.mode), ("leaks", "check"));
    let [leak] = &report.leaks[..] else { panic!("one leak: {report:?}") };
    assert_eq!((leak.description.as_str(), leak.job.as_str()), ("'end' listener", "send-email"));
    assert_eq!((leak.certainty, leak.per_job, leak.count, leak.jobs_finished), ("sure", 1.0, 500, 500));
    assert_eq!(leak.jobs_leaving.completed, 500);
    assert_eq!(leak.site.as_ref().unwrap().line, Some(31));
    assert_eq!((leak.sites[0].count, leak.owner.as_str(), leak.stack.len()), (500, "app", 1));
    let holder = leak.holder.as_ref().unwrap();
    assert_eq!((holder.class.as_deref(), holder.listeners_now), (Some("Redis"), 500));
    assert_eq!(leak.fix, "remove it with off('end', fn) in a finally block");
    assert_eq!((leak.evidence.windows, leak.evidence.cohort_alive), (25, 1.0));
    assert_eq!((leak.first_seen, leak.last_seen), (1_000, 25_000));
}

#[test]
fn rate_of_a_check_is_exact() {
    for (nth, rate) in [(1, 1.0), (4, 0.25), (10, 0.1)] {
        let bench = Bench::new(Mode::Check);
        let report = bench.run_jobs(500 * nth, |jobs| every(nth, jobs)).report(CHECK);
        assert_eq!((report.leaks[0].per_job, report.leaks[0].certainty), (rate, "sure"));
    }
}

#[test]
fn listener_that_misses_the_first_job_has_a_rate_of_one_in_production() {
    let bench = Bench::new(Mode::Production);
    let report = bench.run_jobs(1_000, |jobs| every(1, jobs).split_off(1)).report("{}");
    assert_eq!((report.leaks[0].count, report.leaks[0].per_job), (999, 1.0));
}

#[test]
fn bounded_cache_is_kept_and_the_check_clean() {
    for cap in [30, 150] {
        let bench = Bench::new(Mode::Check);
        let lru = |jobs: u32| (jobs.saturating_sub(cap) + 1..=jobs).map(by_job).collect();
        let report = bench.run_jobs(400, lru).report(CHECK);
        assert_eq!((report.verdict, report.kept[0].count), ("clean", u64::from(cap)));
        assert!(["plateau", "released late"].contains(&report.kept[0].reason));
        let bench = Bench::new(Mode::Check);
        let report = bench.run_jobs(400, |jobs| every(1, jobs.min(cap))).report(CHECK);
        assert_eq!((report.verdict, report.kept[0].reason), ("clean", "plateau"));
    }
}

#[test]
fn leftovers_of_the_last_jobs_alone_are_released_late() {
    let bench = Bench::new(Mode::Check);
    let report = bench.run_jobs(200, |jobs| (jobs / 2 + 1..=jobs).map(by_job).collect()).report(CHECK);
    assert_eq!((report.leaks.len(), report.kept[0].reason), (0, "released late"));
}

#[test]
fn singleton_is_kept_after_100_jobs() {
    let bench = Bench::new(Mode::Check);
    let report = bench.run_jobs(80, |_| vec![by_job(3)]).report(CHECK);
    assert_eq!(next_of(&report), "more");
    let bench = Bench::new(Mode::Check);
    let report = bench.run_jobs(100, |_| vec![by_job(3)]).report(CHECK);
    assert_eq!((report.verdict, report.kept[0].reason), ("clean", "one job only"));
    assert_eq!(next_of(&report), "enough");
}

#[test]
fn one_leftover_after_one_strict_job_is_a_likely_leak() {
    let facts = r#"{"check":{"fixedJobs":1,"strict":true}}"#;
    let bench = Bench::new(Mode::Check);
    bench.apply(&bench.with(pass(bench.run, 0, 1, 1).jobs(bench.name, 1), &[by_job(1)]));
    let report = bench.report(facts);
    assert_eq!(
        (report.verdict, report.leaks[0].certainty, report.leaks[0].per_job),
        ("leaks", "likely", 1.0)
    );
    assert_eq!(next_of(&report), "enough");
    let bench = Bench::new(Mode::Check);
    bench.apply(&pass(bench.run, 0, 1, 1).jobs(bench.name, 1));
    assert_eq!(bench.report(facts).verdict, "clean");
}

#[test]
fn leak_of_failing_jobs_alone_says_so() {
    let bench = Bench::new(Mode::Check);
    for window in 1..=5 {
        let (jobs, failed) = (window * 20, window * 4);
        let left: Vec<Left> = (1..=failed).map(|job| by_job(job * 5).failed()).collect();
        let one = pass(bench.run, 0, window, jobs).all_jobs(bench.name, [jobs - failed, failed, 0, 0, 5, 9]);
        bench.apply(&bench.with(one, &left));
    }
    let leak = &bench.report(CHECK).leaks[0];
    assert!(leak.only_when_failing);
    assert_eq!((leak.jobs_leaving.failed, leak.jobs_leaving.completed, leak.per_job), (20, 0, 0.2));
}

#[test]
fn released_leak_is_withdrawn_as_returned() {
    let bench = Bench::new(Mode::Production);
    bench.run_jobs(200, |jobs| every(1, jobs));
    let leak = bench.report("{}").leaks[0].clone();
    let one = pass(bench.run, 0, 11, 220).jobs(bench.name, 220);
    bench.apply(&bench.with(one, &[by_job(7)]));
    let report = bench.report("{}");
    assert_eq!((report.verdict, report.leaks.len()), ("clean", 0));
    assert_eq!(report.returned[0].fingerprint, leak.fingerprint);
    assert_eq!((report.returned[0].peak, report.returned[0].now), (200, 1));
}

#[test]
fn leak_that_returned_and_grows_again_is_a_leak_again() {
    let bench = Bench::new(Mode::Production);
    bench.run_jobs(200, |jobs| every(1, jobs));
    bench.apply(&pass(bench.run, 0, 11, 220).jobs(bench.name, 220));
    assert_eq!(bench.report("{}").returned.len(), 1);
    // They must outlive the released ones twice over: ten passes.
    for number in 12..=40 {
        let left: Vec<Left> = (221..=number * 20).map(by_job).collect();
        bench
            .apply(&bench.with(pass(bench.run, 0, number, number * 20).jobs(bench.name, number * 20), &left));
    }
    let report = bench.report("{}");
    assert_eq!((report.leaks.len(), report.returned.len(), report.leaks[0].per_job), (1, 0, 1.0));
}

#[test]
fn loop_that_one_job_started_is_between_jobs() {
    let bench = Bench::new(Mode::Check);
    let left = |jobs: u32| (2..=jobs).map(|order| by_job(1).late_at(order)).collect();
    let report = bench.run_jobs(100, left).report(CHECK);
    assert_eq!((report.leaks[0].job.as_str(), report.leaks[0].per_job), ("(between jobs)", 0.99));
    let note = format!("{}: created by work that a send-email job started", report.leaks[0].fingerprint);
    assert_eq!(report.notes, [note]);
}

#[test]
fn things_created_outside_any_job_are_measured_against_all_jobs() {
    let bench = Bench::new(Mode::Check);
    for window in 1..=5 {
        let jobs = window * 20;
        let left: Vec<Left> = (1..=jobs / 2).map(|turn| by_job(0).late_at(turn * 2)).collect();
        let one =
            pass(bench.run, 0, window, jobs).jobs(bench.name, jobs / 4).jobs(bench.name + 1, jobs - jobs / 4);
        bench.apply(&one.left(BETWEEN_JOBS_ID, ResourceKind::Listener, bench.shape, &left));
    }
    let leak = &bench.report(CHECK).leaks[0];
    assert_eq!((leak.job.as_str(), leak.per_job, leak.jobs_finished), ("(between jobs)", 0.5, 100));
    assert_eq!((leak.site.clone(), leak.owner.as_str()), (None, "unknown"));
}

#[test]
fn source_maps_say_what_is_shown_and_places_they_make_equal_add_up() {
    let bench = Bench::new(Mode::Check);
    let other = bench.ledger.texts().sites.intern(r#"{"file":"dist/b.js","line":1,"column":9,"via":"user"}"#);
    for window in 1..=5 {
        let jobs = window * 20;
        let left: Vec<Left> = every(1, jobs)
            .into_iter()
            .zip([bench.site, other].into_iter().cycle())
            .map(|(one, at)| one.at(at))
            .collect();
        let one = pass(bench.run, 0, window, jobs).jobs(bench.name, jobs);
        bench.apply(&one.left(bench.name, ResourceKind::Listener, bench.shape, &left));
    }
    let captured = &bench.report(CHECK).leaks[0];
    assert_eq!(captured.sites.len(), 2);
    assert_eq!(captured.generated, None);

    let mapped = |generated: &str| {
        format!(
            r#"{{"file":"src/a.ts","line":7,"column":3,"function":"send","owner":"library:ioredis@5","via":"user",
                "calledFrom":{{"file":"src/job.ts","line":4,"column":1,"function":""}},
                "frames":[["src/a.ts",7,3,"send"],["src/job.ts",4,1,""]],
                "generated":{{"file":"{generated}","line":1,"column":9,"function":"f"}}}}"#
        )
    };
    let (first, second) = (mapped("jobs/a.js"), mapped("dist/b.js"));
    let facts =
        format!(r#"{{"check":{{"elapsedMs":100}},"sites":{{"{}":{first},"{other}":{second}}}}}"#, bench.site);
    let leak = &bench.report(&facts).leaks[0];
    assert_eq!(leak.site.as_ref().unwrap().file.as_deref(), Some("src/a.ts"));
    assert_eq!(leak.owner, "library:ioredis@5");
    assert_eq!(leak.stack, ["send (src/a.ts:7:3)", "src/job.ts:4:1"]);
    assert_eq!(leak.sites.len(), 1, "one place");
    assert_eq!(leak.sites[0].count, 100);
    assert_eq!(leak.sites[0].place.file.as_deref(), Some("src/job.ts"), "the line that calls the library");
    assert_eq!(leak.generated.as_ref().unwrap().file.as_deref(), Some("jobs/a.js"));
    assert_eq!(leak.fingerprint, captured.fingerprint);
}

#[test]
fn leak_in_several_threads_is_one_leak() {
    let bench = Bench::new(Mode::Production);
    for thread in [1, 2] {
        bench.ledger.join(thread, terms(Mode::Production), true);
        for window in 1..=10 {
            let one = pass(bench.run, thread, window, window * 20).jobs(bench.name, window * 20);
            bench.apply(&bench.with(one, &every(thread, window * 20)));
        }
    }
    let report = bench.report("{}");
    assert_eq!((report.leaks.len(), report.leaks[0].count, report.leaks[0].jobs_finished), (1, 300, 400));
    assert_eq!(report.leaks[0].per_job, 0.75);
    assert_eq!(report.leaks[0].threads, 2);
    bench.ledger.leave(bench.run, 1, &[]);
    let report = bench.report("{}");
    assert_eq!((report.leaks[0].count, report.jobs[0].completed), (100, 400));
}

/// Eight threads with 600 jobs each, as many as a sure leak of one thread needs: each is judged by itself, since each
/// fills its own caches. `left` says what is alive in a thread after so many of its jobs.
fn eight_threads(left: impl Fn(u32, u32) -> Vec<Left>) -> Report {
    let bench = Bench::new(Mode::Production);
    for thread in 0..8 {
        bench.ledger.join(thread, terms(Mode::Production), true);
        for window in 1..=30 {
            let one = pass(bench.run, thread, window, window * 20).jobs(bench.name, window * 20);
            let left = left(thread, window * 20);
            bench.apply(&if left.is_empty() { one } else { bench.with(one, &left) });
        }
    }
    bench.report("{}")
}

#[test]
fn leak_in_each_of_eight_threads_has_the_rate_of_one_job() {
    let report = eight_threads(|_, jobs| every(1, jobs));
    let [leak] = &report.leaks[..] else { panic!("one leak: {report:?}") };
    assert_eq!((leak.per_job, leak.count, leak.jobs_finished, leak.threads), (1.0, 4_800, 4_800, 8));
    assert_eq!((leak.jobs_leaving.completed, leak.evidence.cohort_alive), (4_800, 1.0));
    assert_eq!((report.jobs[0].completed, leak.certainty), (4_800, "sure"));
}

#[test]
fn leak_in_one_of_eight_threads_is_a_leak_of_an_eighth_per_job() {
    let report = eight_threads(|thread, jobs| if thread == 5 { every(1, jobs) } else { Vec::new() });
    let leak = &report.leaks[0];
    assert_eq!((leak.per_job, leak.count, leak.jobs_finished, leak.threads), (0.125, 600, 4_800, 1));
    assert_eq!((leak.evidence.per_job_low, leak.evidence.per_job_high), (0.125, 0.125));
}

#[test]
fn thing_that_each_thread_makes_once_is_kept() {
    let report = eight_threads(|_, _| vec![by_job(1)]);
    assert_eq!((report.verdict, report.leaks.len()), ("clean", 0));
    assert_eq!((report.kept[0].count, report.kept[0].reason), (8, "one job only"));
}

#[test]
fn open_jobs_say_which_thread_they_run_in() {
    let bench = Bench::new(Mode::Production);
    for thread in [0, 4] {
        bench.ledger.join(thread, terms(Mode::Production), true);
        let one = pass(bench.run, thread, 1, 20).jobs(bench.name, 20);
        bench.apply(&one.open(bench.name, 7, 900 + thread, &[]).id(bench.name, 7, &format!("id-{thread}")));
    }
    let report = bench.report("{}");
    let open: Vec<_> = report.open_jobs.iter().map(|job| (job.thread, job.job_id.as_deref())).collect();
    assert_eq!(open, [(4, Some("id-4")), (0, Some("id-0"))]);
}

#[test]
fn jobs_count_as_of_the_pass_and_rates_as_of_the_grace_period() {
    let bench = Bench::new(Mode::Production);
    bench.apply(&pass(bench.run, 0, 1, 20).jobs(bench.name, 20).just_completed(5));
    assert_eq!(bench.report("{}").jobs[0].completed, 25);
    bench.ledger.join(1, terms(Mode::Production), true);
    bench.ledger.leave(bench.run, 0, &[]);
    assert_eq!(bench.report("{}").jobs[0].completed, 25, "nothing is waited for in a thread that ended");
}

#[test]
fn jobs_of_ended_threads_that_were_never_looked_at_are_no_evidence() {
    let bench = Bench::new(Mode::Production);
    for thread in [1, 2] {
        bench.ledger.join(thread, terms(Mode::Production), true);
    }
    bench.apply(&pass(bench.run, 1, 1, 0));
    bench.ledger.leave(bench.run, 1, &[f64::from(bench.name), 50.0, 0.0, 0.0, 5.0, 5.0]);
    let report = bench.report("{}");
    assert_eq!((report.verdict, report.jobs[0].completed), ("inconclusive", 50));
    bench.apply(&pass(bench.run, 2, 1, 50).jobs(bench.name, 50));
    bench.ledger.leave(bench.run, 2, &[]);
    let report = bench.report("{}");
    assert_eq!((report.verdict, report.jobs[0].completed), ("clean", 100), "this one was looked at");
}

#[test]
fn stuck_job_is_shown_with_what_it_holds() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(100, |_| Vec::new());
    let held = [(ResourceKind::Listener, bench.shape, 2), (ResourceKind::Interval, bench.shape, 3)];
    let one = pass(bench.run, 0, 6, 120).jobs(bench.name, 120);
    bench.apply(&one.open(bench.name, 77, 5_000, &held).id(bench.name, 77, "mail-77").open(
        bench.name,
        78,
        150,
        &[],
    ));
    let report = bench.report(CHECK);
    assert_eq!(report.verdict, "inconclusive");
    let open: Vec<_> = report.open_jobs.iter().map(|job| (job.job_id.as_deref(), job.stuck)).collect();
    assert_eq!(open, [(Some("mail-77"), true), (None, false)]);
    let holds: Vec<_> = report.open_jobs[0].holds.iter().map(|h| (h.description.as_str(), h.count)).collect();
    assert_eq!(holds, [("interval", 3), ("'end' listener", 2)]);
}

#[test]
fn weak_leftovers_are_inconclusive_until_collected() {
    let bench = Bench::new(Mode::Production);
    for window in 1..=10 {
        let left: Vec<Left> = every(1, window * 20).into_iter().map(Left::weak).collect();
        let one = pass(bench.run, 0, window, window * 20).jobs(bench.name, window * 20).major_cut(0);
        bench.apply(&bench.with(one, &left));
    }
    let report = bench.report("{}");
    assert_eq!((report.verdict, report.kept[0].reason), ("inconclusive", "waits for a collection"));
    assert_eq!((report.kept[0].count, report.kept[0].undecided), (200, true));
}

#[test]
fn check_goes_on_until_the_evidence_is_in() {
    let next_after = |jobs: u32, facts: &str, left: &dyn Fn(u32) -> Vec<Left>| {
        let bench = Bench::new(Mode::Check);
        next_of(&bench.run_jobs(jobs, left).report(facts))
    };
    let leaky = |jobs| every(1, jobs);
    assert_eq!(next_after(20, CHECK, &leaky), "more");
    assert_eq!(next_after(380, r#"{"check":{"elapsedMs":50000}}"#, &leaky), "more", "a plateau may be ahead");
    assert_eq!(next_after(400, CHECK, &leaky), "more", "the jobs are quick");
    assert_eq!(next_after(400, r#"{"check":{"elapsedMs":9000,"usedMs":5000}}"#, &leaky), "enough");
    assert_eq!(next_after(5_000, CHECK, &leaky), "enough");
    assert_eq!(next_after(20, r#"{"check":{"elapsedMs":10,"budgetOver":true}}"#, &leaky), "enough");
    assert_eq!(next_after(80, CHECK, &|_| Vec::new()), "more");
    assert_eq!(next_after(100, CHECK, &|_| Vec::new()), "enough");
    assert_eq!(next_after(20, r#"{"check":{"elapsedMs":3000}}"#, &|_| Vec::new()), "enough");
}

#[test]
fn too_few_jobs_are_inconclusive_and_the_notes_say_why() {
    let bench = Bench::new(Mode::Check);
    bench.apply(&pass(bench.run, 0, 1, 5).jobs(bench.name, 5));
    let report = bench.report(r#"{"notes":["fake timers are on"],"check":{}}"#);
    assert_eq!(report.verdict, "inconclusive");
    assert_eq!(
        report.notes,
        ["fake timers are on", "only 5 finished jobs were looked at: at least 20 are needed"]
    );
}

#[test]
fn accepted_leak_is_shown_apart_and_decides_nothing() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |jobs| every(1, jobs));
    let leaking = bench.report(CHECK);
    let id = &leaking.leaks[0].fingerprint;
    let accepting =
        bench.report(&format!(r#"{{"check":{{"elapsedMs":100}},"accepted":["{id}","L-000000"]}}"#));
    assert_eq!((leaking.verdict, accepting.verdict), ("leaks", "clean"));
    assert_eq!((accepting.leaks.len(), &accepting.accepted), (0, &leaking.leaks));
    assert_eq!(bench.report(r#"{"check":{},"accepted":["L-000000"]}"#).leaks, leaking.leaks);
}

#[test]
fn accepted_leak_with_too_little_evidence_is_kept_and_takes_as_many_jobs_as_without_a_baseline() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(20, |jobs| every(2, jobs));
    let undecided = bench.report(CHECK);
    let id = &undecided.kept[0].fingerprint;
    let accepting = bench.report(&format!(r#"{{"check":{{"elapsedMs":100}},"accepted":["{id}"]}}"#));
    assert_eq!((undecided.verdict, accepting.verdict), ("inconclusive", "clean"));
    assert_eq!((accepting.kept[0].reason, accepting.kept[0].undecided), ("accepted by the baseline", false));
    assert_eq!((next_of(&undecided), next_of(&accepting)), ("more", "more"));
}

#[test]
fn long_lists_are_cut_with_a_note() {
    let bench = Bench::new(Mode::Production);
    let mut one = pass(bench.run, 0, 1, 200).jobs(bench.name, 200);
    for job in 1..=150 {
        let shape = bench.ledger.texts().shapes.intern(&format!(r#"{{"event":"e{job}"}}"#));
        one = one.left(bench.name, ResourceKind::Interval, shape, &[by_job(job)]);
    }
    bench.apply(&one);
    let report = bench.report("{}");
    assert_eq!((report.kept.len(), report.notes), (MAX_ROWS, vec!["50 more kept are not shown".to_owned()]));
}

#[test]
fn facts_pass_through_and_the_ledger_adds_what_it_dropped() {
    let bench = Bench::new(Mode::Production);
    let report = bench.report(
        r#"{"worker":"emails-7f9c","nowMs":5,"env":{"node":"20"},"jobErrors":{"send-email":"no"},
            "self":{"cpuShare":0.004,"bytes":9,"dropped":{"births":3}},"memory":{"rssBytes":7}}"#,
    );
    let json: Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!((&json["worker"], &json["env"]["node"]), (&"emails-7f9c".into(), &"20".into()));
    assert_eq!((&json["self"]["cpuShare"], &json["self"]["dropped"]["births"]), (&0.004.into(), &3.into()));
    assert_eq!(json["self"]["dropped"]["keys"], 0);
    assert_eq!((&json["memory"]["rssBytes"], &json["jobErrors"]["send-email"]), (&7.0.into(), &"no".into()));
    assert!(json.get("next").is_none(), "only a check asks what is next");
}

#[test]
fn report_is_not_clean_where_something_found_no_room() {
    let bench = Bench::new(Mode::Production);
    bench.run_jobs(40, |_| Vec::new());
    assert_eq!(bench.report("{}").verdict, "clean");
    let report = bench.report(r#"{"self":{"dropped":{"owners":2,"timers":1,"faults":9}}}"#);
    assert_eq!(report.verdict, "inconclusive");
    assert_eq!(report.notes, ["3 listeners or timers found no room and were not watched"]);
}

#[test]
fn report_is_not_clean_while_nothing_is_looked_at() {
    let bench = Bench::new(Mode::Production);
    bench.run_jobs(40, |_| Vec::new());
    assert_eq!(bench.report("{}").verdict, "clean");
    assert_eq!(bench.report(r#"{"paused":true}"#).verdict, "inconclusive");
}

#[test]
fn same_ledger_gives_the_same_bytes() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(100, |jobs| every(2, jobs));
    let text = || serde_json::to_string(&bench.report(CHECK)).unwrap();
    assert_eq!(text(), text());
}

#[test]
fn small_rates_keep_six_decimals() {
    assert_eq!((round(0.333_333), round(0.000_012_3), round(-0.5)), (0.3333, 0.000_012, -0.5));
}

#[path = "report_heap_tests.rs"]
mod heap;
