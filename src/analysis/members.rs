//! A set of nodes that numbers its members: one bit for each node, and a column as long as the set alone.

use crate::snapshot::Node;

/// The set.
pub struct Members {
    words: Vec<u64>,
    /// How many members there are before each word.
    before: Vec<u32>,
    count: usize,
}

impl Members {
    /// The nodes for which `is_one` holds.
    pub fn of(nodes: u32, is_one: impl Fn(Node) -> bool) -> Self {
        let mut words = vec![0; nodes.div_ceil(64) as usize];
        for (at, word) in (0_u32..).zip(&mut words) {
            let first = at * 64;
            let bits = first..nodes.min(first.saturating_add(64));
            *word = bits.rev().fold(0_u64, |word, node| word << 1 | u64::from(is_one(node)));
        }
        Self::numbered(words)
    }

    /// These nodes, of so many.
    pub fn from(nodes: u32, members: impl Iterator<Item = Node>) -> Self {
        let mut words = vec![0; nodes.div_ceil(64) as usize];
        members.for_each(|node| words[node as usize / 64] |= 1 << (node % 64));
        Self::numbered(words)
    }

    fn numbered(words: Vec<u64>) -> Self {
        let mut count = 0;
        let before = words.iter().map(|word| {
            let before = count;
            count += word.count_ones();
            before
        });
        Self { before: before.collect(), words, count: count as usize }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether a node is one.
    #[inline]
    pub fn contains(&self, node: Node) -> bool {
        self.words[node as usize / 64] & (1 << (node % 64)) != 0
    }

    /// The number of a node that is one.
    #[inline]
    pub fn number(&self, node: Node) -> usize {
        let word = node as usize / 64;
        let smaller = self.words[word] & ((1 << (node % 64)) - 1);
        (self.before[word] + smaller.count_ones()) as usize
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Node> {
        (0_u32..).zip(&self.words).flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let place = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at * 64 + place)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn members_are_numbered_in_order(nodes in 0_u32..300, some in prop::collection::btree_set(0_u32..300, 0..80)) {
            let some: BTreeSet<u32> = some.into_iter().filter(|&node| node < nodes).collect();
            for members in [Members::of(nodes, |node| some.contains(&node)), Members::from(nodes, some.iter().copied())] {
                prop_assert_eq!(members.len(), some.len());
                prop_assert!(members.iter().eq(some.iter().copied()));
                prop_assert!((0..nodes).all(|node| members.contains(node) == some.contains(&node)));
                prop_assert!(some.iter().enumerate().all(|(number, &node)| members.number(node) == number));
            }
        }
    }
}
