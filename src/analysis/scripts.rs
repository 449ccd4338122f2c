//! Which file a script is: V8 gives locations by the number of the script alone.

use std::collections::BTreeMap;

use crate::snapshot::{EdgeKind, Graph, Node, NodeKind};

/// Files by number of the script, as far as there is a function of that script in the heap.
#[must_use]
pub fn script_files(graph: &Graph) -> BTreeMap<u32, String> {
    let mut files = BTreeMap::new();
    for location in graph.locations() {
        if graph.kind(location.node) != NodeKind::Closure || files.contains_key(&location.script) {
            continue;
        }
        if let Some(file) = file_of(graph, location.node) {
            files.insert(location.script, file.to_owned());
        }
    }
    files
}

/// The file of a function. Node 20 and 22 call the second edge `script_or_debug_info`, later ones `script`; where the
/// debugger is at work it leads elsewhere.
fn file_of(graph: &Graph, closure: Node) -> Option<&str> {
    let shared = follow(graph, closure, &["shared"])?;
    let script = follow(graph, shared, &["script", "script_or_debug_info"])?;
    follow(graph, script, &["source"])?;
    Some(graph.name(script)).filter(|name| !name.is_empty())
}

fn follow(graph: &Graph, node: Node, names: &[&str]) -> Option<Node> {
    let is_wanted = |edge: &u32| {
        graph.edge_kind(*edge) == EdgeKind::Internal
            && graph.edge_name(*edge).is_some_and(|name| names.contains(&name))
    };
    graph.edges(node).find(is_wanted).map(|edge| graph.to(edge))
}
