//! The fast analyses against the plain ones, on random snapshots; and what they are for, in small.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::arbitrary::{pairs, snapshots};
use super::classes::Classes;
use super::compact::Compact;
use super::compare::{Baseline, compare};
use super::distances::distances;
use super::dominators::Dominators;
use super::essential::Essential;
use super::interfaces::infer;
use super::paths::{Search, holdings};
use super::retainers::{Target, retainers};
use super::rows::{Row, Rows};
use super::shallow::shallow_sizes;
use super::special::Special;
use super::summary::{Measures, summarize};
use super::{Detached, naive};
use crate::snapshot::builder::Builder;
use crate::snapshot::{Graph, Node};

pub fn key(row: &Row) -> String {
    match row.place {
        Some(place) => format!("{},{},{},{}", place.script, place.line, place.column, row.name),
        None => format!(",{}", row.name),
    }
}

fn keys(graph: &Graph) -> Vec<String> {
    let classes = Classes::find(graph, &Detached::find(graph));
    let mut rows = Rows::new(infer(&classes.shapes));
    let row_of = rows.of(&classes.all, &classes.shapes);
    let rows = rows.finish();
    classes.of.iter().map(|&class| key(&rows[row_of[class as usize]])).collect()
}

fn changes(before: &Graph, after: &Graph) -> BTreeMap<String, [u64; 4]> {
    changes_from(Baseline::of(before), after)
}

fn changes_from(before: Baseline, after: &Graph) -> BTreeMap<String, [u64; 4]> {
    let changes = compare(before, after, false).changes;
    changes
        .iter()
        .map(|row| (key(&row.row), [row.new_count, row.new_bytes, row.deleted_count, row.deleted_bytes]))
        .collect()
}

proptest! {
    #[test]
    fn shallow_sizes_are_those_of_the_oracle(snapshot in snapshots(false)) {
        let graph = snapshot.graph();
        let sizes = shallow_sizes(&graph, &Detached::find(&graph));
        let sizes: Vec<u64> = graph.nodes().map(|node| sizes.get(node)).collect();
        prop_assert_eq!(sizes, naive::shallow(&graph));
    }

    #[test]
    fn classes_are_those_of_the_oracle(snapshot in snapshots(false)) {
        let graph = snapshot.graph();
        let interfaces = naive::interfaces(&graph);
        let expected: Vec<String> =
            graph.nodes().map(|node| naive::class_key(&graph, node, &interfaces)).collect();
        prop_assert_eq!(keys(&graph), expected);
    }

    #[test]
    fn changes_are_those_of_the_oracle((before, after) in pairs()) {
        let (before, after) = (before.graph(), after.graph());
        let expected = naive::compare(&before, &after);
        prop_assert_eq!(changes(&before, &after), expected.clone());
        let kept = Compact::from_bytes(&Compact::of(&before).to_bytes()).expect("what was written");
        prop_assert_eq!(changes_from(Baseline::from(&kept), &after), expected);
    }

    #[test]
    fn dominators_are_those_of_the_oracle(snapshot in snapshots(true)) {
        let graph = snapshot.graph();
        let special = Special::find(graph.strings());
        let essential = Essential::find(&graph, &special);
        for node in graph.nodes() {
            for edge in graph.edges(node) {
                prop_assert_eq!(essential.contains(edge), naive::is_essential(&graph, node, edge));
            }
        }
        prop_assert_eq!(Dominators::find(&graph, &essential).of, naive::dominators(&graph));
    }

    #[test]
    fn distances_are_those_of_the_oracle(snapshot in snapshots(false)) {
        let graph = snapshot.graph();
        prop_assert_eq!(distances(&graph, &Special::find(graph.strings())), naive::distances(&graph));
    }

    #[test]
    fn every_new_object_is_held_by_a_real_path(snapshot in snapshots(true), new in prop::collection::vec(any::<bool>(), 12)) {
        let graph = snapshot.graph();
        let essential = Essential::find(&graph, &Special::find(graph.strings()));
        let sizes = shallow_sizes(&graph, &Detached::find(&graph));
        let is_new = |node: Node| node > 0 && new[node as usize - 1] && sizes.get(node) > 0;
        let search = Search {
            graph: &graph,
            essential: &essential,
            sizes: &sizes,
            is_new: &is_new,
            class: &|node| graph.name_index(node),
        };
        let found = holdings(&search);
        for holding in &found {
            let mut at = Graph::ROOT;
            for hop in &holding.path {
                prop_assert!(graph.edges(at).contains(&hop.edge) && essential.contains(hop.edge));
                at = hop.node;
                prop_assert_eq!(graph.to(hop.edge), at);
            }
            prop_assert!(is_new(at) && holding.suspect_from < holding.path.len());
            let way = &holding.path[..holding.path.len() - 1];
            let is_old_way = way.iter().all(|hop| !is_new(hop.node));
            prop_assert_eq!(is_old_way, naive::is_held_by_old(&graph, &essential, &is_new, at));
        }
        let reached = naive::reached(&graph, &essential);
        let objects = || reached.iter().filter(|&&node| is_new(node));
        prop_assert_eq!(found.iter().map(|holding| holding.objects).sum::<u64>(), objects().count() as u64);
        let bytes: u64 = objects().map(|&node| sizes.get(node)).sum();
        prop_assert_eq!(found.iter().map(|holding| holding.bytes).sum::<u64>(), bytes);
    }

    #[test]
    fn retainers_are_all_references_from_outside(snapshot in snapshots(true), class in any::<prop::sample::Index>()) {
        let graph = snapshot.graph();
        let classes = Classes::find(&graph, &Detached::find(&graph));
        let mut rows = Rows::new(infer(&classes.shapes));
        let row_of = rows.of(&classes.all, &classes.shapes);
        let rows = rows.finish();
        let name = |node: Node| &rows[row_of[classes.of[node as usize] as usize]].name;
        let wanted = name(Node::try_from(class.index(graph.node_count() as usize)).expect("few nodes"));
        let sizes = shallow_sizes(&graph, &Detached::find(&graph));
        let is_target = |node: Node| node > 0 && name(node) == wanted && sizes.get(node) > 0;
        let essential = Essential::find(&graph, &Special::find(graph.strings()));
        let expected = naive::outside_references(&graph, &essential, &is_target);
        let found = retainers(&graph, &Target::Class(wanted.clone()));
        prop_assert_eq!(found.objects, graph.nodes().filter(|&node| is_target(node)).count() as u64);
        let references: u64 = found.retainers.iter().map(|retainer| retainer.references).sum();
        prop_assert_eq!(references, expected.len() as u64);
        let held: BTreeSet<Node> = expected.iter().map(|&(_, edge)| graph.to(edge)).collect();
        prop_assert_eq!(found.held, held.len() as u64);
        for retainer in &found.retainers {
            let mut at = Graph::ROOT;
            for hop in &retainer.path {
                prop_assert!(!is_target(at) && graph.edges(at).contains(&hop.edge));
                at = hop.node;
                prop_assert_eq!(graph.to(hop.edge), at);
            }
            prop_assert!(is_target(at) && retainer.suspect_from < retainer.path.len());
        }
    }

    #[test]
    fn retained_sizes_add_up(snapshot in snapshots(true)) {
        let graph = snapshot.graph();
        let measures = Measures::of(&graph);
        let is_above = |above: Node, mut node: Node| loop {
            if node == above {
                return true;
            }
            let next = measures.dominators.of[node as usize];
            if next == node {
                return false;
            }
            node = next;
        };
        for node in graph.nodes() {
            let below = graph.nodes().filter(|&other| is_above(node, other));
            let sum: u64 = below.map(|other| measures.shallow.get(other)).sum();
            prop_assert_eq!(measures.retained[node as usize], sum);
        }
        let keys = keys(&graph);
        for total in summarize(&graph, &measures) {
            let class = key(&total.row);
            let members = || {
                let sized = graph.nodes().filter(|&node| measures.shallow.get(node) > 0);
                sized.filter(|&node| keys[node as usize] == class)
            };
            let is_topmost = |node: &Node| !members().any(|other| other != *node && is_above(other, *node));
            let retained: u64 = members().filter(is_topmost).map(|node| measures.retained[node as usize]).sum();
            prop_assert_eq!((total.count, total.retained_bytes), (members().count() as u64, retained));
        }
    }
}

#[test]
fn an_array_has_the_size_of_its_elements() {
    let mut builder = Builder::default();
    let list = builder.node("object", "Array", 16);
    let elements = builder.node("array", "(object elements)", 800);
    let shared = builder.node("hidden", "system / Map", 40);
    let other = builder.node("object", "Array", 16);
    builder.numbered(0, "element", 1, list).numbered(0, "element", 2, other);
    builder.edge(list, "internal", "elements", elements);
    builder.edge(list, "internal", "map", shared).edge(other, "internal", "map", shared);
    let graph = builder.graph();
    let sizes = shallow_sizes(&graph, &Detached::default());
    assert_eq!([list, elements, shared, other].map(|node| sizes.get(node)), [816, 0, 40, 16]);
}

#[test]
fn a_long_name_of_an_interface_ends_before_120_units() {
    let mut builder = Builder::default();
    let value = builder.node("string", "x", 8);
    let long = ["é".repeat(60), "😀".repeat(20), "z".repeat(20), "short".to_owned()];
    for _ in 0..2 {
        let object = builder.node("object", "Object", 8);
        builder.numbered(0, "element", 1, object);
        for name in &long {
            builder.edge(object, "property", name, value);
        }
    }
    // 1 + 60 units, then 2 + 40, then 2 + 20 would make 125.
    let expected = format!(",{{{}, {}}}", long[0], long[1]);
    assert_eq!(keys(&builder.graph())[2..], [expected.clone(), expected]);
}

#[test]
fn a_chain_and_a_ring_of_any_length_need_no_stack() {
    let mut builder = Builder::default();
    let mut last = 0;
    for _ in 0..30_000 {
        let node = builder.node("object", "Link", 8);
        builder.edge(last, "property", "next", node);
        last = node;
    }
    builder.edge(last, "property", "next", 1);
    let graph = builder.graph();
    let measures = Measures::of(&graph);
    assert_eq!(measures.retained[1], 8 * 30_000);
    assert_eq!(summarize(&graph, &measures)[0].retained_bytes, 8 * 30_000);
}

#[test]
fn what_holds_new_objects_is_told_once_with_the_variable() {
    let mut builder = Builder::default();
    let global = builder.node("object", "global", 8);
    let run = builder.node("closure", "run", 8);
    let scope = builder.node("object", "system / Context", 8);
    let list = builder.node("object", "Array", 8);
    let proto = builder.node("object", "Job", 8);
    builder.numbered(0, "shortcut", 1, global).edge(global, "property", "run", run);
    builder.edge(run, "internal", "context", scope).edge(scope, "context", "jobs", list);
    builder.edge(global, "property", "a", proto);
    let first_new = builder.node_count();
    for at in 0..5_u64 {
        let job = builder.node("object", "Job", 100);
        let text = builder.node("string", "text", 10);
        builder.numbered(list, "element", at, job).edge(job, "property", "text", text);
        // A shorter way that explains nothing.
        builder.edge(proto, "property", "constructor", job);
    }
    let graph = builder.graph();
    let search = Search {
        graph: &graph,
        essential: &Essential::find(&graph, &Special::find(graph.strings())),
        sizes: graph.self_sizes(),
        is_new: &|node| node >= first_new,
        class: &|node| graph.name_index(node),
    };
    let [holding] = &holdings(&search)[..] else { panic!("one way") };
    assert_eq!((holding.heads, holding.objects, holding.bytes), (5, 10, 550));
    let names: Vec<_> = holding.path.iter().map(|hop| graph.edge_name(hop.edge)).collect();
    assert_eq!(names[1..], [Some("run"), Some("context"), Some("jobs"), None]);
    assert_eq!(names[holding.suspect_from], Some("jobs"));
}
