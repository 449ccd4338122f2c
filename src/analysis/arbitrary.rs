//! Random small snapshots that hold everything the analyses treat in its own way.

use proptest::prelude::*;

use crate::snapshot::builder::Builder;
use crate::snapshot::{EdgeKind, Node};

const NODE_KINDS: &[&str] = &[
    "hidden",
    "array",
    "string",
    "object",
    "object",
    "object",
    "code",
    "closure",
    "native",
    "synthetic",
    "number",
];
const NODE_NAMES: &[&str] = &[
    "Object",
    "Object",
    "Object",
    "Job",
    "<div id=1>",
    "system / ExternalStringData",
    "(map descriptors)",
    "system / NativeContext",
    "(Document DOM trees)",
];
const EDGE_KINDS: &[&str] =
    &["context", "element", "property", "property", "internal", "hidden", "shortcut", "weak"];
const EDGE_NAMES: &[&str] = &["a", "b", "c,d", "__proto__", "sloppy_function_map", "4"];
const WEAK_MAP_NAMES: &[&str] = &[
    "1 / part of key (Job @5) -> value (Job @7) pair in WeakMap (table @3)",
    "2 / part of key (Job @5) -> value (Job @7) pair in WeakMap (table @3)",
    "1 / part of key (Job @3) -> value (Job @9) pair in WeakMap (table @5)",
];

type Choice = prop::sample::Index;

fn pick(choice: Choice, of: &[&'static str]) -> &'static str {
    of[choice.index(of.len())]
}

/// A snapshot; with pairs of `WeakMap`s or without.
pub fn snapshots(weak_maps: bool) -> impl Strategy<Value = Builder> {
    let node = (any::<Choice>(), any::<Choice>(), 0_u64..5, 0_u8..20, prop::option::of(0_u32..3));
    let edge = (any::<Choice>(), any::<Choice>(), any::<Choice>(), any::<Choice>());
    (prop::collection::vec(node, 0..12), prop::collection::vec(edge, 0..40)).prop_map(
        move |(nodes, edges)| {
            let mut builder = Builder::default();
            for (kind, name, size, state, line) in nodes {
                let made = builder.node(pick(kind, NODE_KINDS), pick(name, NODE_NAMES), size);
                builder.detachedness(made, if state < 3 { state } else { 0 });
                if let Some(line) = line {
                    builder.location(made, 1, line, 2);
                }
            }
            let names = if weak_maps { [EDGE_NAMES, WEAK_MAP_NAMES].concat() } else { EDGE_NAMES.to_vec() };
            for (from, kind, name, to) in edges {
                let count = builder.node_count() as usize;
                let [from, to] = [from, to].map(|node| Node::try_from(node.index(count)).expect("few nodes"));
                let kind = pick(kind, EDGE_KINDS);
                if EdgeKind::named(kind).is_numbered() {
                    builder.numbered(from, kind, name.index(8) as u64, to);
                } else {
                    builder.edge(from, kind, pick(name, &names), to);
                }
            }
            builder
        },
    )
}

/// Two snapshots of one process: of the nodes of the first, some are gone, some have changed and some are new.
pub fn pairs() -> impl Strategy<Value = (Builder, Builder)> {
    (snapshots(false), snapshots(false), prop::collection::vec(any::<bool>(), 20)).prop_map(
        |(before, mut after, kept)| {
            for (node, kept) in (1..after.node_count()).zip(kept) {
                if !kept {
                    after.id(node, 1_000 + 2 * u64::from(node));
                }
            }
            (before, after)
        },
    )
}

/// Snapshots of one process: of the nodes of each, some are in others too, and some are its own.
pub fn runs() -> impl Strategy<Value = Vec<Builder>> {
    let snapshot = (snapshots(true), prop::collection::vec(any::<bool>(), 20));
    prop::collection::vec(snapshot, 2..5).prop_map(|snapshots| {
        let mut own_id = 1_000;
        let run = snapshots.into_iter().map(|(mut snapshot, shared)| {
            for (node, shared) in (1..snapshot.node_count()).zip(shared) {
                if !shared {
                    own_id += 2;
                    snapshot.id(node, own_id);
                }
            }
            snapshot
        });
        run.collect()
    })
}
