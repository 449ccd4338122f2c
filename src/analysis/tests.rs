//! The fast analyses against the plain ones, on random snapshots; and what they are for, in small.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::arbitrary::{pairs, snapshots};
use super::classes::Classes;
use super::compare::{Baseline, compare};
use super::distances::distances;
use super::dominators::Dominators;
use super::essential::Essential;
use super::interfaces::infer;
use super::rows::{Row, Rows};
use super::shallow::shallow_sizes;
use super::special::Special;
use super::summary::{Measures, summarize};
use super::{Detached, naive};
use crate::snapshot::builder::Builder;
use crate::snapshot::{Graph, Node};

fn key(row: &Row) -> String {
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
    let changes = compare(Baseline::of(before), after);
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
        prop_assert_eq!(changes(&before, &after), naive::compare(&before, &after));
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
