//! What keeps the objects that come with the jobs: the variable or property, and what hangs on it since when.
//!
//! Paths are those of [`super::paths`], where new is what came since the last snapshot but one: so a cache that was made
//! after the first snapshot is old, and the path leads through it to its entries. All that is held at the same place reads
//! alike, and is one keeper, the old entries with the new ones. Of each it is known which snapshot it is first in. That
//! tells a list that grows, whose entries are of all ages, from a cache that replaces them, whose entries are all young.

use std::collections::HashMap;

use super::essential::Essential;
use super::growth::Tally;
use super::hash::FastMap;
use super::paths::{Hop, NONE, Readings, Search, Tree, suspect_from};
use super::special::Special;
use crate::snapshot::{Graph, Node, NodeKind, Sizes};

/// A place where objects are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeper {
    /// The path to one of its entries, from below the root on.
    pub path: Vec<Hop>,
    /// From this hop on the path is suspect: the variable or property.
    pub suspect_from: usize,
    /// Each entry has a name of its own.
    pub any_name: bool,
    /// Its entries that are there now by the snapshots that they were already in.
    pub entries: Vec<u64>,
    /// Entries, and what hangs on them, in the same way.
    pub tallies: Vec<Tally>,
    /// Objects of the classes of entries that were in one snapshot and no more in the next, wherever they were held.
    pub gone: u64,
    /// Entries and what hangs on them by class, most bytes first.
    pub parts: Vec<Part>,
}

/// The objects of one class that a keeper holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The youngest of them.
    pub sample: Node,
    /// Those that are there now by the snapshots that they were already in.
    pub tallies: Vec<Tally>,
    /// As of a keeper.
    pub gone: u64,
}

/// What is known of the objects of the last snapshot from the earlier ones.
pub struct Lives<'a> {
    /// Which snapshot each is first in.
    pub births: &'a [u8],
    /// Of each class, how many were in one snapshot and no more in the next.
    pub gone: &'a [u64],
    /// How many snapshots there are.
    pub snapshots: usize,
}

/// All keepers of something new, most bytes first; and the paths to these objects.
#[must_use]
pub fn keepers(
    graph: &Graph,
    sizes: &Sizes,
    row: &impl Fn(Node) -> usize,
    lives: &Lives<'_>,
    objects: &[Node],
) -> (Vec<Keeper>, Vec<(Vec<Hop>, usize)>) {
    let newest = u8::try_from(lives.snapshots - 1).unwrap_or(u8::MAX);
    let search = Search {
        graph,
        essential: &Essential::find(graph, &Special::find(graph.strings())),
        sizes,
        is_new: &|node| lives.births[node as usize] == newest && sizes.get(node) > 0,
        class: &|node| u32::try_from(row(node)).unwrap_or(u32::MAX),
    };
    let tree = Tree::grow(&search);
    let path = |&node: &Node| {
        let path = tree.path(node);
        let from = suspect_from(graph, &path, false);
        (path, from)
    };
    let paths = objects.iter().map(path).collect();
    let tops = tree.topmost(&search);
    let mut places = Places::find(&search, &tree, &tops, lives, row);
    places.tally(&search, &tree, &tops, lives, row);
    let Places { readings, all, .. } = places;
    let mut all: Vec<Keeper> =
        all.into_iter().map(|held| held.keeper(&search, &readings, row, lives)).collect();
    all.sort_by_key(|keeper| {
        let bytes = keeper.tallies.last().map_or(0, |tally| tally.bytes);
        (std::cmp::Reverse(bytes), keeper.path.last().map(|hop| hop.node))
    });
    (all, paths)
}

struct Places<'a> {
    readings: Readings<'a>,
    by_reading: HashMap<u32, usize>,
    /// What new entries hang on: there may be old ones beside them.
    holders: Vec<bool>,
    /// What chains hang on, and which place that is.
    chain_holders: FastMap<Node, u32>,
    all: Vec<HeldAlike>,
}

/// New objects of one class, each on the one before, that make a chain: a list without an array. It may have two ends, and
/// then its old part hangs on the same holder by another name.
const MIN_CHAIN: u64 = 8;

#[derive(Default)]
struct HeldAlike {
    is_chain: bool,
    /// Entries by class.
    entries: FastMap<usize, Entries>,
    parts: FastMap<usize, Part>,
}

struct Entries {
    counts: Vec<u64>,
    is_value: bool,
    sample: Node,
}

impl<'a> Places<'a> {
    fn find(
        search: &'a Search<'a>,
        tree: &'a Tree,
        tops: &[Node],
        lives: &Lives<'_>,
        row: &impl Fn(Node) -> usize,
    ) -> Self {
        let readings = Readings::new(search, tree, tops);
        let holders = vec![false; tops.len()];
        let (by_reading, chain_holders) = (HashMap::new(), FastMap::default());
        let mut places = Self { readings, by_reading, holders, chain_holders, all: Vec::new() };
        for &node in tree.order.iter().filter(|&&node| tops[node as usize] == node) {
            let holder = places.readings.holder(node);
            // What the roots lead to are no entries of theirs.
            if holder != NONE && search.graph.kind(holder) != NodeKind::Synthetic {
                places.holders[holder as usize] = true;
            }
            let next = places.all.len();
            let reading = places.readings.of_place(node);
            let place = *places.by_reading.entry(reading).or_insert(next);
            if place == next {
                places.all.push(HeldAlike::default());
            }
            places.all[place].entries.entry(row(node)).or_insert_with(|| Entries {
                counts: vec![0; lives.snapshots],
                is_value: is_value(search.graph, node),
                sample: node,
            });
        }
        places.find_chains(tree, tops, row);
        places
    }

    fn find_chains(&mut self, tree: &Tree, tops: &[Node], row: &impl Fn(Node) -> usize) {
        // The topmost object of the chain that a node is in.
        let mut chains = vec![NONE; tops.len()];
        for &node in tree.order.iter().filter(|&&node| tops[node as usize] != NONE) {
            let parent = tree.parent[node as usize];
            if tops[node as usize] == node {
                chains[node as usize] = node;
            } else if chains[parent as usize] != NONE && row(node) == row(parent) {
                chains[node as usize] = chains[parent as usize];
            }
        }
        let mut links = FastMap::<Node, u64>::default();
        for &top in chains.iter().filter(|&&top| top != NONE) {
            *links.entry(top).or_default() += 1;
        }
        links.retain(|_, links| *links >= MIN_CHAIN);
        let mut chains: Vec<Node> = links.into_keys().collect();
        chains.sort_unstable();
        for top in chains {
            let place = self.entry(top, row(top));
            self.chain_holders.entry(tree.parent[top as usize]).or_insert(place);
            if let Some(held) = self.all.get_mut(place as usize) {
                held.is_chain = true;
            }
        }
    }

    /// Counts new entries, old ones beside them, and all that hangs on both and on no other place.
    fn tally(
        &mut self,
        search: &Search<'_>,
        tree: &Tree,
        tops: &[Node],
        lives: &Lives<'_>,
        row: &impl Fn(Node) -> usize,
    ) {
        let mut place_of = vec![NONE; tree.parent.len()];
        for &node in &tree.order {
            let (parent, bytes) = (tree.parent[node as usize], search.sizes.get(node));
            if parent == NONE {
                continue;
            }
            let top = tops[node as usize];
            let is_beside = top == NONE && bytes > 0 && self.is_holder(self.readings.holder(node));
            let is_link = self.is_chain(place_of[parent as usize]) && row(node) == row(parent);
            let is_candidate = bytes > 0 && !is_link && (top == node || is_beside);
            let entry = if is_candidate { self.entry(node, row(node)) } else { NONE };
            let place = match entry {
                NONE if is_candidate => self.chain(parent, row(node)).unwrap_or(place_of[parent as usize]),
                NONE => place_of[parent as usize],
                _ => entry,
            };
            place_of[node as usize] = place;
            if bytes == 0 || place == NONE {
                continue;
            }
            let (class, birth) = (row(node), lives.births[node as usize] as usize);
            let held = &mut self.all[place as usize];
            held.add(node, class, birth, lives, bytes);
            if let Some(entries) = held.entries.get_mut(&class).filter(|_| entry != NONE) {
                entries.counts[birth] += 1;
            }
        }
    }

    /// The place of an entry: there are new ones of its class there.
    fn entry(&mut self, node: Node, class: usize) -> u32 {
        let place = self.by_reading.get(&self.readings.of_place(node));
        let place = place.filter(|&&place| self.all[place].entries.contains_key(&class));
        place.map_or(NONE, |&place| u32::try_from(place).unwrap_or(NONE))
    }

    fn is_holder(&self, node: Node) -> bool {
        self.holders.get(node as usize).copied().unwrap_or(false)
    }

    fn is_chain(&self, place: u32) -> bool {
        self.all.get(place as usize).is_some_and(|held| held.is_chain)
    }

    /// The place of the chain of that class that hangs on a holder.
    fn chain(&self, holder: Node, class: usize) -> Option<u32> {
        let place = *self.chain_holders.get(&holder)?;
        self.all.get(place as usize)?.entries.contains_key(&class).then_some(place)
    }
}

impl HeldAlike {
    fn add(&mut self, node: Node, class: usize, birth: usize, lives: &Lives<'_>, bytes: u64) {
        let tallies = || vec![Tally::default(); lives.snapshots];
        let part =
            self.parts.entry(class).or_insert_with(|| Part { sample: node, tallies: tallies(), gone: 0 });
        part.tallies[birth].add(bytes);
        if birth >= lives.births[part.sample as usize] as usize {
            part.sample = node;
        }
    }

    fn keeper(
        self,
        search: &Search<'_>,
        readings: &Readings<'_>,
        row: &impl Fn(Node) -> usize,
        lives: &Lives<'_>,
    ) -> Keeper {
        // Keys of a Map are entries of it as much as its values: each pair counts once.
        let has_objects = self.entries.values().any(|entries| !entries.is_value);
        let counted = || self.entries.iter().filter(|(_, entries)| !(has_objects && entries.is_value));
        let mut entries = vec![0; lives.snapshots];
        for (_, of_class) in counted() {
            entries.iter_mut().zip(&of_class.counts).for_each(|(sum, count)| *sum += count);
        }
        let gone = counted().map(|(&class, _)| lives.gone[class]).sum();
        let newest = |entries: &Entries| (entries.counts.last().copied(), std::cmp::Reverse(entries.sample));
        let most = counted().map(|(_, entries)| entries).max_by_key(|entries| newest(entries));
        let sample = most.map_or(Graph::ROOT, |entries| entries.sample);
        let (path, any_name) = (readings.path(sample), readings.is_in_table(sample));
        let mut tallies = vec![Tally::default(); lives.snapshots];
        let mut parts: Vec<Part> = self.parts.into_values().collect();
        for part in &mut parts {
            tallies.iter_mut().zip(&part.tallies).for_each(|(sum, tally)| sum.join(*tally));
            add_up(&mut part.tallies);
            part.gone = lives.gone[row(part.sample)];
        }
        add_up(&mut tallies);
        for at in 1..entries.len() {
            entries[at] += entries[at - 1];
        }
        parts.sort_by_key(|part| {
            let bytes = part.tallies.last().map_or(0, |tally| tally.bytes);
            (std::cmp::Reverse(bytes), part.sample)
        });
        let suspect_from = suspect_from(search.graph, &path, any_name);
        Keeper { path, suspect_from, any_name, entries, tallies, gone, parts }
    }
}

/// From those that are first in a snapshot to those that are in it.
fn add_up(tallies: &mut [Tally]) {
    let mut sum = Tally::default();
    for tally in tallies {
        sum.join(*tally);
        *tally = sum;
    }
}

/// Strings, numbers and the like.
fn is_value(graph: &Graph, node: Node) -> bool {
    match graph.kind(node) {
        NodeKind::String | NodeKind::ConcatenatedString | NodeKind::SlicedString => true,
        NodeKind::Other => matches!(graph.type_name(node), "number" | "symbol" | "bigint"),
        _ => false,
    }
}
