//! Any bytes as a heap snapshot, in any pieces: refused at a byte of the input, or a graph that every analysis takes.
//!
//! Random bytes rarely pass the first brace, so most inputs are a sound snapshot of random nodes and edges with a few bytes
//! changed.

#![no_main]

use std::fmt::Write;

use holdover::report::heap::{Before, comparison, summary};
use holdover::snapshot::Parser;
use libfuzzer_sys::{arbitrary, fuzz_target};

fuzz_target!(|input: Input| {
    let bytes = match input.source {
        Source::Bytes(bytes) => bytes,
        Source::Rows(rows) => rows.changed(),
    };
    let mut parser = Parser::new(input.size_known.then_some(bytes.len() as u64));
    for piece in bytes.chunks(usize::from(input.piece) + 1) {
        if let Err(error) = parser.feed(piece) {
            assert!(error.at_byte <= bytes.len() as u64, "{error}");
            return;
        }
    }
    match parser.finish() {
        Err(error) => assert!(error.at_byte <= bytes.len() as u64, "{error}"),
        Ok(graph) => {
            let _ = summary(&graph);
            let _ = comparison(Before::of(&graph), &graph, true);
        }
    }
});

#[derive(Debug, arbitrary::Arbitrary)]
struct Input {
    piece: u8,
    size_known: bool,
    source: Source,
}

#[derive(Debug, arbitrary::Arbitrary)]
enum Source {
    Bytes(Vec<u8>),
    Rows(Rows),
}

#[derive(Debug, arbitrary::Arbitrary)]
struct Rows {
    /// Type, name, size, state of attachment; edges as type, name and target.
    nodes: Vec<(u8, u8, u32, u8, Vec<(u8, u8, u8)>)>,
    locations: Vec<(u8, u8)>,
    names: Vec<String>,
    changes: Vec<(u16, u8)>,
}

/// Names that the analyses know.
const NAMES: &str = r#""","Object","a","__proto__","system / ExternalStringData","(map descriptors)","system / NativeContext","(Document DOM trees)","sloppy_function_map","shared","script","source","<div id=1>","1 / part of key (A @3) -> value (B @5) pair in WeakMap (table @1)""#;
const NAME_COUNT: usize = 14;

impl Rows {
    fn changed(&self) -> Vec<u8> {
        let mut bytes = self.json().into_bytes();
        for &(at, byte) in &self.changes {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        bytes
    }

    fn json(&self) -> String {
        let count = self.nodes.len().max(1);
        let names = NAME_COUNT + self.names.len();
        let mut edges = String::new();
        let mut edge_count = 0;
        let mut nodes = String::new();
        for (at, (kind, name, size, state, out)) in self.nodes.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let (kind, name, id) = (kind % 15, usize::from(*name) % names, 2 * at + 1);
            let _ = write!(nodes, "{comma}{kind},{name},{id},{size},{},{}", out.len(), state % 4);
            for (kind, name, to) in out {
                let comma = if edge_count == 0 { "" } else { "," };
                let (name, to) = (usize::from(*name) % names, 6 * (usize::from(*to) % count));
                let _ = write!(edges, "{comma}{},{name},{to}", kind % 7);
                edge_count += 1;
            }
        }
        let locations: Vec<String> = self
            .locations
            .iter()
            .map(|(node, line)| format!("{},1,{line},0", 6 * (usize::from(*node) % count)))
            .collect();
        let texts = self.names.iter().map(|name| format!(",{name:?}")).collect::<String>();
        format!(
            r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count","detachedness"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","concatenated string","sliced string","symbol","bigint","object shape"]],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"]],"location_fields":["object_index","script_id","line","column"]}},"node_count":{},"edge_count":{edge_count}}},"nodes":[{nodes}],"edges":[{edges}],"locations":[{}],"strings":[{NAMES}{texts}]}}"#,
            self.nodes.len(),
            locations.join(","),
        )
    }
}
