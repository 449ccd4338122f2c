//! Small snapshots for tests: nodes and edges by name, written as V8 writes them.

use std::fmt::Write;

use super::graph::{Graph, Node};
use super::parser::Parser;

/// Builds a snapshot. Node 0, the root, is there from the start.
#[derive(Debug, Clone)]
pub struct Builder {
    nodes: Vec<BuiltNode>,
    locations: Vec<[u32; 4]>,
    strings: Vec<String>,
    /// Fields of a node in the order of the file.
    pub node_fields: Vec<&'static str>,
    /// Behind each row, as Node 20 and 22 do.
    pub line_feeds: bool,
}

#[derive(Debug, Clone)]
struct BuiltNode {
    kind: &'static str,
    name: usize,
    id: u64,
    size: u64,
    detachedness: u8,
    edges: Vec<(&'static str, u64, Node)>,
}

const NODE_TYPES: &[&str] = &[
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
];
const EDGE_TYPES: &[&str] = &["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

impl Default for Builder {
    fn default() -> Self {
        let mut builder = Self {
            nodes: Vec::new(),
            locations: Vec::new(),
            strings: vec!["<dummy>".to_owned()],
            node_fields: vec!["type", "name", "id", "self_size", "edge_count", "detachedness"],
            line_feeds: false,
        };
        builder.node("synthetic", "", 0);
        builder
    }
}

impl Builder {
    /// Adds a node.
    pub fn node(&mut self, kind: &'static str, name: &str, size: u64) -> Node {
        let (name, node) = (self.string(name), self.node_count());
        let id = 2 * u64::from(node) + 1;
        self.nodes.push(BuiltNode { kind, name, id, size, detachedness: 0, edges: Vec::new() });
        node
    }

    /// Adds a node whose id is known, as it is the same in other snapshots.
    pub fn known(&mut self, kind: &'static str, name: &str, size: u64, id: u64) -> Node {
        let node = self.node(kind, name, size);
        self.id(node, id);
        node
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> Node {
        Node::try_from(self.nodes.len()).expect("few nodes")
    }

    /// Adds an edge with a name.
    pub fn edge(&mut self, from: Node, kind: &'static str, name: &str, to: Node) -> &mut Self {
        let name = self.string(name) as u64;
        self.nodes[from as usize].edges.push((kind, name, to));
        self
    }

    /// Adds an edge with a number.
    pub fn numbered(&mut self, from: Node, kind: &'static str, number: u64, to: Node) -> &mut Self {
        self.nodes[from as usize].edges.push((kind, number, to));
        self
    }

    /// Gives a node another id.
    pub fn id(&mut self, node: Node, id: u64) -> &mut Self {
        self.nodes[node as usize].id = id;
        self
    }

    /// Says that a node is attached (1) or detached (2).
    pub fn detachedness(&mut self, node: Node, state: u8) -> &mut Self {
        self.nodes[node as usize].detachedness = state;
        self
    }

    /// Says where the function or constructor stands.
    pub fn location(&mut self, node: Node, script: u32, line: u32, column: u32) -> &mut Self {
        self.locations.push([node, script, line, column]);
        self
    }

    fn string(&mut self, text: &str) -> usize {
        self.strings.iter().position(|known| known == text).unwrap_or_else(|| {
            self.strings.push(text.to_owned());
            self.strings.len() - 1
        })
    }

    /// The file.
    pub fn json(&self) -> String {
        let fields = self.node_fields.len();
        let edge_count: usize = self.nodes.iter().map(|node| node.edges.len()).sum();
        let mut text = format!(
            r#"{{"snapshot":{{"meta":{{"node_fields":{:?},"node_types":[{}],"edge_fields":["type","name_or_index","to_node"],"edge_types":[{EDGE_TYPES:?},"string_or_number","node"],"location_fields":["object_index","script_id","line","column"]}},"node_count":{},"edge_count":{edge_count},"trace_function_count":0}},"#,
            self.node_fields,
            self.node_types(),
            self.nodes.len(),
        );
        self.rows(&mut text, "nodes", self.nodes.iter().map(|node| self.node_row(node)));
        let edges = self.nodes.iter().flat_map(|node| &node.edges);
        self.rows(
            &mut text,
            "edges",
            edges.map(|(kind, name, to)| {
                vec![position(EDGE_TYPES, kind), *name, u64::from(*to) * fields as u64]
            }),
        );
        text += r#""trace_function_infos":[],"trace_tree":[],"samples":[],"#;
        let locations = self.locations.iter();
        self.rows(
            &mut text,
            "locations",
            locations.map(|[node, rest @ ..]| {
                let mut row = vec![u64::from(*node) * fields as u64];
                row.extend(rest.map(u64::from));
                row
            }),
        );
        let strings = serde_json::to_string(&self.strings).expect("strings are JSON");
        write!(text, r#""strings":{strings}}}"#).expect("text takes all");
        text
    }

    fn node_types(&self) -> String {
        let types = self.node_fields.iter().map(|field| match *field {
            "type" => format!("{NODE_TYPES:?}"),
            _ => "\"number\"".to_owned(),
        });
        types.collect::<Vec<_>>().join(",")
    }

    fn node_row(&self, node: &BuiltNode) -> Vec<u64> {
        let value = |field: &&str| match *field {
            "type" => position(NODE_TYPES, node.kind),
            "name" => node.name as u64,
            "id" => node.id,
            "self_size" => node.size,
            "edge_count" => node.edges.len() as u64,
            "detachedness" => u64::from(node.detachedness),
            _ => 0,
        };
        self.node_fields.iter().map(value).collect()
    }

    fn rows(&self, text: &mut String, section: &str, rows: impl Iterator<Item = Vec<u64>>) {
        let end = if self.line_feeds { "\n" } else { "" };
        let rows = rows.map(|row| row.iter().map(u64::to_string).collect::<Vec<_>>().join(",") + end);
        let rows = rows.collect::<Vec<_>>().join(",");
        write!(text, "\"{section}\":[{rows}],").expect("text takes all");
    }

    /// The graph.
    pub fn graph(&self) -> Graph {
        let mut parser = Parser::new(None);
        parser.feed(self.json().as_bytes()).expect("a sound snapshot");
        parser.finish().expect("a sound snapshot")
    }
}

fn position(names: &[&str], name: &str) -> u64 {
    names.iter().position(|known| *known == name).expect("a known type") as u64
}
