//! Any bytes as a heap snapshot: refused at a byte of the input, or a graph that every analysis takes; and the same whatever
//! the pieces it comes in, since whole rows are read in another way than what lies at the end of a piece.
//!
//! Random bytes rarely pass the first brace, so most inputs are a sound snapshot of random nodes and edges with a few bytes
//! changed. An input that starts with a brace is a file as it is: `node fuzz/seeds.js` makes some of real ones.

#![no_main]

use std::fmt::Write;

use holdover::report::heap::{Before, comparison, summary};
use holdover::snapshot::{Graph, Parser, SnapshotError};
use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::{arbitrary, fuzz_target};

fuzz_target!(|data: &[u8]| {
    if data.starts_with(b"{") {
        return try_all(data, data.len() % 251, data.len() % 2 == 0);
    }
    if let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) {
        let bytes = match input.source {
            Source::Bytes(bytes) => bytes,
            Source::Rows(rows) => rows.changed(),
        };
        try_all(&bytes, usize::from(input.piece), input.size_known);
    }
});

fn try_all(bytes: &[u8], piece: usize, size_known: bool) {
    let whole = parse(bytes, bytes.len().max(1), size_known);
    let pieces = parse(bytes, piece + 1, size_known);
    match (whole, pieces) {
        (Err(whole), Err(pieces)) => {
            assert_eq!(whole, pieces);
            assert!(whole.at_byte <= bytes.len() as u64, "{whole}");
        }
        (Ok(whole), Ok(pieces)) => {
            assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
            let _ = summary(&whole);
            let _ = comparison(Before::of(&whole), &pieces, true);
        }
        (whole, pieces) => panic!("whole: {:?}, in pieces: {:?}", whole.err(), pieces.err()),
    }
}

fn parse(bytes: &[u8], piece: usize, size_known: bool) -> Result<Graph, SnapshotError> {
    let mut parser = Parser::new(size_known.then_some(bytes.len() as u64));
    for piece in bytes.chunks(piece) {
        parser.feed(piece)?;
    }
    parser.finish()
}

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
