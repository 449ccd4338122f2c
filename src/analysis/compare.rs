//! Two snapshots of one process: what is new, what is gone, by class.
//!
//! An object is known by its id. As in `DevTools`, an object whose class changed is gone in one class and new in the other,
//! and one whose size changed is neither. Plain objects of both are named by the interfaces of the later snapshot.

use std::collections::HashMap;
use std::num::NonZero;

use super::Detached;
use super::classes::{Class, Classes};
use super::compact::{Compact, Object};
use super::essential::Essential;
use super::hash::FastMap;
use super::id_map::IdMap;
use super::interfaces::{Shapes, infer};
use super::paths::{Holding, Search, holdings};
use super::rows::{Row, Rows};
use super::shallow::{ShallowSizes, shallow_sizes};
use super::special::Special;
use crate::snapshot::{Graph, Node};

/// What is kept of the earlier snapshot: for each object its class and size, 6 bytes for each id. The graph can go.
pub struct Baseline {
    objects: IdMap<Known>,
    /// Sizes beyond 4 GiB.
    large: FastMap<u32, u64>,
    /// Classes beyond the first 65,535.
    rare: FastMap<u32, u32>,
    classes: Vec<Class>,
    shapes: Shapes,
}

/// Class and size; the largest numbers stand for what is in `rare` and `large`.
#[derive(Clone, Copy)]
#[repr(Rust, packed(2))]
struct Known {
    class: u16,
    /// Never zero, so that a place without an object takes no more room than one with it.
    bytes: NonZero<u32>,
}

const _: () = assert!(size_of::<Option<Known>>() == 6, "a place takes no more than what stands there");

/// What happened to a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassChange {
    /// Which class.
    pub row: Row,
    /// Objects that are only in the later snapshot.
    pub new_count: u64,
    /// Their shallow sizes.
    pub new_bytes: u64,
    /// Objects that are only in the earlier one.
    pub deleted_count: u64,
    /// Their shallow sizes.
    pub deleted_bytes: u64,
}

impl Baseline {
    /// What is needed of a snapshot for later comparisons.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let detached = Detached::find(graph);
        let sizes = ShallowSizes::of(graph, &detached);
        let mut baseline = Self::empty();
        let classes = Classes::tell(graph, &detached, |node, class| {
            baseline.add(graph.id(node), class, sizes.get(node));
        });
        Self { classes: classes.all, shapes: classes.shapes, ..baseline }
    }

    fn empty() -> Self {
        Self {
            objects: IdMap::default(),
            large: FastMap::default(),
            rare: FastMap::default(),
            classes: Vec::new(),
            shapes: Shapes::default(),
        }
    }

    fn add(&mut self, id: u32, class: u32, bytes: u64) {
        let Some(small) = NonZero::new(u32::try_from(bytes).unwrap_or(u32::MAX)) else { return };
        if small == NonZero::<u32>::MAX {
            self.large.insert(id, bytes);
        }
        let short = u16::try_from(class).unwrap_or(u16::MAX);
        if short == u16::MAX {
            self.rare.insert(id, class);
        }
        self.objects.insert(id, Known { class: short, bytes: small });
    }

    /// Class and size of an object.
    #[inline]
    fn facts(&self, id: u32, object: Known) -> (u32, u64) {
        let class = match object.class {
            u16::MAX => self.rare.get(&id).copied().unwrap_or(u32::from(u16::MAX)),
            class => u32::from(class),
        };
        let bytes = match { object.bytes }.get() {
            u32::MAX => self.large.get(&id).copied().unwrap_or(u64::from(u32::MAX)),
            bytes => u64::from(bytes),
        };
        (class, bytes)
    }
}

impl From<&Compact> for Baseline {
    fn from(compact: &Compact) -> Self {
        let (classes, shapes) = (compact.classes().to_vec(), compact.shapes().clone());
        let mut baseline = Self { classes, shapes, ..Self::empty() };
        for Object { id, class, bytes } in compact.objects() {
            baseline.add(id, class, bytes);
        }
        baseline
    }
}

/// What changed from the earlier snapshot to this one, and what holds the new objects.
pub struct Comparison {
    /// Classes, most grown first.
    pub changes: Vec<ClassChange>,
    /// Ways in which new objects are held, most bytes first; none where they were not asked for.
    pub holdings: Vec<Holding>,
    /// Names of the classes on their paths.
    pub names: HashMap<Node, String>,
}

/// Compares; `with_paths` also finds what holds the new objects, which takes as long again.
#[must_use]
pub fn compare(mut before: Baseline, after: &Graph, with_paths: bool) -> Comparison {
    let detached = Detached::find(after);
    let mut tally = Tally::default();
    // Whether each node is a new object, and its class; nobody asks for them without paths.
    let (mut new, mut class_of) = (Vec::new(), Vec::new());
    let sizes = ShallowSizes::of(after, &detached);
    let classes = Classes::tell(after, &detached, |node, class| {
        let bytes = sizes.get(node);
        let id = after.id(node);
        let known =
            if bytes == 0 { None } else { before.objects.take(id) }.map(|known| before.facts(id, known));
        if bytes > 0 {
            tally.add(known, class, bytes);
        }
        if with_paths {
            new.push(bytes > 0 && known.is_none());
            class_of.push(class);
        }
    });
    drop(sizes);
    let mut rows = Rows::new(infer(&classes.shapes));
    let after_rows = rows.of(&classes.all, &classes.shapes);
    let before_rows = rows.of(&before.classes, &before.shapes);
    let rows = rows.finish();
    let mut changes: Vec<ClassChange> = rows.iter().cloned().map(ClassChange::none).collect();
    tally.count([&before_rows, &after_rows], &mut changes);
    for (id, object) in before.objects.iter() {
        let (class, bytes) = before.facts(id, object);
        changes[before_rows[class as usize]].delete(1, bytes);
    }
    changes.retain(|change| change.new_count + change.deleted_count > 0);
    changes.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut comparison = Comparison { changes, holdings: Vec::new(), names: HashMap::new() };
    if with_paths {
        let row = |node: Node| after_rows[class_of[node as usize] as usize];
        comparison.holdings = holdings(&Search {
            graph: after,
            essential: &Essential::find(after, &Special::find(after.strings())),
            sizes: &shallow_sizes(after, &detached),
            is_new: &|node| new[node as usize],
            class: &|node| u32::try_from(row(node)).unwrap_or(u32::MAX),
        });
        let hops = comparison.holdings.iter().flat_map(|holding| &holding.path);
        comparison.names = hops.map(|hop| (hop.node, rows[row(hop.node)].name.clone())).collect();
    }
    comparison
}

/// By growth in bytes, then in objects, then by name and place.
fn order(change: &ClassChange) -> (i128, i128, &Row) {
    let growth = |new: u64, deleted: u64| i128::from(deleted) - i128::from(new);
    (
        growth(change.new_bytes, change.deleted_bytes),
        growth(change.new_count, change.deleted_count),
        &change.row,
    )
}

/// Objects of the later snapshot by the class that they had and the one that they have. Which classes are one row is known
/// when all objects have been seen.
#[derive(Default)]
struct Tally {
    places: FastMap<(u32, u32), usize>,
    sums: Vec<Sum>,
    /// Objects of one class often lie side by side.
    last: Option<((u32, u32), usize)>,
}

struct Sum {
    /// None where the objects are new.
    before: Option<u32>,
    after: u32,
    count: u64,
    bytes_before: u64,
    bytes_after: u64,
}

impl Tally {
    #[inline]
    fn add(&mut self, known: Option<(u32, u64)>, after: u32, bytes: u64) {
        let key = (known.map_or(u32::MAX, |(class, _)| class), after);
        let place = match self.last {
            Some((last, place)) if last == key => place,
            _ => *self.places.entry(key).or_insert(self.sums.len()),
        };
        self.last = Some((key, place));
        if place == self.sums.len() {
            let before = known.map(|(class, _)| class);
            self.sums.push(Sum { before, after, count: 0, bytes_before: 0, bytes_after: 0 });
        }
        let sum = &mut self.sums[place];
        sum.count += 1;
        sum.bytes_before += known.map_or(0, |(_, bytes)| bytes);
        sum.bytes_after += bytes;
    }

    fn count(&self, [before_rows, after_rows]: [&[usize]; 2], changes: &mut [ClassChange]) {
        for sum in &self.sums {
            let after = after_rows[sum.after as usize];
            let before = sum.before.map(|class| before_rows[class as usize]);
            if before == Some(after) {
                continue;
            }
            if let Some(before) = before {
                changes[before].delete(sum.count, sum.bytes_before);
            }
            changes[after].new_count += sum.count;
            changes[after].new_bytes += sum.bytes_after;
        }
    }
}

impl ClassChange {
    fn none(row: Row) -> Self {
        Self { row, new_count: 0, new_bytes: 0, deleted_count: 0, deleted_bytes: 0 }
    }

    fn delete(&mut self, count: u64, bytes: u64) {
        self.deleted_count += count;
        self.deleted_bytes += bytes;
    }
}
