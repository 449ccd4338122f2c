//! Microsoft's parser, from its best side: `parse` decodes bytes that are in memory, `measure` also finds retained sizes.

use v8_heap_parser::decode_slice;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&args[2]).expect("a file");
    let graph = decode_slice(&bytes).expect("a snapshot");
    if args[1] == "measure" {
        println!("{} classes, root retains {}", graph.get_class_groups(false).len(), graph.retained_size(0));
    } else {
        println!("{} nodes", graph.nodes().len());
    }
}
