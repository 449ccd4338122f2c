//! Strings by which V8 marks what `DevTools` treats in its own way.

use super::hash::FastMap;
use crate::snapshot::Strings;

/// Indexes of those strings; a file may have a text twice.
#[derive(Debug, Default)]
pub struct Special {
    /// `(map descriptors)`.
    pub map_descriptors: Vec<u32>,
    /// `system / NativeContext`.
    pub native_context: Vec<u32>,
    /// `sloppy_function_map`.
    pub sloppy_function_map: Vec<u32>,
    weak_map_edges: FastMap<u32, WeakMapEdge>,
    /// How many pairs there are.
    pub pair_count: usize,
}

/// A value in a `WeakMap` is held by its key and by the table together. V8 writes an edge from each of the two; the names
/// of both end in the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeakMapEdge {
    /// Which pair.
    pub pair: u32,
    /// Id of the table.
    pub table: u64,
}

impl Special {
    /// Looks at all strings once.
    #[must_use]
    pub fn find(strings: &Strings) -> Self {
        let mut special = Self::default();
        let mut pairs: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
        for index in 0..u32::try_from(strings.len()).unwrap_or(u32::MAX) {
            let text = strings.get(index);
            match text {
                "(map descriptors)" => special.map_descriptors.push(index),
                "system / NativeContext" => special.native_context.push(index),
                "sloppy_function_map" => special.sloppy_function_map.push(index),
                _ => {
                    let Some((shared, table)) = weak_map_edge(text) else { continue };
                    let next = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
                    let pair = *pairs.entry(shared).or_insert(next);
                    special.weak_map_edges.insert(index, WeakMapEdge { pair, table });
                }
            }
        }
        special.pair_count = pairs.len();
        special
    }

    /// What the name of an internal edge says of a `WeakMap`.
    #[must_use]
    #[inline]
    pub fn weak_map_edge(&self, name: u32) -> Option<WeakMapEdge> {
        if self.weak_map_edges.is_empty() {
            return None;
        }
        self.weak_map_edges.get(&name).copied()
    }
}

/// Text that both edges share, and the id of the table, of
/// `12 / part of key (Job @5) -> value (Object @7) pair in WeakMap (table @9)`.
fn weak_map_edge(name: &str) -> Option<(&str, u64)> {
    let shared = name.trim_start_matches(|c: char| c.is_ascii_digit());
    if shared.len() == name.len() {
        return None;
    }
    let rest = shared.strip_prefix(" / part of key (")?.strip_suffix(')')?;
    let (rest, table) = rest.rsplit_once(" pair in WeakMap (table @")?;
    let rest = with_id(rest.strip_suffix(')')?)?;
    // What stands before an id is a name, and may hold anything but the end of a line.
    let has_key = rest.match_indices(") -> value (").any(|(at, _)| with_id(&rest[..at]).is_some());
    let is_one_line = !rest.contains(['\n', '\r', '\u{2028}', '\u{2029}']);
    (has_key && is_one_line).then_some((shared, number(table)?))
}

/// What stands in front of ` @12`.
fn with_id(text: &str) -> Option<&str> {
    let (before, id) = text.rsplit_once(" @")?;
    number(id).map(|_| before)
}

fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_a_weak_map_are_known_by_their_names() {
        let shared = " / part of key (Job) -> value ( @5) -> value (a b @7) pair in WeakMap (table @9)";
        assert_eq!(weak_map_edge(&format!("12{shared}")), Some((shared, 9)));
        let empty = " / part of key ( @5) -> value ( @7) pair in WeakMap (table @9)";
        assert_eq!(weak_map_edge(&format!("1{empty}")), Some((empty, 9)));
        for other in [
            shared.to_owned(),
            "12".to_owned(),
            format!("12{}", shared.replace("@5", "@")),
            format!("12{}", shared.replace("@7", "7")),
            format!("12{}", shared.replace("@9", "@x")),
            format!("12{}", shared.replace("a b", "a\nb")),
            format!("12{shared} "),
            format!("12{}", shared.replace(" / part", "/ part")),
        ] {
            assert_eq!(weak_map_edge(&other), None, "{other}");
        }
    }
}
