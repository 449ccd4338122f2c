//! The heap engine without Node, for measuring: `cargo run --release --example heap -- parse FILE`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use holdover::snapshot;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let [command, file] = &args[..] else {
        eprintln!("usage: heap parse FILE");
        return ExitCode::FAILURE;
    };
    assert_eq!(command, "parse");
    let result = snapshot::open(Path::new(file)).map(|graph| {
        format!("{} nodes, {} edges, {} bytes", graph.node_count(), graph.edge_count(), graph.bytes())
    });
    match result {
        Ok(text) => {
            println!("{text}, {} ms", started.elapsed().as_millis());
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}: {error}", error.kind.code());
            ExitCode::FAILURE
        }
    }
}
