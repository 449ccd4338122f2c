//! What keeps the objects that come with the jobs: the variable or property, and what hangs on it since when.
//!
//! Paths are those of [`super::paths`], where new is what came since the last snapshot but one: so a cache that was made
//! after the first snapshot is old, and the path leads through it to its entries. All that is held at the same place reads
//! alike, and is one keeper, the old entries with the new ones. Of each it is known which snapshot it is first in. That
//! tells a list that grows, whose entries are of all ages, from a cache that replaces them, whose entries are all young.

use std::ops::Range;

use super::essential::Essential;
use super::growth::Tally;
use super::paths::{Hop, Search, Tree, suspect_from};
use super::places::{Entries, HeldAlike, Places, Scene, rebuilt};
use super::readings::Readings;
use super::special::Special;
use crate::snapshot::{Graph, Node, Sizes};

/// A place where objects are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeper {
    /// The path to one of its entries, from below the root on.
    pub path: Vec<Hop>,
    /// From this hop on the path is suspect: the variable or property.
    pub suspect_from: usize,
    /// Hops of the path that are further links of a chain.
    pub further_links: Range<usize>,
    /// Each entry has a name of its own.
    pub any_name: bool,
    /// New entries are in several objects that are held alike.
    pub is_scattered: bool,
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
    row: &dyn Fn(Node) -> usize,
    lives: &Lives<'_>,
    objects: &[Node],
) -> (Vec<Keeper>, Vec<(Vec<Hop>, usize)>) {
    let newest = u8::try_from(lives.snapshots - 1).unwrap_or(u8::MAX);
    let is_young = |node: Node| lives.births[node as usize] == newest && sizes.get(node) > 0;
    let young = Search {
        graph,
        essential: &Essential::find(graph, &Special::find(graph.strings())),
        sizes,
        is_new: &is_young,
        class: &|node| u32::try_from(row(node)).unwrap_or(u32::MAX),
    };
    let tree = Tree::grow(&young);
    let rebuilt = rebuilt(&Scene { search: &young, tree: &tree, tops: &tree.topmost(&young), lives, row });
    // A copy that took the place of the one before is as old as that: what is in it is what counts.
    let is_new = |node| is_young(node) && !rebuilt.contains(&node);
    let search = Search { is_new: &is_new, ..young };
    let tree = if rebuilt.is_empty() { tree } else { Tree::grow(&search) };
    let path = |&node: &Node| {
        let path = tree.path(node);
        let from = suspect_from(graph, &path, false);
        (path, from)
    };
    let paths = objects.iter().map(path).collect();
    let scene = Scene { search: &search, tree: &tree, tops: &tree.topmost(&search), lives, row };
    let (readings, held) = Places::find(&scene);
    let mut all: Vec<Keeper> =
        held.into_iter().map(|held| Keeper::of(held, graph, &readings, &scene)).collect();
    all.sort_by_key(|keeper| {
        let bytes = keeper.tallies.last().map_or(0, |tally| tally.bytes);
        (std::cmp::Reverse(bytes), keeper.path.last().map(|hop| hop.node))
    });
    (all, paths)
}

impl Keeper {
    fn of(held: HeldAlike, graph: &Graph, readings: &Readings<'_>, scene: &Scene<'_>) -> Self {
        let counted =
            || held.entries.iter().filter(|(_, entries)| entries.counts.iter().any(|count| *count > 0));
        let mut entries = vec![0; scene.lives.snapshots];
        for (_, of_class) in counted() {
            entries.iter_mut().zip(&of_class.counts).for_each(|(sum, count)| *sum += count);
        }
        let gone = counted().map(|(&class, _)| scene.lives.gone[class]).sum();
        let newest = |entries: &&Entries| {
            (entries.counts.last().copied(), !entries.is_value, std::cmp::Reverse(entries.sample))
        };
        let most = counted().map(|(_, entries)| entries).max_by_key(newest);
        let sample = most.map_or(Graph::ROOT, |entries| entries.sample);
        let (path, any_name) = (readings.path(sample), readings.is_in_table(sample));
        let mut parts: Vec<Part> = held.parts.into_values().collect();
        let mut tallies = vec![Tally::default(); scene.lives.snapshots];
        for part in &mut parts {
            add_up(&mut part.tallies, Tally::join);
            tallies.iter_mut().zip(&part.tallies).for_each(|(sum, tally)| sum.join(*tally));
            part.gone = scene.lives.gone[(scene.row)(part.sample)];
        }
        add_up(&mut entries, |sum, count| *sum += count);
        parts.sort_by_key(|part| {
            let bytes = part.tallies.last().map_or(0, |tally| tally.bytes);
            (std::cmp::Reverse(bytes), part.sample)
        });
        let further_links = readings.further_links(&path);
        let to_chain = if further_links.is_empty() { path.len() } else { further_links.start };
        // The names by which nodes of a tree hang are positions.
        let is_tree = path[further_links.clone()].first().is_some_and(|hop| readings.branches(hop.node));
        let suspect_from =
            suspect_from(graph, &path[..to_chain], is_tree || any_name && further_links.is_empty());
        let any_name = any_name || is_tree;
        let is_scattered = held.is_scattered;
        Self { path, suspect_from, further_links, any_name, is_scattered, entries, tallies, gone, parts }
    }
}

/// From those that are first in a snapshot to those that are in it.
fn add_up<T: Copy + Default>(figures: &mut [T], add: impl Fn(&mut T, T)) {
    let mut sum = T::default();
    for figure in figures {
        add(&mut sum, *figure);
        *figure = sum;
    }
}
