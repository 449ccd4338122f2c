//! Good files in all layouts and pieces; damaged ones, each refused with a code and a byte.

use proptest::prelude::*;

use super::builder::Builder;
use super::error::{ErrorKind, Result};
use super::{EdgeKind, Graph, NodeKind, Parser};

fn parse(bytes: &[u8], piece: usize) -> Result<Graph> {
    let mut parser = Parser::new(Some(bytes.len() as u64));
    for piece in bytes.chunks(piece) {
        parser.feed(piece)?;
    }
    parser.finish()
}

/// A root with an object of a class and an array; all types of edges.
fn sample() -> Builder {
    let mut builder = Builder::default();
    let object = builder.node("object", "Job", 40);
    let array = builder.node("array", "(object elements)", 16);
    let text = builder.node("string", "a \"quoted\" text\n😀", 24);
    builder
        .numbered(0, "element", 1, object)
        .edge(0, "shortcut", "job", object)
        .edge(object, "property", "list", array)
        .edge(object, "weak", "self", object)
        .numbered(array, "hidden", 4_000_000_000, text)
        .edge(array, "internal", "part", text)
        .location(object, 12, 30, 4)
        .location(object, 12, 31, 5);
    builder
}

fn check(graph: &Graph) {
    assert_eq!((graph.node_count(), graph.edge_count()), (4, 6));
    assert_eq!([0, 1, 2, 3].map(|node| graph.id(node)), [1, 3, 5, 7]);
    assert_eq!([0, 1, 2, 3].map(|node| graph.self_sizes().get(node)), [0, 40, 16, 24]);
    assert_eq!(graph.kind(1), NodeKind::Object);
    assert_eq!((graph.name(1), graph.type_name(3)), ("Job", "string"));
    assert_eq!(graph.name(3), "a \"quoted\" text\n😀");
    assert_eq!(graph.edges(1), 2..4);
    assert_eq!([graph.to(2), graph.to(3)], [2, 1]);
    assert_eq!((graph.edge_kind(3), graph.edge_name(3)), (EdgeKind::Weak, Some("self")));
    assert_eq!((graph.edge_name(4), graph.edge_name_or_number(4)), (None, 4_000_000_000));
    let location = graph.location(1).expect("a location");
    assert_eq!([location.script, location.line, location.column], [12, 31, 5]);
    assert_eq!(graph.location(2), None);
}

#[test]
fn a_snapshot_is_read_in_pieces_of_any_size() {
    let text = sample().json();
    for piece in (1..80).chain([text.len()]) {
        check(&parse(text.as_bytes(), piece).expect("a graph"));
    }
}

#[test]
fn fields_are_found_by_name_in_every_layout() {
    for fields in [
        vec!["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"],
        vec!["type", "name", "id", "self_size", "edge_count"],
        vec![
            "future",
            "edge_count",
            "id",
            "name",
            "self_size",
            "type",
            "detachedness",
            "more",
            "and",
            "more",
        ],
    ] {
        for line_feeds in [false, true] {
            let mut builder = sample();
            builder.node_fields.clone_from(&fields);
            builder.line_feeds = line_feeds;
            let text = builder.json();
            for piece in [1, 7, 64, 10_000] {
                check(&parse(text.as_bytes(), piece).expect("a graph"));
            }
        }
    }
}

#[test]
fn what_nobody_needs_is_skipped() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    for extra in [deep.as_str(), "{\"a\":[\"]}\\\"\"]}", "\"t]e}x,t\"", "-1.5e3", "null", "[1,2,[3]]"] {
        let text = sample().json().replacen("\"trace_tree\":[]", &format!("\"later\" : {extra} "), 1);
        check(&parse(text.as_bytes(), 4_096).expect("a graph"));
    }
}

#[test]
fn the_number_of_edges_may_be_written_as_a_float() {
    let text = sample().json().replacen("\"edge_count\":6", "\"edge_count\":6e+00", 1);
    check(&parse(text.as_bytes(), 100).expect("a graph"));
}

#[test]
fn a_file_cut_anywhere_is_told_to_be_cut_there() {
    let text = sample().json();
    for length in 0..text.len() {
        let error = parse(&text.as_bytes()[..length], 50).expect_err("cut");
        assert_eq!((error.kind, error.at_byte), (ErrorKind::Truncated, length as u64), "{length}");
    }
}

/// What is replaced in the sample, by what, and which mistake that is.
const DAMAGES: &[(&str, &str, ErrorKind)] = {
    use ErrorKind::{Count, Duplicate, Limit, Meta, Reference, Syntax, Truncated};
    &[
        ("{\"snapshot\"", "\"snapshot\"", Syntax),
        ("{\"snapshot\"", "\u{feff}{\"snapshot\"", Syntax),
        ("{\"snapshot\"", "{snapshot", Syntax),
        ("{\"snapshot\":", "{\"snapshot\"", Syntax),
        ("{\"snapshot\":", "{\"snapshot\":[],\"x\":", Syntax),
        (
            "{\"snapshot\":",
            "{\"snapshotsnapshotsnapshotsnapshotsnapshotsnapshotsnapshotsnapshotsnapshot\":",
            Limit,
        ),
        ("{\"snapshot\":", "{\"snapshos\":", Meta),
        ("\"meta\"", "\"mate\"", Meta),
        ("\"node_fields\":[", "\"node_fields\":[1,", Meta),
        ("\"node_fields\"", "\"fields\"", Meta),
        ("\"self_size\"", "\"size\"", Meta),
        ("\"edge_count\",", "", Meta),
        ("\"name_or_index\"", "\"name\"", Meta),
        ("\"to_node\"", "\"to\"", Meta),
        ("\"edge_types\"", "\"types\"", Meta),
        ("\"object_index\"", "\"object\"", Meta),
        ("\"node_count\":4", "\"node_count\":\"4\"", Meta),
        ("\"node_count\":4", "\"node_count\":-4", Meta),
        ("\"node_count\":4", "\"node_count\":4.5", Meta),
        ("\"node_count\":4", "\"node_count\":1e300", Limit),
        ("\"node_count\":4", "\"node_count\":4000000000", Count),
        ("\"node_count\":4", "\"node_count\":3", Count),
        ("\"node_count\":4", "\"node_count\":5", Count),
        ("\"edge_count\":6", "\"edge_count\":4294967000", Count),
        ("\"edge_count\":6", "\"edge_count\":5000000000", Limit),
        ("\"edge_count\":6", "\"edge_count\":5", Count),
        ("\"edge_count\":6", "\"edge_count\":7", Count),
        ("\"edge_count\":6,", "\"edge_count\":6,,", Meta),
        ("\"nodes\":[9", "\"nodes\":[-9", Syntax),
        ("\"nodes\":[9", "\"nodes\":[[9]", Syntax),
        ("\"nodes\":[9", "\"nodes\":[\"9\"", Syntax),
        ("\"nodes\":[9", "\"nodes\":[9.0", Syntax),
        ("\"nodes\":[9", "\"nodes\":[9e1", Syntax),
        ("\"nodes\":[9", "\"nodes\":[true", Syntax),
        ("\"nodes\":[9", "\"nodes\":[,9", Syntax),
        ("\"nodes\":[9", "\"nodes\":[99", Reference),
        ("\"nodes\":[9", "\"nodes\":[99999999999999999999", Limit),
        ("\"nodes\":[9,", "\"nodes\":[9,,", Syntax),
        ("\"nodes\":[9,", "\"nodes\":[9 ", Syntax),
        ("\"nodes\":[9,1,1", "\"nodes\":[9,4294967296,1", Reference),
        ("\"nodes\":[9,1,1", "\"nodes\":[9,77,1", Reference),
        ("\"nodes\":[9,1,1", "\"nodes\":[9,1,3", Duplicate),
        ("\"nodes\":[9,1,1", "\"nodes\":[9,1,4294967297", Reference),
        ("\"nodes\":[9,1,1,0,2", "\"nodes\":[9,1,1,0,3", Count),
        ("\"nodes\":[9,1,1,0,2", "\"nodes\":[9,1,1,0,1", Count),
        ("\"nodes\":[9,1,1,0,2", "\"nodes\":[9,1,1,0,9223372036854775807", Count),
        ("\"nodes\":[9,", "\"nodes\":[", Count),
        ("\"nodes\":[9,", "\"nodes\":[],\"x\":[9,", Count),
        ("\"nodes\":[9", "\"nodes\":[", Syntax),
        ("\"nodes\":[", "\"nodes\":{", Syntax),
        ("\"nodes\":", "\"node\":", Count),
        ("\"edges\":", "\"nodes\":", Duplicate),
        ("\"edges\":", "\"edge\":", Count),
        ("\"edges\":[1,1,6", "\"edges\":[7,1,6", Reference),
        ("\"edges\":[1,1,6", "\"edges\":[1,1,5", Reference),
        ("\"edges\":[1,1,6", "\"edges\":[1,1,24", Reference),
        ("\"edges\":[1,1,6", "\"edges\":[1,1,4294967302", Reference),
        ("\"edges\":[1,1,6", "\"edges\":[2,1000,6", Reference),
        ("\"edges\":[1,1,6", "\"edges\":[1,4294967296,6", Reference),
        ("\"edges\":[1,1,6", "\"edges\":[1,1", Reference),
        ("\"locations\":[6,", "\"locations\":[24,", Reference),
        ("\"locations\":[6,", "\"locations\":[7,", Reference),
        ("\"locations\":[6,12", "\"locations\":[6,4294967296", Reference),
        ("\"locations\":[6,", "\"locations\":[", Count),
        ("\"strings\":[\"<dummy>\",", "\"strings\":[", Reference),
        ("\"strings\":[", "\"strings\":[7,", Syntax),
        ("\"strings\":[", "\"strings\":[[\"a\"],", Syntax),
        ("\"strings\":[", "\"strings\":[\"\\x\",", Syntax),
        ("\"strings\":[", "\"strings\":[\"\\u12g4\",", Syntax),
        ("\"strings\":[", "\"strings\":[\"\t\",", Syntax),
        ("\"strings\":[", "\"string\":[", Count),
        ("\"strings\":[", "\"strings\":[],\"strings\":[", Duplicate),
        ("part\"]}", "part\"]", Truncated),
        ("part\"]}", "part\",]}", Syntax),
        ("part\"]}", "part\"]},", Syntax),
        ("part\"]}", "part\"]]", Syntax),
    ]
};

#[test]
fn damage_is_told_with_a_code_and_a_byte() {
    let good = sample().json();
    for (from, to, kind) in DAMAGES {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from} is in the sample");
        let errors =
            [1, 3, 50, bad.len()].map(|piece| parse(bad.as_bytes(), piece).map(|_| ()).expect_err(to));
        assert_eq!(errors[0].kind, *kind, "{to}: {}", errors[0]);
        assert!(errors[0].at_byte <= bad.len() as u64, "{to}: {}", errors[0]);
        assert!(errors.iter().all(|error| *error == errors[0]), "{to}: {errors:?}");
    }
}

#[test]
fn text_that_is_no_utf8_is_refused_where_it_starts() {
    let mut bytes = sample().json().into_bytes();
    let at = bytes.windows(8).position(|window| window == b"<dummy>\"").expect("a string");
    bytes[at] = 0xff;
    let error = parse(&bytes, 33).expect_err("no text");
    assert_eq!((error.kind, error.at_byte), (ErrorKind::Text, at as u64));
}

#[test]
fn a_count_that_is_a_lie_takes_no_memory() {
    for size in [None, Some(5_000)] {
        let text = sample().json().replacen("\"node_count\":4", "\"node_count\":4000000000", 1);
        let text = text.replacen("\"edge_count\":6", "\"edge_count\":4200000000", 1);
        let mut parser = Parser::new(size);
        let error = parser.feed(text.as_bytes()).expect_err("a lie");
        assert_eq!(error.kind, ErrorKind::Count);
    }
}

#[test]
fn a_description_without_end_is_refused() {
    let mut parser = Parser::new(None);
    parser.feed(b"{\"snapshot\":{").expect("a start");
    let error = (0..400).find_map(|_| parser.feed(&[b' '; 4_096]).err()).expect("refused");
    assert_eq!(error.kind, ErrorKind::Limit);
    assert_eq!(parser.feed(b"}").expect_err("the same again"), error);
}

#[test]
fn states_of_attachment_are_kept_where_the_file_has_them() {
    let mut builder = sample();
    builder.detachedness(2, 2).detachedness(1, 1).id(3, 4_000_000_000);
    let graph = builder.graph();
    assert_eq!(graph.detachedness(), Some(&[(1, 1), (2, 2)][..]));
    assert_eq!(graph.id(3), 4_000_000_000);
    builder.node_fields.pop();
    assert_eq!(builder.graph().detachedness(), None);
}

/// Large enough that most rows are read many at once.
fn large(count: u32, fields: &[&'static str], line_feeds: bool) -> Builder {
    let mut builder = Builder::default();
    (builder.line_feeds, builder.node_fields) = (line_feeds, fields.to_vec());
    for at in 1..=count {
        let node = builder.node("object", &format!("Class{}", at % 17), u64::from(at) * 7_919 % 1_000);
        builder.edge(node / 2, "property", &format!("name{}", at % 23), node);
        builder.numbered(node, "element", u64::from(at) * 104_729, node / 3);
        builder.detachedness(node, u8::from(at % 50 == 0)).id(node, 4 * u64::from(at) + 1);
    }
    builder
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Byte by byte, nothing is read quickly.
    #[test]
    fn a_file_in_one_piece_reads_as_byte_by_byte(
        (has_trace, line_feeds) in any::<(bool, bool)>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"0123456789,\n".to_vec())), 0..3),
    ) {
        let trace = if has_trace { &["trace_node_id"][..] } else { &[] };
        let fields = [&["type", "name", "id", "self_size", "edge_count"][..], trace, &["detachedness"]].concat();
        let mut bytes = large(200, &fields, line_feeds).json().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let [whole, single] = [bytes.len(), 1].map(|piece| parse(&bytes, piece).map(|graph| format!("{graph:?}")));
        prop_assert_eq!(whole, single);
    }
}
