//! Growth and the compact form against the plain ones, on random snapshots; and what they are for, in small.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::arbitrary::{runs, snapshots};
use super::compact::Compact;
use super::essential::Essential;
use super::growth::{Growth, Point, grow};
use super::special::Special;
use super::tests::key;
use super::{Detached, naive, shallow::shallow_sizes};
use crate::snapshot::builder::Builder;
use crate::snapshot::{Graph, Node};

fn growth(run: &[Graph]) -> Growth {
    let (last, earlier) = run.split_last().expect("a last one");
    let points: Vec<Point> = (0..).zip(earlier).map(|(jobs, graph)| Point::of(graph, jobs)).collect();
    grow(&points, last)
}

proptest! {
    #[test]
    fn series_are_those_of_the_oracle(run in runs()) {
        let run: Vec<Graph> = run.iter().map(Builder::graph).collect();
        let found = growth(&run);
        let series: BTreeMap<String, naive::Series> = found
            .classes
            .iter()
            .map(|class| {
                let tallies = class.tallies.iter().map(|tally| (tally.count, tally.bytes)).collect();
                (key(&class.row), (tallies, class.gone))
            })
            .collect();
        prop_assert_eq!(series, naive::series(&run));
        let last = run.last().expect("a last one");
        let larger: BTreeMap<u32, Vec<u64>> =
            found.objects.iter().map(|object| (last.id(object.node), object.bytes.clone())).collect();
        prop_assert_eq!(larger, naive::larger(&run));
    }

    #[test]
    fn every_new_object_has_one_keeper_and_every_keeper_a_real_path(run in runs()) {
        let run: Vec<Graph> = run.iter().map(Builder::graph).collect();
        let (last, births) = (run.last().expect("a last one"), naive::births(&run));
        let sizes = shallow_sizes(last, &Detached::find(last));
        let essential = Essential::find(last, &Special::find(last.strings()));
        let is_new = |node: Node| births[&last.id(node)] == run.len() - 1 && sizes.get(node) > 0;
        let found = growth(&run);
        let mut new = 0;
        for keeper in &found.keepers {
            let mut at = Graph::ROOT;
            for hop in &keeper.path {
                prop_assert!(last.edges(at).contains(&hop.edge) && essential.contains(hop.edge));
                at = hop.node;
                prop_assert_eq!(last.to(hop.edge), at);
                prop_assert!(found.names.contains_key(&at));
            }
            prop_assert!(is_new(at) && keeper.suspect_from < keeper.path.len());
            let is_old = |hop: &super::paths::Hop| !is_new(hop.node);
            prop_assert!(keeper.path[..keeper.path.len() - 1].iter().all(is_old));
            prop_assert!(keeper.entries.is_sorted() && keeper.entries.len() == run.len());
            prop_assert!(keeper.entries.iter().zip(&keeper.tallies).all(|(&count, all)| count <= all.count));
            for at in 0..run.len() {
                let sum: u64 = keeper.parts.iter().map(|part| part.tallies[at].count).sum();
                prop_assert_eq!(keeper.tallies[at].count, sum);
            }
            let [.., before, now] = keeper.tallies[..] else { panic!("two snapshots") };
            new += now.count - before.count;
        }
        let reached = naive::reached(last, &essential);
        prop_assert_eq!(new, reached.iter().filter(|&&node| node > 0 && is_new(node)).count() as u64);
    }

    #[test]
    fn the_compact_form_comes_back_as_it_was(snapshot in snapshots(false)) {
        let compact = Compact::of(&snapshot.graph());
        prop_assert_eq!(Compact::from_bytes(&compact.to_bytes()), Ok(compact));
    }

    #[test]
    fn damaged_bytes_are_an_error_or_objects_of_known_classes(
        snapshot in snapshots(false),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = Compact::of(&snapshot.graph()).to_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(compact) = Compact::from_bytes(&bytes) {
            let mut objects = compact.objects();
            prop_assert!(objects.by_ref().all(|object| (object.class as usize) < compact.classes().len()));
            prop_assert_eq!(compact.objects().count(), compact.len() as usize);
        }
    }
}

/// After so many jobs: a list with an entry for each, a cache of the five latest, a list that grows at its head, an object
/// used as a table, and a buffer that becomes larger.
fn worker(jobs: u32) -> Graph {
    let mut builder = Builder::default();
    let mut known = |kind, name: &str, size, id: u64| builder.known(kind, name, size, id);
    let global = known("object", "global", 8, 3);
    let run = known("closure", "run", 8, 5);
    let scope = known("object", "system / Context", 8, 7);
    let list = known("object", "Array", 8, 9);
    let latest = known("object", "Map", 8, 11);
    let table = known("object", "Table", 8, 13);
    let buffer = known("native", "system / JSArrayBufferData", 64 * u64::from(jobs), 15);
    let of = |job: u32, at: u64| 100 + 10 * u64::from(job) + at;
    let jobs_done: Vec<u32> = (0..jobs).collect();
    let entries: Vec<Node> = jobs_done.iter().map(|&job| known("object", "Entry", 40, of(job, 1))).collect();
    let texts: Vec<Node> = jobs_done.iter().map(|&job| known("string", "text", 24, of(job, 3))).collect();
    let links: Vec<Node> = jobs_done.iter().map(|&job| known("object", "Link", 32, of(job, 5))).collect();
    let named: Vec<Node> = jobs_done.iter().map(|&job| known("object", "Named", 16, of(job, 7))).collect();
    let recent: Vec<Node> =
        jobs_done.iter().rev().take(5).map(|&job| known("object", "Recent", 16, of(job, 9))).collect();
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "run", run);
    builder.edge(run, "internal", "context", scope);
    for (name, node) in [("list", list), ("latest", latest), ("table", table), ("buffer", buffer)] {
        builder.edge(scope, "context", name, node);
    }
    for (at, (&entry, &text)) in (0..).zip(entries.iter().zip(&texts)) {
        builder.numbered(list, "element", at, entry).edge(entry, "property", "text", text);
        builder.edge(table, "property", &format!("key{at}"), named[usize::try_from(at).expect("small")]);
    }
    for (at, &entry) in (0..).zip(&recent) {
        builder.edge(latest, "internal", &format!("{at}"), entry);
    }
    for pair in links.windows(2) {
        builder.edge(pair[1], "property", "next", pair[0]);
    }
    builder.edge(scope, "context", "newest", links[links.len() - 1]);
    builder.graph()
}

#[test]
fn what_grows_is_told_by_the_variable_and_by_when_it_came() {
    let run = [worker(20), worker(60), worker(100)];
    let (found, last) = (growth(&run), &run[2]);
    assert_eq!(found.stranger, None);
    let held = |variable: &str| {
        let is_it = |hop: &super::paths::Hop| last.edge_name(hop.edge) == Some(variable);
        let keeper = found.keepers.iter().find(|keeper| is_it(&keeper.path[keeper.suspect_from]));
        keeper.unwrap_or_else(|| panic!("no {variable}"))
    };
    let audit = held("list");
    assert_eq!((&audit.entries[..], audit.gone, audit.any_name), (&[20, 60, 100][..], 0, false));
    let tallies: Vec<_> = audit.tallies.iter().map(|tally| (tally.count, tally.bytes)).collect();
    assert_eq!(tallies, [(40, 1_280), (120, 3_840), (200, 6_400)]);
    assert_eq!((&held("latest").entries[..], held("latest").gone), (&[0, 0, 5][..], 10));
    assert_eq!((&held("table").entries[..], held("table").any_name), (&[20, 60, 100][..], true));
    let newest = held("newest");
    assert_eq!(newest.entries, [0, 0, 1], "one hangs on the variable");
    let counts: Vec<u64> = newest.parts[0].tallies.iter().map(|tally| tally.count).collect();
    assert_eq!(counts, [20, 60, 100], "and all others on it");
    assert_eq!(found.keepers.len(), 4);
    let [buffer] = &found.objects[..] else { panic!("one object became larger") };
    assert_eq!(buffer.bytes, [1_280, 3_840, 6_400]);
    assert_eq!(last.edge_name(buffer.path[buffer.suspect_from].edge), Some("buffer"));
}

/// After so many jobs: a list whose new links go to its tail, a chain of two sorts of links, and an array that each job
/// replaces by a longer copy.
fn queues(jobs: u32) -> Graph {
    let mut builder = Builder::default();
    let mut known = |name: &str, id: u32| builder.known("object", name, 16, u64::from(id));
    let (global, scope) = (known("global", 3), known("system / Context", 5));
    let copy = known("Array", 7 + 2 * jobs);
    let of = |at: u32| (0..jobs).map(move |job| 1_001 + 10 * job + at);
    let links: Vec<Node> = of(0).map(|id| known("Link", id)).collect();
    let promises: Vec<Node> = of(2).map(|id| known("Promise", id)).collect();
    let reactions: Vec<Node> = of(4).map(|id| known("Reaction", id)).collect();
    let entries: Vec<Node> = of(6).map(|id| known("Entry", id)).collect();
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "scope", scope);
    for (name, node) in [("head", links[0]), ("first", promises[0]), ("copy", copy)] {
        builder.edge(scope, "context", name, node);
    }
    for pair in links.windows(2) {
        builder.edge(pair[0], "property", "next", pair[1]);
    }
    for (pair, &reaction) in promises.windows(2).zip(&reactions) {
        builder
            .edge(pair[0], "internal", "reactions", reaction)
            .edge(reaction, "internal", "promise", pair[1]);
    }
    for (at, &entry) in (0..).zip(&entries) {
        builder.numbered(copy, "element", at, entry);
    }
    builder.graph()
}

#[test]
fn lists_that_grow_at_their_tail_and_copies_are_counted_by_their_entries() {
    let run = [queues(20), queues(60), queues(100)];
    let (found, last) = (growth(&run), &run[2]);
    let told = |keeper: &super::keepers::Keeper| {
        let variable = last.edge_name(keeper.path[keeper.suspect_from].edge).unwrap_or_default().to_owned();
        (variable, keeper.entries.clone(), keeper.path.len() - keeper.further_links.len())
    };
    let mut keepers: Vec<_> = found.keepers.iter().map(told).collect();
    keepers.sort();
    let keeper = |name: &str, entries: [u64; 3], hops| (name.to_owned(), entries.to_vec(), hops);
    // Global, scope, variable; then as far as the first link that is held as all others are.
    assert_eq!(
        keepers,
        [keeper("copy", [20, 60, 100], 4), keeper("first", [18, 58, 98], 5), keeper("head", [18, 58, 98], 4)]
    );
}

/// After so many jobs: a list with two ends, each link with the one before and the one after. The first one never got a `prev`,
/// so V8 says of it that it is of another class.
fn list_with_two_ends(jobs: u32) -> Graph {
    let mut builder = Builder::default();
    let mut known = |name: &str, id: u32| builder.known("object", name, 16, u64::from(id));
    let (global, list) = (known("global", 3), known("List", 5));
    let name = |job: u32| if job == 0 { "First" } else { "Link" };
    let links: Vec<Node> = (0..jobs).map(|job| known(name(job), 1_001 + 2 * job)).collect();
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "list", list);
    for pair in links.windows(2) {
        builder.edge(pair[0], "property", "next", pair[1]).edge(pair[1], "property", "prev", pair[0]);
    }
    builder.edge(list, "property", "head", links[0]).edge(list, "property", "tail", links[links.len() - 1]);
    builder.graph()
}

#[test]
fn old_links_of_a_list_are_counted_with_the_new_ones_also_behind_a_first_link_of_another_class() {
    let tally = |last: u32| {
        let found = growth(&[list_with_two_ends(20), list_with_two_ends(60), list_with_two_ends(last)]);
        found.keepers[0].tallies.iter().map(|tally| tally.count).collect::<Vec<_>>()
    };
    assert_eq!(tally(100), [19, 59, 99]);
    assert_eq!(tally(300), [19, 59, 299], "where some of the new ones are nearer to the old end");
}

/// After so many jobs: a tree with a node for each, which has two branches.
fn tree(jobs: u32) -> Graph {
    let mut builder = Builder::default();
    let mut known = |name: &str, id: u32| builder.known("object", name, 16, u64::from(id));
    let (global, index) = (known("global", 3), known("Index", 5));
    let nodes: Vec<Node> = (0..jobs).map(|job| known("Branch", 1_001 + 2 * job)).collect();
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "index", index);
    builder.edge(index, "property", "root", nodes[0]);
    for (at, &node) in (0_usize..).zip(&nodes).skip(1) {
        let name = if at % 2 == 0 { "left" } else { "right" };
        builder.edge(nodes[(at - 1) / 2], "property", name, node);
    }
    builder.graph()
}

#[test]
fn nodes_of_a_tree_are_counted_together_wherever_they_hang() {
    let last = tree(100);
    let found = growth(&[tree(20), tree(60), tree(100)]);
    let keeper = &found.keepers[0];
    assert_eq!(keeper.entries, [19, 59, 99]);
    assert_eq!(last.edge_name(keeper.path[keeper.suspect_from].edge), Some("index"));
    assert!(keeper.any_name, "by which of two names is of no interest");
    assert_eq!(keeper.path.len() - keeper.further_links.len(), 3, "{:?}", keeper.path);
}

#[test]
fn a_snapshot_of_another_process_is_found() {
    let mut other = Builder::default();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let node = other.node("object", name, 8);
        other.numbered(0, "element", 1, node);
    }
    assert_eq!(growth(&[worker(20), other.graph(), worker(100)]).stranger, Some(1));
}

#[test]
fn an_object_takes_three_bytes_beside_the_classes() {
    let (few, many) = (Compact::of(&worker(200)), Compact::of(&worker(2_000)));
    let bytes = many.to_bytes().len() - few.to_bytes().len();
    let objects = (many.len() - few.len()) as usize;
    assert!(10 * bytes <= 31 * objects, "{bytes} bytes for {objects} objects");
}

/// A promise for which all jobs wait: with an `await`, two functions that settle it, and a frame (Node 24); with a `then`, a
/// function and a promise of its own.
fn waited_for(jobs: u32) -> Graph {
    let mut builder = Builder::default();
    let mut known =
        |kind: &'static str, name: &str, id: u32, size| builder.known(kind, name, size, u64::from(id));
    let (global, scope) = (known("object", "global", 3, 16), known("object", "system / Context", 5, 16));
    let ready = known("object", "Promise", 7, 16);
    let mut reactions = Vec::new();
    for at in (0..jobs).map(|job| 1_001 + 20 * job) {
        let mut of = |kind: &'static str, name: &'static str, further: u32, size| {
            known(kind, name, at + further, size)
        };
        let awaited =
            vec![of("closure", "settle", 2, 16), of("closure", "fail", 4, 16), of("object", "Map", 6, 16)];
        let then = vec![of("closure", "onReady", 8, 16), of("object", "Promise", 10, 16)];
        let both = [of("hidden", "(system)", 12, 0), of("hidden", "(system)", 14, 0)];
        reactions.extend(both.into_iter().zip([awaited, then]));
    }
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "scope", scope);
    builder.edge(scope, "context", "ready", ready);
    let mut above = (ready, "reactions_or_result");
    for (reaction, held) in reactions {
        builder.edge(above.0, "internal", above.1, reaction);
        for node in held {
            builder.edge(reaction, "internal", "of", node);
        }
        above = (reaction, "next");
    }
    builder.graph()
}

#[test]
fn reaction_is_one_entry_whatever_hangs_on_it() {
    let found = growth(&[waited_for(20), waited_for(60), waited_for(100)]);
    let entries: Vec<_> = found.keepers.iter().map(|keeper| keeper.entries.clone()).collect();
    assert_eq!(entries, [[40, 120, 200]]);
}

#[test]
fn no_text_becomes_longer() {
    let held = |kind, size| {
        let mut builder = Builder::default();
        let (global, node) = (builder.node("object", "global", 16), builder.node(kind, "held", size));
        builder.id(global, 3).id(node, 5);
        builder.numbered(0, "shortcut", 1, global).edge(global, "property", "held", node);
        builder.graph()
    };
    let larger = |kind| growth(&[held(kind, 100), held(kind, 200), held(kind, 300)]).objects.len();
    assert_eq!((larger("array"), larger("string"), larger("concatenated string")), (1, 0, 0));
}

#[test]
fn what_stands_on_the_stack_alone_is_no_growth() {
    let held = |jobs: u32, group: &'static str| {
        let mut builder = Builder::default();
        let (roots, held_by) =
            (builder.node("synthetic", "(GC roots)", 0), builder.node("synthetic", group, 0));
        builder.id(roots, 3).id(held_by, 17);
        builder.numbered(0, "element", 1, roots).numbered(roots, "element", 7, held_by);
        for (at, job) in (0..).zip(0..jobs) {
            let node = builder.node("object", "Job", 16);
            builder.id(node, u64::from(1_001 + 2 * job)).numbered(held_by, "element", at, node);
        }
        builder.graph()
    };
    let keepers = |group| growth(&[held(20, group), held(60, group), held(100, group)]).keepers.len();
    assert_eq!((keepers("(Global handles)"), keepers("(Stack roots)")), (1, 0));
}
