use super::*;
use crate::snapshot::Node;
use crate::snapshot::builder::Builder;

/// Names that a line has used, which V8 keeps with the code (Node 26), or the same in a variable.
fn names(jobs: u32, holder: &'static str) -> Graph {
    let mut builder = Builder::default();
    let mut known =
        |kind: &'static str, name: &str, id: u32, size| builder.known(kind, name, size, u64::from(id));
    let (global, function) = (known("object", "global", 3, 16), known("closure", "reply", 5, 16));
    let (held, storage) = (known(holder, "held", 7, 16), known("array", "", 9, 16));
    let names: Vec<Node> = (0..jobs).map(|job| known("string", "reply-1", 1_001 + 2 * job, 32)).collect();
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "reply", function);
    builder.edge(function, "context", "names", held).edge(held, "internal", "elements", storage);
    for (at, &name) in (0..).zip(&names) {
        builder.numbered(storage, "element", at, name);
    }
    builder.graph()
}

#[test]
fn what_v8_keeps_next_to_global_variables_is_its_own() {
    let own = |name: &'static str, edge: &'static str, steps: usize| {
        let held = |size: u64| {
            let mut builder = Builder::default();
            let between: Vec<Node> =
                (1..steps).map(|at| builder.known("hidden", "system", 16, 101 + 2 * at as u64)).collect();
            let node = builder.known("object", name, size, 3);
            let way: Vec<Node> = between.into_iter().chain([node]).collect();
            builder.numbered(0, edge, 1, way[0]);
            for pair in way.windows(2) {
                builder.edge(pair[0], "property", "global", pair[1]);
            }
            builder.graph()
        };
        let mut snapshots = Snapshots::default();
        snapshots.add(&held(1_000), 20);
        snapshots.add(&held(2_000), 60);
        let growth = snapshots.growth(&held(3_000), 100).expect("of one process");
        growth.objects.iter().map(|row| row.own).collect::<Vec<_>>()
    };
    assert_eq!(own("global", "shortcut", 1), [true]);
    assert_eq!(own("global*", "shortcut", 2), [true]);
    assert_eq!(own("Store", "shortcut", 1), [false]);
    assert_eq!(own("global", "element", 1), [false]);
    assert_eq!(own("global", "shortcut", 3), [false]);
}

#[test]
fn storage_of_what_holds_its_keys_weakly_is_no_row() {
    let rows = |class: &'static str| {
        let held = |size: u64| {
            let mut builder = Builder::default();
            let node = builder.known("object", class, size, 3);
            builder.edge(0, "property", "states", node);
            builder.graph()
        };
        let mut snapshots = Snapshots::default();
        snapshots.add(&held(1_000), 20);
        snapshots.add(&held(2_000), 60);
        let growth = snapshots.growth(&held(3_000), 100).expect("of one process");
        (growth.objects.len(), growth.verdict)
    };
    assert_eq!(rows("Map"), (1, "grows"));
    assert_eq!(rows("WeakMap"), (0, "steady"));
    assert_eq!(rows("WeakSet"), (0, "steady"));
}

#[test]
fn names_that_v8_keeps_with_code_are_its_own() {
    let own = |holder| {
        let mut snapshots = Snapshots::default();
        snapshots.add(&names(20, holder), 20);
        snapshots.add(&names(60, holder), 60);
        let growth = snapshots.growth(&names(100, holder), 100).expect("of one process");
        let rows: Vec<_> = growth.keepers.iter().map(|row| (row.counts.clone(), row.own)).collect();
        (rows, growth.verdict)
    };
    assert_eq!(own("object"), (vec![(vec![20, 60, 100], false)], "grows"));
    assert_eq!(own("code"), (vec![(vec![20, 60, 100], true)], "steady"));
}
