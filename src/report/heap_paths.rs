//! Paths and places in heap snapshots, field by field.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::analysis::paths::{Hop, is_position};
use crate::analysis::rows::Row;
use crate::snapshot::{EdgeKind, Graph, Node, NodeKind};

/// One step of a path, from below the root on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathStep {
    edge: &'static str,
    /// A variable, a property, or what V8 calls it; nothing where it is a position.
    edge_name: Option<String>,
    /// The class of what it leads to; of a function, its name.
    to: String,
    to_type: String,
    id: u32,
    place: Option<Place>,
    /// Of an object: where its constructor stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    class_place: Option<Place>,
}

/// An object by its class, a function by its name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Thing {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// Of the constructor, or of the function.
    place: Option<Place>,
}

/// Where the constructor of a class stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    file: Option<String>,
    script_id: u32,
    line: u32,
    column: u32,
}

/// Files by number of the script.
pub type Files = BTreeMap<u32, String>;

/// A path; the name of its last step is left out where it is `any_name`.
#[must_use]
pub fn steps(
    graph: &Graph,
    path: &[Hop],
    any_name: bool,
    names: &HashMap<Node, String>,
    files: &Files,
) -> Vec<PathStep> {
    let mut steps: Vec<PathStep> = path.iter().map(|&hop| PathStep::of(graph, hop, names, files)).collect();
    if let Some(last) = steps.last_mut().filter(|_| any_name) {
        last.edge_name = None;
    }
    steps
}

impl PathStep {
    fn of(graph: &Graph, hop: Hop, names: &HashMap<Node, String>, files: &Files) -> Self {
        let kind = graph.kind(hop.node);
        let class = names.get(&hop.node).map_or("", String::as_str);
        let is_function = kind == NodeKind::Closure;
        let at = graph.location(hop.node).map(|at| Place::at(at.script, at.line, at.column, files));
        let (place, class_place) = if is_function { (at, None) } else { (None, at) };
        Self {
            edge: edge_type(graph.edge_kind(hop.edge)),
            edge_name: graph.edge_name(hop.edge).filter(|name| !is_position(name)).map(str::to_owned),
            to: if is_function { graph.name(hop.node) } else { class }.to_owned(),
            to_type: graph.type_name(hop.node).to_owned(),
            id: graph.id(hop.node),
            place,
            class_place,
        }
    }

    /// V8's id of what it leads to.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl Thing {
    /// One of a kind stands for all of them.
    #[must_use]
    pub fn of(graph: &Graph, node: Node, names: &HashMap<Node, String>, files: &Files) -> Self {
        let kind = graph.kind(node);
        let class = names.get(&node).map_or("", String::as_str);
        let place = graph.location(node).filter(|_| matches!(kind, NodeKind::Closure | NodeKind::Object));
        Self {
            name: if kind == NodeKind::Closure { graph.name(node) } else { class }.to_owned(),
            kind: graph.type_name(node).to_owned(),
            place: place.map(|at| Place::at(at.script, at.line, at.column, files)),
        }
    }
}

/// V8's name of the type.
fn edge_type(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Context => "context",
        EdgeKind::Element => "element",
        EdgeKind::Property => "property",
        EdgeKind::Internal => "internal",
        EdgeKind::Hidden => "hidden",
        EdgeKind::Shortcut => "shortcut",
        EdgeKind::Weak => "weak",
        EdgeKind::Other => "other",
    }
}

impl Place {
    /// Of a class.
    pub fn of(row: &Row, files: &Files) -> Option<Self> {
        row.place.map(|at| Self::at(at.script, at.line, at.column, files))
    }

    /// From the numbers of V8, which count from 0.
    pub fn at(script_id: u32, line: u32, column: u32, files: &Files) -> Self {
        Self {
            file: files.get(&script_id).cloned(),
            script_id,
            line: line.saturating_add(1),
            column: column.saturating_add(1),
        }
    }
}
