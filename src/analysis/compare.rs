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
use super::id_map::IdMap;
use super::interfaces::{Shapes, infer};
use super::paths::{Holding, Search, holdings};
use super::rows::{Row, Rows};
use super::shallow::shallow_sizes;
use super::special::Special;
use crate::snapshot::{Graph, Node, Sizes};

/// What is kept of the earlier snapshot: for each object its class and size, 12 bytes with its id. The graph can go.
pub struct Baseline {
    objects: IdMap<Known>,
    /// Sizes beyond 4 GiB.
    large: HashMap<u32, u64>,
    classes: Vec<Class>,
    shapes: Shapes,
}

/// Class and size; 4 GiB stand for a size in `large`.
#[derive(Clone, Copy)]
struct Known {
    class: u32,
    /// Never zero, so that a place without an object takes no more room than one with it.
    bytes: NonZero<u32>,
}

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
        let sizes = shallow_sizes(graph, &detached);
        let classes = Classes::find(graph, &detached);
        let (mut objects, mut large) = (IdMap::default(), HashMap::new());
        for node in graph.nodes() {
            let bytes = sizes.get(node);
            let small = NonZero::new(u32::try_from(bytes).unwrap_or(u32::MAX));
            let Some(small) = small else { continue };
            if small == NonZero::<u32>::MAX {
                large.insert(graph.id(node), bytes);
            }
            objects.insert(graph.id(node), Known { class: classes.of[node as usize], bytes: small });
        }
        Self { objects, large, classes: classes.all, shapes: classes.shapes }
    }
}

impl From<&Compact> for Baseline {
    fn from(compact: &Compact) -> Self {
        let (mut objects, mut large) = (IdMap::default(), HashMap::new());
        for Object { id, class, bytes } in compact.objects() {
            let small = u32::try_from(bytes).unwrap_or(u32::MAX);
            if small == u32::MAX {
                large.insert(id, bytes);
            }
            let Some(bytes) = NonZero::new(small) else { continue };
            objects.insert(id, Known { class, bytes });
        }
        Self { objects, large, classes: compact.classes().to_vec(), shapes: compact.shapes().clone() }
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
pub fn compare(before: Baseline, after: &Graph, with_paths: bool) -> Comparison {
    let detached = Detached::find(after);
    let sizes = shallow_sizes(after, &detached);
    let classes = Classes::find(after, &detached);
    let mut rows = Rows::new(infer(&classes.shapes));
    let after_rows = rows.of(&classes.all, &classes.shapes);
    let before_rows = rows.of(&before.classes, &before.shapes);
    let rows = rows.finish();
    let mut changes: Vec<ClassChange> = rows.iter().cloned().map(ClassChange::none).collect();
    let new = count(before, after, &sizes, &classes.of, [&before_rows, &after_rows], &mut changes);
    changes.retain(|change| change.new_count + change.deleted_count > 0);
    changes.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut comparison = Comparison { changes, holdings: Vec::new(), names: HashMap::new() };
    if with_paths {
        let row = |node: Node| after_rows[classes.of[node as usize] as usize];
        comparison.holdings = holdings(&Search {
            graph: after,
            essential: &Essential::find(after, &Special::find(after.strings())),
            sizes: &sizes,
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

/// Counts every object; returns which nodes are objects that the earlier snapshot has not got.
fn count(
    mut before: Baseline,
    after: &Graph,
    sizes: &Sizes,
    classes: &[u32],
    [before_rows, after_rows]: [&[usize]; 2],
    changes: &mut [ClassChange],
) -> Vec<bool> {
    let mut new = vec![false; after.node_count() as usize];
    for node in after.nodes() {
        let bytes = sizes.get(node);
        if bytes == 0 {
            continue;
        }
        let row = after_rows[classes[node as usize] as usize];
        let known = before.objects.take(after.id(node));
        if known.is_some_and(|known| before_rows[known.class as usize] == row) {
            continue;
        }
        new[node as usize] = known.is_none();
        if let Some(known) = known {
            let bytes = before.bytes(after.id(node), known);
            changes[before_rows[known.class as usize]].delete(bytes);
        }
        changes[row].new_count += 1;
        changes[row].new_bytes += bytes;
    }
    for (id, object) in before.objects.iter() {
        changes[before_rows[object.class as usize]].delete(before.bytes(id, object));
    }
    new
}

impl Baseline {
    fn bytes(&self, id: u32, object: Known) -> u64 {
        match object.bytes.get() {
            u32::MAX => self.large.get(&id).copied().unwrap_or(u64::from(u32::MAX)),
            bytes => u64::from(bytes),
        }
    }
}

impl ClassChange {
    fn none(row: Row) -> Self {
        Self { row, new_count: 0, new_bytes: 0, deleted_count: 0, deleted_bytes: 0 }
    }

    fn delete(&mut self, bytes: u64) {
        self.deleted_count += 1;
        self.deleted_bytes += bytes;
    }
}
