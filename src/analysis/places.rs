//! Places at which new objects are held, and all that is held there.

use std::collections::HashMap;

use super::growth::Tally;
use super::hash::{FastMap, FastSet};
use super::keepers::{Lives, Part};
use super::paths::{NONE, Search, Tree, is_stack};
use super::readings::Readings;
use crate::snapshot::{Graph, Node, NodeKind};

/// What places are looked for in.
pub struct Scene<'a> {
    /// The last snapshot; new is what came since the last but one.
    pub search: &'a Search<'a>,
    /// One path to every node.
    pub tree: &'a Tree,
    /// Of each node the topmost new object on its path.
    pub tops: &'a [Node],
    /// What is known from earlier snapshots.
    pub lives: &'a Lives<'a>,
    /// The row of a node's class.
    pub row: &'a dyn Fn(Node) -> usize,
}

/// What is held at one place.
#[derive(Default)]
pub struct HeldAlike {
    /// Entries by class.
    pub entries: FastMap<usize, Entries>,
    /// Entries and what hangs on them, by class.
    pub parts: FastMap<usize, Part>,
    /// Whether new entries are in several objects, as with a list for each of many listeners.
    pub is_scattered: bool,
    /// What the first new entry is in.
    holder: Node,
    is_chain: bool,
}

/// Entries of one class.
pub struct Entries {
    /// By the snapshot that they are first in.
    pub counts: Vec<u64>,
    /// Strings, numbers and the like.
    pub is_value: bool,
    /// A new one.
    pub sample: Node,
}

/// New objects of one class, each on the one before, that make a chain: a list without an array. It may have two ends, and
/// then its old part hangs on the same holder by another name.
const MIN_CHAIN: u64 = 8;

/// Finds the places.
pub struct Places<'a> {
    scene: &'a Scene<'a>,
    readings: Readings<'a>,
    by_reading: HashMap<u32, usize>,
    /// What new entries hang on: there may be old ones beside them.
    holders: Vec<bool>,
    /// What chains hang on, and which place that is.
    chain_holders: FastMap<Node, u32>,
    /// New objects at the top that are the next link of an old chain.
    link_tops: FastSet<Node>,
    /// Classes of links of chains that grow at their far end.
    links: FastSet<usize>,
    /// What stands for a reaction of a promise: its place, its class and the snapshot that it is first in.
    reactions: FastMap<Node, (u32, usize, usize)>,
    all: Vec<HeldAlike>,
}

impl<'a> Places<'a> {
    /// All places of new objects, in no particular order, and how paths read.
    #[must_use]
    pub fn find(scene: &'a Scene<'a>) -> (Readings<'a>, Vec<HeldAlike>) {
        let mut places = Self {
            scene,
            readings: Readings::new(scene.search, scene.tree, scene.tops).folding_chains(),
            by_reading: HashMap::new(),
            holders: vec![false; scene.tops.len()],
            chain_holders: FastMap::default(),
            link_tops: FastSet::default(),
            links: FastSet::default(),
            reactions: FastMap::default(),
            all: Vec::new(),
        };
        places.find_entries();
        places.find_chains();
        places.find_far_ends();
        places.tally();
        (places.readings, places.all)
    }

    fn find_entries(&mut self) {
        let Scene { search, tree, tops, lives, row } = *self.scene;
        for &node in tree.order.iter().filter(|&&node| tops[node as usize] == node) {
            // In whichever storage: reactions of a promise are a chain of such.
            let holder = self.readings.holder(tree.parent[node as usize]);
            // What stands on the stack alone, a function that runs will drop.
            if is_stack(search.graph, holder) {
                continue;
            }
            // What the roots lead to are no entries of theirs.
            self.holders[holder as usize] = search.graph.kind(holder) != NodeKind::Synthetic;
            let next = self.all.len();
            let place = *self.by_reading.entry(self.readings.of_place(node)).or_insert(next);
            if place == next {
                self.all.push(HeldAlike { holder, ..HeldAlike::default() });
            }
            if self.readings.link_hops(node).is_some() {
                self.link_tops.insert(node);
            }
            self.all[place].is_scattered |= self.all[place].holder != holder;
            self.all[place].entries.entry(row(node)).or_insert_with(|| Entries {
                counts: vec![0; lives.snapshots],
                is_value: is_value(search.graph, node),
                sample: node,
            });
        }
    }

    /// Old chains on which as many new links hang as make a chain; not rings, whose new links hang on the other end as well.
    fn find_far_ends(&mut self) {
        let Scene { tree, tops, row, .. } = *self.scene;
        // A tree has many ends.
        let mut links = FastMap::<(Node, usize), u64>::default();
        let mut holders = FastMap::<Node, Node>::default();
        for &node in &tree.order {
            let top = tops[node as usize];
            let is_of_chain = top != NONE && self.link_tops.contains(&top) && row(node) == row(top);
            if is_of_chain && self.readings.link_hops(node).is_some() {
                let holder = *holders.entry(top).or_insert_with(|| self.holder_of_chain(top));
                *links.entry((holder, row(top))).or_default() += 1;
            }
        }
        // The first link may be of another class.
        let is_of_ring = |holder: Node| {
            let holders = [holder, tree.parent[holder as usize]];
            holders.iter().any(|holder| self.chain_holders.contains_key(holder))
        };
        let is_far = |&((holder, _), links): &((Node, usize), u64)| links >= MIN_CHAIN && !is_of_ring(holder);
        self.links = links.into_iter().filter(is_far).map(|((_, class), _)| class).collect();
    }

    /// What the chain hangs on that ends in a link.
    fn holder_of_chain(&self, link: Node) -> Node {
        let Scene { tree, row, .. } = *self.scene;
        let mut at = link;
        while tree.parent[at as usize] != NONE && row(at) == row(link) {
            at = tree.parent[at as usize];
        }
        at
    }

    fn find_chains(&mut self) {
        let Scene { tree, tops, row, .. } = *self.scene;
        let mut links = FastMap::<Node, u64>::default();
        // The topmost object of the chain that a node is in.
        let mut chains = vec![NONE; tops.len()];
        for &node in tree.order.iter().filter(|&&node| tops[node as usize] != NONE) {
            let parent = tree.parent[node as usize];
            if tops[node as usize] == node {
                chains[node as usize] = node;
            } else if chains[parent as usize] != NONE && row(node) == row(parent) {
                chains[node as usize] = chains[parent as usize];
                *links.entry(chains[node as usize]).or_default() += 1;
            }
        }
        let long = links.into_iter().filter(|&(_, links)| links >= MIN_CHAIN);
        let mut tops: Vec<Node> = long.map(|(top, _)| top).collect();
        tops.sort_unstable();
        for top in tops {
            let place = self.entry(top);
            self.chain_holders.entry(tree.parent[top as usize]).or_insert(place);
            if let Some(held) = self.all.get_mut(place as usize) {
                held.is_chain = true;
            }
        }
    }

    /// Counts new entries, old ones beside them, and all that hangs on both and on no other place.
    fn tally(&mut self) {
        let Scene { search, tree, lives, row, .. } = *self.scene;
        let mut place_of = vec![NONE; tree.parent.len()];
        for &node in tree.order.iter().filter(|&&node| tree.parent[node as usize] != NONE) {
            let above = place_of[tree.parent[node as usize] as usize];
            let is_candidate = self.may_be_entry(node, above);
            let entry = if is_candidate { self.entry(node) } else { NONE };
            let place = match entry {
                NONE if is_candidate => self.chain(node, 1).unwrap_or(above),
                NONE if self.is_second_link(node) => self.chain(node, 2).unwrap_or(above),
                NONE => above,
                _ => entry,
            };
            place_of[node as usize] = place;
            let is_counted = entry != NONE && self.stands_for_pair(node);
            let Some(held) = self.all.get_mut(place as usize) else { continue };
            let (class, birth) = (row(node), lives.births[node as usize] as usize);
            if search.sizes.get(node) > 0 {
                held.add(node, class, birth, self.scene);
            }
            if is_counted && held.entries.contains_key(&class) {
                self.count(node, place, class, birth);
            }
        }
    }

    /// One more entry. What hangs on one reaction of a promise is one entry, however many functions settle it (two for an
    /// `await`), whether it has a promise of its own (a `then`), and a frame of its own for `AsyncLocalStorage` (Node 24): the
    /// youngest of these stands for it.
    fn count(&mut self, node: Node, place: u32, class: usize, birth: usize) {
        let reaction = self.scene.tree.parent[node as usize];
        let holder = self.readings.holder(reaction);
        if holder != reaction && is_promise(self.scene.search.graph, holder) {
            match self.reactions.get(&reaction) {
                Some(&(.., other)) if other >= birth => return,
                Some(&older) => *self.counted(older) -= 1,
                None => {}
            }
            self.reactions.insert(reaction, (place, class, birth));
        }
        *self.counted((place, class, birth)) += 1;
    }

    fn counted(&mut self, (place, class, birth): (u32, usize, usize)) -> &mut u64 {
        let entries = self.all[place as usize].entries.get_mut(&class);
        &mut entries.expect("the caller has looked it up").counts[birth]
    }

    /// Of a key and its value one is counted: the value, or the key where that alone is an object. So is what has no other half.
    fn stands_for_pair(&self, node: Node) -> bool {
        let is_value = |node| is_value(self.scene.search.graph, node);
        match (self.readings.value_of(node), self.readings.key_of(node)) {
            (Some(value), _) => is_value(value) && !is_value(node),
            (None, Some(key)) => is_value(key) || !is_value(node),
            (None, None) => true,
        }
    }

    /// A new object at the top, or an old one beside such; of a chain that grows at its far end any link, else not the next
    /// link of a chain.
    fn may_be_entry(&self, node: Node, above: u32) -> bool {
        let Scene { search, tree, tops, row, .. } = *self.scene;
        if self.links.contains(&row(node)) && self.readings.link_hops(node).is_some() {
            return search.sizes.get(node) > 0;
        }
        let (top, parent) = (tops[node as usize], tree.parent[node as usize]);
        let is_beside = top == NONE && self.holders[self.readings.holder(parent) as usize];
        let is_in_chain = || self.all.get(above as usize).is_some_and(|held| held.is_chain);
        (top == node || is_beside)
            && search.sizes.get(node) > 0
            && !(is_in_chain() && row(node) == row(parent))
    }

    /// The place of an entry: there are new ones of its class there.
    fn entry(&mut self, node: Node) -> u32 {
        let place = self.by_reading.get(&self.readings.of_place(node));
        let class = (self.scene.row)(node);
        let place = place.filter(|&&place| self.all[place].entries.contains_key(&class));
        place.map_or(NONE, |&place| u32::try_from(place).unwrap_or(NONE))
    }

    /// An old object on an old one of another class that hangs on the holder of a chain: the first link of a list may never have
    /// got a `prev`.
    fn is_second_link(&self, node: Node) -> bool {
        let Scene { tree, tops, row, .. } = *self.scene;
        let parent = tree.parent[node as usize];
        !self.chain_holders.is_empty()
            && tops[node as usize] == NONE
            && tops[parent as usize] == NONE
            && row(node) != row(parent)
            && self.chain_holders.contains_key(&tree.parent[parent as usize])
    }

    /// The place of the chain of its class that hangs on what is so many hops above.
    fn chain(&self, node: Node, hops: usize) -> Option<u32> {
        let holder = (0..hops).fold(node, |at, _| self.scene.tree.parent[at as usize]);
        let place = *self.chain_holders.get(&holder)?;
        let held = self.all.get(place as usize)?;
        held.entries.contains_key(&(self.scene.row)(node)).then_some(place)
    }
}

impl HeldAlike {
    fn add(&mut self, node: Node, class: usize, birth: usize, scene: &Scene<'_>) {
        let tallies = || vec![Tally::default(); scene.lives.snapshots];
        let part =
            self.parts.entry(class).or_insert_with(|| Part { sample: node, tallies: tallies(), gone: 0 });
        part.tallies[birth].add(scene.search.sizes.get(node));
        if birth >= scene.lives.births[part.sample as usize] as usize {
            part.sample = node;
        }
    }
}

/// From so many old things that it holds on, a new one is a copy of what was there before.
const MIN_COPIED: u64 = 8;

/// New objects that took the place of old ones and hold what those held (`list = [...list, entry]`), with the new ones around
/// them: old things hang on them and on nothing else.
#[must_use]
pub fn rebuilt(scene: &Scene<'_>) -> FastSet<Node> {
    let Scene { search, tree, tops, lives, .. } = *scene;
    let readings = Readings::new(search, tree, tops);
    let newest = lives.snapshots - 1;
    let mut copied = FastMap::<Node, u64>::default();
    for &node in &tree.order {
        let is_old = usize::from(lives.births[node as usize]) < newest;
        let holder = if is_old && tops[node as usize] != NONE {
            readings.holder(tree.parent[node as usize])
        } else {
            NONE
        };
        if holder != NONE && (search.is_new)(holder) && search.sizes.get(node) > 0 {
            *copied.entry(holder).or_default() += 1;
        }
    }
    let mut rebuilt = FastSet::default();
    for (holder, _) in copied.into_iter().filter(|&(_, count)| count >= MIN_COPIED) {
        let mut at = holder;
        while at != NONE && tops[at as usize] != NONE && rebuilt.insert(at) {
            at = tree.parent[at as usize];
        }
    }
    rebuilt
}

fn is_promise(graph: &Graph, node: Node) -> bool {
    graph.kind(node) == NodeKind::Object && graph.name(node) == "Promise"
}

/// Strings, numbers and the like.
fn is_value(graph: &Graph, node: Node) -> bool {
    let kind = graph.kind(node);
    kind.is_text()
        || kind == NodeKind::Other && matches!(graph.type_name(node), "number" | "symbol" | "bigint")
}
