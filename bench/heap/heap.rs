//! The heap engine without Node, for measuring and for the comparison with other tools:
//! `cargo run --release --example heap -- COMMAND FILE…`. Tables go to stdout as JSON.

use std::error::Error;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use holdover::analysis::compact::Compact;
use holdover::analysis::compare::{Baseline, compare};
use holdover::analysis::rows::Row;
use holdover::analysis::summary::{ClassTotal, Measures, summarize};
use holdover::report::heap_growth::Snapshots;
use holdover::snapshot::{self, Graph, PIECE_BYTES};
use serde_json::{Value, json};

const USAGE: &str = "usage: heap parse FILE | read FILE | scan FILE | compare BEFORE AFTER | paths BEFORE AFTER | summary FILE | measure FILE | compact FILE | growth FILE@JOBS… | nodes FILE OUT";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(value) => {
            println!("{value}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<Value, Box<dyn Error>> {
    Ok(match args {
        ["parse", file] => {
            let graph = open(file)?;
            json!({ "nodes": graph.node_count(), "edges": graph.edge_count(), "bytes": graph.bytes() })
        }
        ["read", file] => json!({ "bytes": read(file, |_| {})? }),
        ["scan", file] => {
            let mut sum = Sum::default();
            json!({ "bytes": read(file, |piece| sum.add(piece))?, "sum": sum.total })
        }
        ["compare", before, after] => compare_files(before, after, false)?,
        ["paths", before, after] => compare_files(before, after, true)?,
        ["summary", file] => {
            let graph = open(file)?;
            let totals = summarize(&graph, &Measures::of(&graph));
            totals.iter().map(total).collect()
        }
        ["measure", file] => {
            let graph = open(file)?;
            json!({ "retainedBytes": Measures::of(&graph).retained[Graph::ROOT as usize] })
        }
        ["compact", file] => {
            let compact = Compact::of(&open(file)?);
            json!({ "objects": compact.len(), "bytes": compact.to_bytes().len() })
        }
        ["growth", points @ ..] => growth(points)?,
        ["nodes", file, out] => {
            let graph = open(file)?;
            fs::write(out, columns(&Measures::of(&graph)))?;
            json!({ "nodeCount": graph.node_count() })
        }
        _ => return Err(USAGE.into()),
    })
}

fn open(file: &str) -> Result<Graph, Box<dyn Error>> {
    snapshot::open(Path::new(file)).map_err(|error| format!("{}: {error}", error.kind.code()).into())
}

/// What reading alone takes.
fn read(file: &str, mut piece_read: impl FnMut(&[u8])) -> std::io::Result<u64> {
    let (mut file, mut piece, mut total) = (fs::File::open(file)?, vec![0; PIECE_BYTES], 0);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(total),
            count => {
                piece_read(&piece[..count]);
                total += count as u64;
            }
        }
    }
}

/// What the plainest loop over digits takes, that checks nothing and keeps nothing.
#[derive(Default)]
struct Sum {
    number: u64,
    total: u64,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if byte.is_ascii_digit() {
                self.number = self.number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            } else {
                self.total = self.total.wrapping_add(std::mem::take(&mut self.number));
            }
        }
    }
}

fn compare_files(before: &str, after: &str, with_paths: bool) -> Result<Value, Box<dyn Error>> {
    // The first graph is gone before the second comes.
    let baseline = Baseline::of(&open(before)?);
    let comparison = compare(baseline, &open(after)?, with_paths);
    let rows = comparison.changes.iter().map(|row| {
        json!({
            "key": key(&row.row),
            "name": row.row.name,
            "newCount": row.new_count,
            "deletedCount": row.deleted_count,
            "newBytes": row.new_bytes,
            "deletedBytes": row.deleted_bytes,
        })
    });
    Ok(rows.collect())
}

fn growth(points: &[&str]) -> Result<Value, Box<dyn Error>> {
    let mut snapshots = Snapshots::default();
    let (last, earlier) = points.split_last().ok_or(USAGE)?;
    for point in earlier {
        let (file, jobs) = point.rsplit_once('@').ok_or(USAGE)?;
        snapshots.add(&open(file)?, jobs.parse()?);
    }
    let (file, jobs) = last.rsplit_once('@').ok_or(USAGE)?;
    let growth = snapshots.growth(&open(file)?, jobs.parse()?);
    Ok(serde_json::to_value(growth.map_err(|_| "snapshots of several processes")?)?)
}

fn total(total: &ClassTotal) -> Value {
    json!({
        "key": key(&total.row),
        "name": total.row.name,
        "count": total.count,
        "distance": total.distance,
        "shallowBytes": total.shallow_bytes,
        "retainedBytes": total.retained_bytes,
    })
}

/// The layout that devtools.js writes.
#[expect(clippy::cast_precision_loss, reason = "so does JavaScript")]
fn columns(measures: &Measures) -> Vec<u8> {
    let nodes = 0..u32::try_from(measures.retained.len()).unwrap_or(u32::MAX);
    let shallow = nodes.flat_map(|node| (measures.shallow.get(node) as f64).to_le_bytes());
    let retained = measures.retained.iter().flat_map(|&bytes| (bytes as f64).to_le_bytes());
    let distances = measures.distances.iter().flat_map(|distance| distance.to_le_bytes());
    let dominators = measures.dominators.of.iter().flat_map(|node| node.to_le_bytes());
    shallow.chain(retained).chain(distances).chain(dominators).collect()
}

/// As `DevTools` tells classes apart.
fn key(row: &Row) -> String {
    match row.place {
        Some(place) => format!("{},{},{},{}", place.script, place.line, place.column, row.name),
        None => format!(",{}", row.name),
    }
}
