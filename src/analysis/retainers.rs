//! What holds the objects of a class, or one object: every reference from elsewhere, grouped by how the path there reads.
//!
//! An object goes when all of its retainers go, so all of them are told, not only the nearest. References among the
//! objects themselves hold nothing from outside and do not count, nor do those of objects that hang on them.

use std::collections::HashMap;

use super::Detached;
use super::classes::Classes;
use super::essential::Essential;
use super::hash::{FastMap, FastSet};
use super::interfaces::infer;
use super::paths::{Hop, NONE, Search, Tree, suspect_from};
use super::readings::Readings;
use super::rows::Rows;
use super::shallow::shallow_sizes;
use super::special::Special;
use crate::snapshot::{Edge, EdgeKind, Graph, Node, Sizes};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// All objects of the classes of that name.
    Class(String),
    /// The object of that id.
    Id(u32),
    /// The key to which a `WeakMap` has an object with a property of that name.
    Marked(String),
}

/// References that read alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retainer {
    /// How many references.
    pub references: u64,
    /// To how many objects.
    pub objects: u64,
    /// Their shallow sizes.
    pub bytes: u64,
    /// The path over one of them, from below the root on.
    pub path: Vec<Hop>,
    /// From this hop on it is the variable or property that holds them.
    pub suspect_from: usize,
    /// Each object has a name of its own there.
    pub any_name: bool,
}

/// What holds some objects.
#[derive(Debug, Clone)]
pub struct Retention {
    /// How many objects there are.
    pub objects: u64,
    /// Their shallow sizes.
    pub bytes: u64,
    /// Of them, those that something else holds. The others hang on these, or on nothing.
    pub held: u64,
    /// Most objects first.
    pub retainers: Vec<Retainer>,
    /// Names of the classes on the paths.
    pub names: HashMap<Node, String>,
}

/// Finds what holds them.
#[must_use]
pub fn retainers(graph: &Graph, target: &Target) -> Retention {
    let detached = Detached::find(graph);
    let sizes = shallow_sizes(graph, &detached);
    let classes = Classes::find(graph, &detached);
    let mut rows = Rows::new(infer(&classes.shapes));
    let row_of = rows.of(&classes.all, &classes.shapes);
    let rows = rows.finish();
    let row = |node: Node| row_of[classes.of[node as usize] as usize];
    let special = Special::find(graph.strings());
    let is_target: Vec<bool> = match target {
        Target::Class(name) => {
            graph.nodes().map(|node| sizes.get(node) > 0 && rows[row(node)].name == *name).collect()
        }
        Target::Id(id) => graph.nodes().map(|node| graph.id(node) == *id).collect(),
        Target::Marked(name) => graph.nodes().map(|node| is_marked(graph, &special, node, name)).collect(),
    };
    let search = Search {
        graph,
        essential: &Essential::find(graph, &special),
        sizes: &sizes,
        is_new: &|node| is_target[node as usize],
        class: &|node| u32::try_from(row(node)).unwrap_or(u32::MAX),
    };
    let mut retention = Retention::count(graph, &sizes, &is_target);
    let groups = References::find(&search);
    retention.held = groups.held;
    retention.retainers = groups.all;
    let hops = retention.retainers.iter().flat_map(|retainer| &retainer.path);
    retention.names = hops.map(|hop| (hop.node, rows[row(hop.node)].name.clone())).collect();
    retention
}

/// Whether a `WeakMap` has such an object to this key. Its table has an edge to the object too.
fn is_marked(graph: &Graph, special: &Special, node: Node, name: &str) -> bool {
    let is_pair = |edge: Edge| {
        let pair = special.weak_map_edge(graph.edge_name_or_number(edge));
        graph.edge_kind(edge) == EdgeKind::Internal
            && pair.is_some_and(|pair| pair.table != u64::from(graph.id(node)))
    };
    let is_mark =
        |edge: Edge| graph.edge_kind(edge) == EdgeKind::Property && graph.edge_name(edge) == Some(name);
    graph.edges(node).any(|edge| is_pair(edge) && graph.edges(graph.to(edge)).any(is_mark))
}

impl Retention {
    fn count(graph: &Graph, sizes: &Sizes, is_target: &[bool]) -> Self {
        let targets = || graph.nodes().filter(|&node| is_target[node as usize]);
        Self {
            objects: targets().count() as u64,
            bytes: targets().fold(0, |sum, node| sum + sizes.get(node)),
            held: 0,
            retainers: Vec::new(),
            names: HashMap::new(),
        }
    }
}

/// References from elsewhere.
struct References {
    all: Vec<Retainer>,
    held: u64,
}

impl References {
    fn find(search: &Search<'_>) -> Self {
        let graph = search.graph;
        let tree = Tree::grow(search);
        let tops = tree.topmost(search);
        let mut readings = Readings::new(search, &tree, &tops);
        let (mut by_reading, mut seen) = (FastMap::<u32, usize>::default(), FastSet::default());
        let mut is_held = vec![false; tops.len()];
        let mut all: Vec<Retainer> = Vec::new();
        for &from in tree.order.iter().filter(|&&from| tops[from as usize] == NONE && !(search.is_new)(from))
        {
            for edge in graph.edges(from).filter(|&edge| search.essential.contains(edge)) {
                let to = graph.to(edge);
                if !(search.is_new)(to) {
                    continue;
                }
                let group = *by_reading.entry(readings.of_reference(from, edge)).or_insert(all.len());
                if group == all.len() {
                    let mut path = tree.path(from);
                    path.push(Hop { edge, node: to });
                    let any_name = readings.is_table_name(from, edge);
                    let suspect_from = suspect_from(graph, &path, any_name);
                    all.push(Retainer { references: 0, objects: 0, bytes: 0, path, suspect_from, any_name });
                }
                let is_first = seen.insert((group, to));
                let retainer = &mut all[group];
                retainer.references += 1;
                retainer.objects += u64::from(is_first);
                retainer.bytes += if is_first { search.sizes.get(to) } else { 0 };
                is_held[to as usize] = true;
            }
        }
        let last = |retainer: &Retainer| retainer.path.last().map(|hop| hop.node);
        all.sort_by_key(|retainer| (std::cmp::Reverse((retainer.objects, retainer.bytes)), last(retainer)));
        Self { all, held: is_held.iter().filter(|&&held| held).count() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::builder::Builder;

    #[test]
    fn an_object_is_found_by_its_mark() {
        let mut builder = Builder::default();
        let [holder, key, other] = ["Holder", "Key", "Key"].map(|name| builder.node("object", name, 8));
        let [table, mark, other_mark] = ["", "Object", "Object"].map(|name| builder.node("object", name, 8));
        for (id, node) in [(11, key), (13, other), (15, table), (17, mark), (19, other_mark)] {
            builder.id(node, id);
        }
        builder.numbered(0, "element", 1, holder).numbered(0, "element", 2, table);
        builder.edge(holder, "property", "held", key);
        builder.edge(mark, "property", "Mark1", table).edge(other_mark, "property", "Mark2", table);
        for (key, key_id, value, value_id) in [(key, 11, mark, 17), (other, 13, other_mark, 19)] {
            let pair = format!(
                " / part of key (Key @{key_id}) -> value (Object @{value_id}) pair in WeakMap (table @15)"
            );
            builder.edge(key, "internal", &format!("1{pair}"), value);
            builder.edge(table, "internal", &format!("3{pair}"), value);
        }
        let found = |name: &str| retainers(&builder.graph(), &Target::Marked(name.to_owned()));
        let marked = found("Mark1");
        assert_eq!((marked.objects, marked.held), (1, 1));
        let path: Vec<Node> = marked.retainers[0].path.iter().map(|hop| hop.node).collect();
        assert_eq!(path, [holder, key]);
        assert_eq!((found("Mark2").objects, found("Mark2").held), (1, 0), "nothing holds the other key");
        assert_eq!(found("Mark3").objects, 0);
    }
}
