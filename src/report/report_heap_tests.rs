//! What the heap of a check adds to its report.

use super::*;

/// A check of 400 jobs with a Map that grew by `counts`, and its report.
fn with_map(bench: &Bench, counts: &str, path: &str) -> Report {
    with_keeper(bench, counts, path, 1)
}

/// The same with the step at which the path becomes suspect.
fn with_keeper(bench: &Bench, counts: &str, path: &str, suspect_from: u32) -> Report {
    bench.report(&format!(
        r#"{{"check":{{"elapsedMs":100}},"heap":{{"job":"thumb","readings":[{{"jobs":100}}],"snapshots":[100,140,180,400],
            "classes":[{{"name":"{{id}}"}}],
            "keepers":[{{"status":"grows","certainty":"sure","perJob":1,"perJobLow":1,"perJobHigh":1,"countsEntries":true,
                "of":{{"name":"{{id}}","type":"object"}},"counts":{counts},"bytes":40000,"bytesPerJob":100,"suspectFrom":{suspect_from},
                "words":[".job job jobs/thumb.js:3","variable cache Map","[*] {{id}}"],
                "path":[{{"edge":"property","edgeName":"job","to":"job","toType":"closure",
                          "place":{{"file":"/app/jobs/thumb.js","line":3}}}},{path}
                        {{"edge":"internal","edgeName":null,"to":"{{id}}","toType":"object"}}]}}]}}}}"#
    ))
}

const CACHE: &str = r#"{"edge":"context","edgeName":"cache","to":"Map","toType":"object"},"#;

#[test]
fn map_that_grows_is_a_leak_with_its_name_rate_and_path() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let report = with_map(&bench, "[100,140,180,400]", CACHE);
    assert_eq!((report.verdict, report.leaks.len()), ("leaks", 1));
    let leak = &report.leaks[0];
    assert_eq!((leak.kind, leak.description.as_str()), ("collection", "entry in cache (Map)"));
    assert_eq!((leak.per_job, leak.count, leak.jobs_finished), (1.0, 400, 400));
    assert_eq!((leak.retained_bytes, leak.bytes_per_job), (Some(40_000), Some(100.0)));
    let path = leak.retaining_path.clone().unwrap();
    assert_eq!(path, [".job job jobs/thumb.js:3", "variable cache Map", "[*] {id}"]);
}

#[test]
fn map_that_stopped_growing_or_replaced_its_entries_is_none() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    for counts in ["[100,140,180,190]", "[0,0,0,100]"] {
        assert_eq!(with_map(&bench, counts, CACHE).verdict, "clean", "{counts}");
    }
}

#[test]
fn texts_that_grow_while_there_are_no_more_of_them_wait_for_the_last_snapshot() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let with = |kind: &str, snapshots: &str, classes: &str| {
        let report = bench.report(&format!(
            r#"{{"check":{{"elapsedMs":100}},"heap":{{"job":"thumb","readings":[{{"jobs":100}}],"snapshots":{snapshots},
                "classes":[{classes}],
                "keepers":[{{"status":"grows","certainty":"sure","perJob":0.25,"perJobLow":0.25,"perJobHigh":0.25,
                    "countsEntries":true,"of":{{"name":"(string)","type":"{kind}"}},"counts":{counts},"bytes":2400,
                    "bytesPerJob":6,"suspectFrom":0,"words":["variable failed Set","[*] (string)"],
                    "path":[{{"edge":"context","edgeName":"failed","to":"Set","toType":"object"}},
                            {{"edge":"internal","edgeName":null,"to":"(string)","toType":"string"}}]}}]}}}}"#,
            counts = snapshots.replace("400", "100").replace("[100", "[25").replace("140", "35").replace("180", "45")
        ));
        (report.leaks.len(), report.kept.iter().filter(|kept| kept.undecided).count())
    };
    let (three, four) = ("[100,140,180]", "[100,140,180,400]");
    assert_eq!(with("string", three, ""), (0, 1));
    assert_eq!(with("object", three, ""), (0, 0), "of objects there would be more");
    assert_eq!(with("string", four, ""), (0, 0), "a cache of the latest ones");
    assert_eq!(with("string", four, r#"{"name":"(string)"}"#), (1, 0));
}

#[test]
fn what_a_leaking_listener_keeps_is_told_with_it() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |jobs| every(1, jobs));
    let listeners = r#"{"edge":"context","edgeName":"bus","to":"EventEmitter","toType":"object"},
        {"edge":"property","edgeName":"_events","to":"Object","toType":"object"},
        {"edge":"property","edgeName":"end","to":"Array","toType":"object"},"#;
    let report = with_map(&bench, "[100,140,180,400]", listeners);
    assert_eq!(report.leaks.len(), 1);
    assert_eq!((report.leaks[0].kind, report.leaks[0].retained_bytes), ("listener", Some(40_000)));
    let alone = with_map(&bench, "[100,140,180,400]", CACHE);
    assert_eq!(alone.leaks.len(), 2, "a Map is a mistake of its own");
    let seen = format!(
        r#"{listeners}{{"edge":"element","edgeName":null,"to":"onEnd","toType":"closure"}},
            {{"edge":"internal","edgeName":"context","to":"system / Context","toType":"object"}},{CACHE}"#
    );
    let seen = with_map(&bench, "[100,140,180,400]", &seen);
    assert_eq!(seen.leaks.len(), 2, "also where a listener sees its variable, and is the shortest way to it");
}

/// What Node keeps, as `js/node-state.js` hands it in with the keeper's other facts.
fn with_state(bench: &Bench, file: &str) -> Report {
    bench.report(&format!(
        r#"{{"check":{{"elapsedMs":100}},"heap":{{"job":"thumb","readings":[{{"jobs":100}}],"snapshots":[100,140,180,400],
            "classes":[{{"name":"Function"}}],
            "keepers":[{{"status":"grows","certainty":"sure","perJob":1.001,"perJobLow":1,"perJobHigh":1.001,
                "countsEntries":true,"of":{{"name":"note","type":"closure"}},"counts":[100,140,180,400],"bytes":40000,
                "bytesPerJob":100,"suspectFrom":1,"state":{{"thing":"subscriber","fix":"unsubscribe"}},
                "path":[{{"edge":"context","edgeName":"channel","to":"Channel","toType":"object",
                          "classPlace":{{"file":"{file}","line":3}}}},
                        {{"edge":"property","edgeName":"_subscribers","to":"Array","toType":"object"}},
                        {{"edge":"element","edgeName":null,"to":"note","toType":"closure"}}]}}]}}}}"#
    ))
}

#[test]
fn what_node_keeps_for_the_program_is_called_so_only_where_the_place_is_nodes() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let leak = |file| {
        let leak = with_state(&bench, file).leaks.remove(0);
        (leak.kind, leak.description, leak.fix, leak.per_job)
    };
    let (kind, thing, fix, per_job) = leak("node:diagnostics_channel");
    assert_eq!((kind, thing.as_str(), fix.as_str()), ("collection", "subscriber", "unsubscribe"));
    assert!((per_job - 1.0).abs() < f64::EPSILON, "a few entries more or less are no other rate");
    assert_eq!(leak("/app/channel.js").1, "entry in _subscribers (Array)");
}

#[test]
fn check_whose_time_was_up_before_snapshots_could_tell_is_not_clean() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let samples: Vec<String> =
        (0..12).map(|i| format!(r#"{{"jobs":{},"afterGcBytes":{}}}"#, i * 10, i * 500_000)).collect();
    let verdict = |is_over: bool| {
        let report = bench.report(&format!(
            r#"{{"check":{{"elapsedMs":100,"budgetOver":{is_over}}},"memory":{{"samples":[{}]}},
                "heap":{{"job":"thumb","readings":[{{"jobs":100}}],"snapshots":[100,140]}}}}"#,
            samples.join(",")
        ));
        (report.verdict, report.notes.concat())
    };
    let sentence = "memory grows with the jobs, and no snapshot of the heap tells where: the time was up";
    assert_eq!(verdict(true), ("inconclusive", sentence.to_owned()));
    assert_eq!(verdict(false).0, "clean", "it goes on");
}

#[test]
fn growth_that_no_snapshot_could_place_is_said_and_where_it_is_sure_not_clean() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let samples: Vec<String> =
        (0..12).map(|i| format!(r#"{{"jobs":{},"afterGcBytes":{}}}"#, i * 10, i * 500_000)).collect();
    let facts = |samples: &str| {
        format!(
            r#"{{"check":{{"elapsedMs":100}},"memory":{{"samples":[{samples}]}},
                "heap":{{"job":"thumb","readings":[{{"jobs":100}}],"outOfReach":"too large"}}}}"#
        )
    };
    let sure = bench.report(&facts(&samples.join(",")));
    let sentence = "memory grows with the jobs, and no snapshot of the heap tells where: too large";
    assert_eq!((sure.verdict, sure.notes), ("inconclusive", vec![sentence.to_owned()]));
    assert_eq!(bench.report(&facts("")).verdict, "clean");
}

/// Listeners in a Set, one more with each job, and what grows beyond them.
fn with_set(bench: &Bench, beyond: &str) -> Report {
    bench.report(&format!(
        r#"{{"check":{{"elapsedMs":100}},"heap":{{"job":"thumb","readings":[{{"jobs":100}}],"snapshots":[100,140,180,400],
            "classes":[{{"name":"Function"}},{{"name":"{{at}}"}}],
            "keepers":[{{"status":"grows","certainty":"sure","perJob":1,"perJobLow":1,"perJobHigh":1,"countsEntries":true,
                "of":{{"name":"note","type":"closure"}},"counts":[100,140,180,400],"bytes":40000,"bytesPerJob":100,
                "suspectFrom":1,"words":["variable subscribers Set","[*] note"],"path":[{SET},{NOTE}]}}],
            "objects":[{beyond}]}}}}"#
    ))
}

const SET: &str = r#"{"edge":"property","edgeName":"job","to":"job","toType":"closure","place":{"file":"/app/jobs/thumb.js","line":3}},
    {"edge":"context","edgeName":"subscribers","to":"Set","toType":"object"}"#;
const NOTE: &str = r#"{"edge":"internal","edgeName":null,"to":"note","toType":"closure","place":{"file":"/app/bus.js","line":9}}"#;

/// A list that becomes larger, in a variable of what `on` says.
fn list(on: &str) -> String {
    format!(
        r#"{{"status":"grows","certainty":"sure","perJob":50,"perJobLow":50,"perJobHigh":50,"of":{{"name":"Array","type":"object"}},
            "counts":[100,140,180,400],"bytes":[5000,7000,9000,20000],"suspectFrom":1,"words":["variable lines Array"],
            "path":[{SET},{on},{{"edge":"context","edgeName":"lines","to":"Array","toType":"object"}}]}}"#
    )
}

#[test]
fn lists_that_forgotten_listeners_fill_are_a_part_of_that_leak() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let alone = with_set(&bench, "");
    let bytes =
        |report: &Report| report.leaks.iter().filter_map(|leak| leak.retained_bytes).collect::<Vec<_>>();
    assert_eq!(bytes(&alone), [40_000]);
    let filled = with_set(&bench, &[list(NOTE), list(NOTE), list(NOTE)].join(","));
    assert_eq!(filled.leaks[0].description, "entry in subscribers (Set)");
    assert_eq!(bytes(&filled), [100_000], "with what the lists take");
    let one = with_set(&bench, &list(NOTE));
    assert_eq!(one.leaks.len(), 2, "one list alone may be a mistake of its own");
}

#[test]
fn lists_that_are_held_alike_are_one_finding() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let other = NOTE.replace("note", "other");
    let report = with_set(&bench, &[list(&other), list(&other)].join(","));
    let rates: Vec<_> =
        report.leaks.iter().map(|leak| (leak.kind, leak.per_job, leak.retained_bytes)).collect();
    assert_eq!(rates, [("collection", 1.0, Some(40_000)), ("heap", 100.0, Some(40_000))]);
}

#[test]
fn exports_of_an_es_module_that_was_required_are_the_programs() {
    let bench = Bench::new(Mode::Check);
    bench.run_jobs(400, |_| Vec::new());
    let through = |symbol: &str| {
        let path = format!(
            r#"{{"edge":"property","edgeName":"getBuiltinModule","to":"getBuiltinModule","toType":"closure",
                 "place":{{"file":"node:internal/modules/helpers","line":355}}}},
               {{"edge":"context","edgeName":"$Module","to":"Module","toType":"closure"}},
               {{"edge":"property","edgeName":"_cache","to":"Object","toType":"object"}},
               {{"edge":"property","edgeName":"/app/node_modules/lib/index.mjs","to":"Module","toType":"object",
                 "classPlace":{{"file":"node:internal/modules/cjs/loader","line":9}}}},
               {{"edge":"property","edgeName":"{symbol}","to":"ModuleWrap","toType":"object"}},
               {{"edge":"internal","edgeName":"value","to":"Map","toType":"object"}},"#
        );
        let report = with_keeper(&bench, "[100,140,180,400]", &path, 2);
        report.leaks.first().map(|leak| leak.description.clone())
    };
    let description = through("<symbol kRequiredModuleSymbol>");
    assert_eq!(description.as_deref(), Some("entry in lib/index.mjs (Map)"));
    assert_eq!(through("<symbol kOther>"), None, "but what Node keeps for itself is not");
}
