//! The analyses in their plainest form, as slow as need be. What they say is what the fast ones must say.

use std::collections::{BTreeMap, BTreeSet};

use super::essential::Essential;
use super::is_user_root;
use crate::snapshot::{Edge, EdgeKind, Graph, Node, NodeKind};

/// Everything that can be reached from `starts` over edges that count, without going into `without`.
fn reach(
    graph: &Graph,
    starts: &[Node],
    counts: impl Fn(Node, Edge) -> bool,
    without: Option<Node>,
) -> BTreeSet<Node> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<Node> = starts.to_vec();
    while let Some(node) = open.pop() {
        if Some(node) != without && seen.insert(node) {
            open.extend(graph.edges(node).filter(|&edge| counts(node, edge)).map(|edge| graph.to(edge)));
        }
    }
    seen
}

/// Native nodes that are detached and not attached.
pub fn detached(graph: &Graph) -> BTreeSet<Node> {
    let known: BTreeMap<Node, u8> = graph.detachedness().unwrap_or_default().iter().copied().collect();
    let natives = |node: Node| graph.kind(node) == NodeKind::Native;
    let spread = |state: u8, others: &BTreeSet<Node>| {
        let starts: Vec<Node> = known
            .iter()
            .filter(|&(&node, &of)| of == state && natives(node))
            .map(|(&node, _)| node)
            .collect();
        reach(
            graph,
            &starts,
            |_, edge| {
                let to = graph.to(edge);
                let counts = !matches!(graph.edge_kind(edge), EdgeKind::Hidden | EdgeKind::Weak);
                counts && natives(to) && !known.contains_key(&to) && !others.contains(&to)
            },
            None,
        )
    };
    let attached = spread(1, &BTreeSet::new());
    spread(2, &attached)
}

/// Sizes after storage has been given away: to the only node that reaches it over storage alone.
pub fn shallow(graph: &Graph) -> Vec<u64> {
    let detached = detached(graph);
    let is_storage = |node: Node| match graph.kind(node) {
        NodeKind::Hidden | NodeKind::Array => true,
        NodeKind::Native => graph.name(node) == "system / ExternalStringData" && !detached.contains(&node),
        _ => false,
    };
    let mut sizes: Vec<u64> = graph.nodes().map(|node| graph.self_sizes().get(node)).collect();
    if !graph.edges(0).any(|edge| is_user_root(graph, graph.to(edge))) {
        return sizes;
    }
    let mut owners: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    for owner in graph.nodes().filter(|&node| !is_storage(node)) {
        let counts = |_, edge: Edge| graph.edge_kind(edge) != EdgeKind::Weak && is_storage(graph.to(edge));
        for storage in reach(graph, &[owner], counts, None) {
            owners.entry(storage).or_default().insert(owner);
        }
    }
    for (storage, owners) in owners {
        let [owner] = owners.into_iter().collect::<Vec<_>>()[..] else { continue };
        if owner == storage || owner == 0 || graph.kind(owner) == NodeKind::Synthetic {
            continue;
        }
        sizes[owner as usize] += std::mem::take(&mut sizes[storage as usize]);
    }
    sizes
}

/// The class of a node as `DevTools` writes its key, with the interfaces of another snapshot.
pub fn class_key(graph: &Graph, node: Node, interfaces: &[(String, Vec<String>)]) -> String {
    let raw = graph.name(node);
    let name = if detached(graph).contains(&node) { format!("Detached {raw}") } else { raw.to_owned() };
    let name = match graph.type_name(node) {
        "hidden" => "(system)".to_owned(),
        "code" => "(compiled code)".to_owned(),
        "closure" => "Function".to_owned(),
        "object" if raw == "Object" => interface_of(&properties(graph, node), interfaces),
        "object" | "native" if name.starts_with("Detached <") => {
            format!("Detached {}>", name["Detached ".len()..].split(' ').next().unwrap_or_default())
        }
        "object" | "native" if name.starts_with('<') => {
            format!("{}>", name.split(' ').next().unwrap_or_default())
        }
        "object" | "native" => name,
        other => format!("({other})"),
    };
    match graph.location(node).filter(|_| graph.type_name(node) == "object") {
        Some(at) => format!("{},{},{},{name}", at.script, at.line, at.column),
        None => format!(",{name}"),
    }
}

fn properties(graph: &Graph, node: Node) -> Vec<String> {
    let edges = graph.edges(node).filter(|&edge| graph.edge_kind(edge) == EdgeKind::Property);
    edges.filter_map(|edge| graph.edge_name(edge)).map(str::to_owned).collect()
}

fn interface_of(properties: &[String], interfaces: &[(String, Vec<String>)]) -> String {
    let fits = |wanted: &[String]| {
        let mut left = properties.to_vec();
        wanted
            .iter()
            .all(|name| left.iter().position(|other| other == name).map(|at| left.remove(at)).is_some())
    };
    let mut best: Option<&(String, Vec<String>)> = None;
    for interface in interfaces.iter().filter(|(_, wanted)| fits(wanted)) {
        if best.is_none_or(|(_, properties)| properties.len() < interface.1.len()) {
            best = Some(interface);
        }
    }
    best.map_or("Object".to_owned(), |(name, _)| name.clone())
}

/// Names and properties of the interfaces of a snapshot. Names in random snapshots are short, so none is cut.
pub fn interfaces(graph: &Graph) -> Vec<(String, Vec<String>)> {
    let plain = |&node: &Node| graph.kind(node) == NodeKind::Object && graph.name(node) == "Object";
    let mut found: Vec<(Vec<String>, usize)> = Vec::new();
    for node in graph.nodes().filter(plain) {
        let mut properties = properties(graph, node);
        properties.retain(|name| name != "__proto__");
        match found.iter_mut().find(|(known, _)| *known == properties) {
            Some((_, count)) => *count += 1,
            None if properties.is_empty() => {}
            None => found.push((properties, 1)),
        }
    }
    found.retain(|(_, count)| *count > 1);
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let quoted = |name: &String| if name.contains(',') { format!("\"{name}\"") } else { name.clone() };
    let name = |names: &[String]| format!("{{{}}}", names.iter().map(quoted).collect::<Vec<_>>().join(", "));
    found.into_iter().map(|(names, _)| (name(&names), names)).collect()
}

/// Per class: new, their bytes, deleted, their bytes.
pub fn compare(before: &Graph, after: &Graph) -> BTreeMap<String, [u64; 4]> {
    let interfaces = interfaces(after);
    let (old, new) = (objects(before, &interfaces), objects(after, &interfaces));
    let mut changes: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for (column, from, without) in [(0, &new, &old), (2, &old, &new)] {
        for ((class, _), bytes) in from.iter().filter(|(key, _)| !without.contains_key(key)) {
            let row = changes.entry(class.clone()).or_default();
            row[column] += 1;
            row[column + 1] += bytes;
        }
    }
    changes
}

/// A class in all snapshots: counts and bytes, and how many were in one and no more in the next.
pub type Series = (Vec<(u64, u64)>, u64);

/// All classes in snapshots of one process.
pub fn series(snapshots: &[Graph]) -> BTreeMap<String, Series> {
    let interfaces = interfaces(snapshots.last().expect("a last one"));
    let objects: Vec<BTreeMap<(String, u32), u64>> =
        snapshots.iter().map(|graph| objects(graph, &interfaces)).collect();
    let classes: BTreeSet<&String> =
        objects.iter().flat_map(|objects| objects.keys().map(|(class, _)| class)).collect();
    let of = |class: &str| {
        let tally = |objects: &BTreeMap<(String, u32), u64>| {
            let sizes = || objects.iter().filter(|((of, _), _)| of == class).map(|(_, size)| *size);
            (sizes().count() as u64, sizes().sum())
        };
        let gone = objects.windows(2).map(|pair| {
            pair[0].keys().filter(|key| key.0 == class && !pair[1].contains_key(key)).count() as u64
        });
        (objects.iter().map(tally).collect(), gone.sum())
    };
    classes.into_iter().map(|class| (class.clone(), of(class))).collect()
}

/// Objects of one class in all snapshots that are larger in the last one than in the first: sizes by id. A text never becomes
/// longer.
pub fn larger(snapshots: &[Graph]) -> BTreeMap<u32, Vec<u64>> {
    let interfaces = interfaces(snapshots.last().expect("a last one"));
    let objects: Vec<BTreeMap<(String, u32), u64>> =
        snapshots.iter().map(|graph| objects(graph, &interfaces)).collect();
    let sizes = |key: &(String, u32)| -> Option<Vec<u64>> {
        objects.iter().map(|objects| objects.get(key).copied()).collect()
    };
    let last = snapshots.last().expect("a last one");
    let texts: BTreeSet<u32> =
        last.nodes().filter(|&node| last.kind(node).is_text()).map(|node| last.id(node)).collect();
    let all = objects[0].keys().filter_map(|key| Some((key.1, sizes(key)?)));
    all.filter(|(id, sizes)| sizes.first() < sizes.last() && !texts.contains(id)).collect()
}

/// Class and id of all that has a size.
fn objects(graph: &Graph, interfaces: &[(String, Vec<String>)]) -> BTreeMap<(String, u32), u64> {
    let sizes = shallow(graph);
    let nodes = graph.nodes().filter(|&node| sizes[node as usize] > 0);
    nodes.map(|node| ((class_key(graph, node, interfaces), graph.id(node)), sizes[node as usize])).collect()
}

/// The first snapshot that an object of the last one is in, by id.
pub fn births(snapshots: &[Graph]) -> BTreeMap<u32, usize> {
    let (last, earlier) = snapshots.split_last().expect("a last one");
    let is_in = |graph: &Graph, id: u32| {
        let sizes = shallow(graph);
        graph.nodes().any(|node| graph.id(node) == id && sizes[node as usize] > 0)
    };
    let birth = |id: u32| earlier.iter().position(|graph| is_in(graph, id)).unwrap_or(earlier.len());
    last.nodes().map(|node| (last.id(node), birth(last.id(node)))).collect()
}

/// Whether an edge holds something, for dominators.
pub fn is_essential(graph: &Graph, node: Node, edge: Edge) -> bool {
    let owned = {
        let starts = graph.edges(0).filter(|&edge| {
            let is_document = graph.type_name(graph.to(edge)) == "synthetic"
                && graph.name(graph.to(edge)) == "(Document DOM trees)";
            match graph.edge_kind(edge) {
                EdgeKind::Shortcut => true,
                EdgeKind::Element => is_document,
                _ => false,
            }
        });
        let starts: Vec<Node> = starts.map(|edge| graph.to(edge)).collect();
        reach(graph, &starts, |_, edge| graph.edge_kind(edge) != EdgeKind::Weak, None)
    };
    let to = graph.to(edge);
    let table = format!("(table @{})", graph.id(node));
    let is_internal = graph.edge_kind(edge) == EdgeKind::Internal;
    let is_from_table = is_internal
        && graph.edge_name(edge).is_some_and(|name| name.contains("WeakMap") && name.ends_with(&table));
    let is_foreign = node != 0 && owned.contains(&to) && !owned.contains(&node);
    let is_shortcut = node != 0 && graph.edge_kind(edge) == EdgeKind::Shortcut;
    graph.edge_kind(edge) != EdgeKind::Weak && to != node && !is_from_table && !is_foreign && !is_shortcut
}

/// The immediate dominator of each node, by taking away one node after the other.
pub fn dominators(graph: &Graph) -> Vec<Node> {
    let essential: BTreeSet<Edge> = graph
        .nodes()
        .flat_map(|node| graph.edges(node).filter(move |&edge| is_essential(graph, node, edge)))
        .collect();
    let counts = |_: Node, edge: Edge| essential.contains(&edge);
    let is_led_to = |node: Node| essential.iter().any(|&edge| graph.to(edge) == node);
    // The root, what nothing leads to, and what only leads to each other.
    let mut starts: Vec<Node> = graph.nodes().filter(|&node| node == 0 || !is_led_to(node)).collect();
    let reached = reach(graph, &starts, counts, None);
    starts.extend(graph.nodes().filter(|node| !reached.contains(node)));
    let dominated: &Vec<BTreeSet<Node>> = &graph
        .nodes()
        .map(|without| {
            let left =
                if without == 0 { BTreeSet::new() } else { reach(graph, &starts, counts, Some(without)) };
            graph.nodes().filter(|node| *node != without && !left.contains(node)).collect()
        })
        .collect();
    let above = &|node: Node| graph.nodes().filter(move |&other| dominated[other as usize].contains(&node));
    // The nearest one is the one that all others dominate too.
    graph.nodes().map(|node| above(node).max_by_key(|&other| above(other).count()).unwrap_or(0)).collect()
}

/// What the root reaches over these edges.
pub fn reached(graph: &Graph, essential: &Essential) -> BTreeSet<Node> {
    reach(graph, &[0], |_, edge| essential.contains(edge), None)
}

/// Whether a way of old nodes leads to a node.
pub fn is_held_by_old(
    graph: &Graph,
    essential: &Essential,
    is_new: &dyn Fn(Node) -> bool,
    node: Node,
) -> bool {
    let old = reach(graph, &[0], |_, edge| essential.contains(edge) && !is_new(graph.to(edge)), None);
    let leads =
        |&from: &Node| graph.edges(from).any(|edge| essential.contains(edge) && graph.to(edge) == node);
    old.iter().any(leads)
}

/// References to these nodes from what is reached without them.
pub fn outside_references(
    graph: &Graph,
    essential: &Essential,
    is_target: &dyn Fn(Node) -> bool,
) -> Vec<(Node, Edge)> {
    let outside = reach(graph, &[0], |_, edge| essential.contains(edge) && !is_target(graph.to(edge)), None);
    let of = |&from: &Node| graph.edges(from).map(move |edge| (from, edge));
    let references = outside.iter().flat_map(of);
    references.filter(|&(_, edge)| essential.contains(edge) && is_target(graph.to(edge))).collect()
}

/// Distances without what `WeakMap`s do to them.
pub fn distances(graph: &Graph) -> Vec<i32> {
    let is_way = |node: Node, edge: Edge| {
        let kind = graph.edge_kind(edge);
        let number: Option<u32> = match graph.edge_name(edge) {
            Some(name) => name.parse().ok(),
            None => Some(graph.edge_name_or_number(edge)),
        };
        kind != EdgeKind::Weak
            && match (graph.type_name(node), graph.name(node)) {
                ("hidden", "system / NativeContext") => graph.edge_name(edge) != Some("sloppy_function_map"),
                ("array", "(map descriptors)") => {
                    !number.is_some_and(|number| number >= 2 && number % 3 == 1)
                }
                _ => true,
            }
    };
    let mut distances = vec![-5; graph.node_count() as usize];
    let spread = |distances: &mut Vec<i32>, mut level: Vec<Node>| {
        while !level.is_empty() {
            let mut next = Vec::new();
            for node in level {
                for edge in graph.edges(node).filter(|&edge| is_way(node, edge)) {
                    let to = graph.to(edge);
                    if distances[to as usize] == -5 {
                        distances[to as usize] = distances[node as usize] + 1;
                        next.push(to);
                    }
                }
            }
            level = next;
        }
    };
    let roots: Vec<Node> =
        graph.edges(0).map(|edge| graph.to(edge)).filter(|&node| is_user_root(graph, node)).collect();
    for &root in &roots {
        distances[root as usize] = 1;
    }
    let base = if roots.is_empty() { 0 } else { 100_000_000 };
    spread(&mut distances, roots);
    distances[0] = base;
    spread(&mut distances, vec![0]);
    distances
}
