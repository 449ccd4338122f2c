//! Snapshots of one process after more and more jobs: what there is more of each time.
//!
//! Nothing is decided here. Told are series, one figure for each snapshot: of each class, of each object that was there
//! all the time and has become larger, and of each way of holding what is new ([`super::keepers`]).
//!
//! Of earlier snapshots only their objects are kept, three bytes each. They are walked side by side, by id.

use std::collections::HashMap;
use std::iter::Peekable;

use super::Detached;
use super::classes::Classes;
use super::compact::{Compact, sorted_objects};
use super::interfaces::infer;
use super::keepers::{Keeper, Lives, keepers};
use super::paths::Hop;
use super::rows::{Row, Rows};
use super::shallow::shallow_sizes;
use crate::snapshot::{Graph, Node, Sizes};

/// An earlier snapshot: after how many jobs, and its objects.
#[derive(Debug, Clone)]
pub struct Point {
    /// Jobs finished when it was taken.
    pub jobs: u64,
    /// What was there.
    pub objects: Compact,
}

impl Point {
    /// Keeps what is needed of a snapshot; the graph can go.
    #[must_use]
    pub fn of(graph: &Graph, jobs: u64) -> Self {
        Self { jobs, objects: Compact::of(graph) }
    }
}

/// How many, and their shallow sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many objects.
    pub count: u64,
    /// Their shallow sizes.
    pub bytes: u64,
}

/// A class in all snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSeries {
    /// Which class.
    pub row: Row,
    /// What there was of it in each snapshot.
    pub tallies: Vec<Tally>,
    /// Objects that were in one snapshot and no more in the next.
    pub gone: u64,
}

/// An object that is in all snapshots, and larger in the last one than in the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSeries {
    /// Which object of the last snapshot.
    pub node: Node,
    /// Its shallow size in each snapshot.
    pub bytes: Vec<u64>,
    /// The path to it, from below the root on.
    pub path: Vec<Hop>,
    /// From this hop on the path is suspect.
    pub suspect_from: usize,
}

/// What there is more of.
#[derive(Debug, Clone)]
pub struct Growth {
    /// All classes, by name and place.
    pub classes: Vec<ClassSeries>,
    /// Objects that became larger.
    pub objects: Vec<ObjectSeries>,
    /// Ways in which objects are held that came since the last snapshot but one.
    pub keepers: Vec<Keeper>,
    /// Names of the classes on the paths.
    pub names: HashMap<Node, String>,
    /// The first snapshot that is of another process than the last, as its objects tell.
    pub stranger: Option<usize>,
}

/// What grew from the earlier snapshots, in order of their jobs, to the last one.
#[must_use]
pub fn grow(points: &[Point], last: &Graph) -> Growth {
    let detached = Detached::find(last);
    let sizes = shallow_sizes(last, &detached);
    let classes = Classes::find(last, &detached);
    let mut rows = Rows::new(infer(&classes.shapes));
    let last_rows = rows.of(&classes.all, &classes.shapes);
    let earlier: Vec<Vec<usize>> =
        points.iter().map(|point| rows.of(point.objects.classes(), point.objects.shapes())).collect();
    let rows = rows.finish();
    let row = |node: Node| last_rows[classes.of[node as usize] as usize];
    let mut walk = Walk::new(points.len(), rows.len(), last.node_count());
    walk.go(points, &earlier, &sorted_objects(last, &sizes), &sizes, &row);
    // No text becomes longer: a longer one with the number of another is at the place where that was.
    walk.larger.retain(|&(node, _)| !last.kind(node).is_text());

    let lives = Lives { births: &walk.births, gone: &walk.gone, snapshots: points.len() + 1 };
    let (keepers, paths) = keepers(last, &sizes, &row, &lives, &walk.larger_nodes());
    let hops = keepers.iter().map(|keeper| &keeper.path).chain(paths.iter().map(|(path, _)| path)).flatten();
    let parts = keepers.iter().flat_map(|keeper| &keeper.parts).map(|part| part.sample);
    let shown = hops.map(|hop| hop.node).chain(parts).chain(walk.larger_nodes());
    let names = shown.map(|node| (node, rows[row(node)].name.clone())).collect();
    let stranger = walk.stranger();
    Growth { objects: walk.objects(paths), classes: walk.classes(rows), keepers, names, stranger }
}

/// Of so many objects that two snapshots share by id, one has changed its class: they are of two processes. In one process
/// a class changes where a plain object gets a property, which few do.
const SHARED_PER_CHANGED: u64 = 5;

/// All snapshots side by side.
struct Walk {
    /// Of each class a tally for each snapshot.
    tallies: Vec<Vec<Tally>>,
    gone: Vec<u64>,
    /// Which snapshot each object of the last one is first in.
    births: Vec<u8>,
    larger: Vec<(Node, Vec<u64>)>,
    /// Of each earlier snapshot: objects whose id is in the last one too, and how many of them have another class there.
    shared: Vec<[u64; 2]>,
}

impl Walk {
    fn new(points: usize, rows: usize, nodes: u32) -> Self {
        Self {
            tallies: vec![vec![Tally::default(); points + 1]; rows],
            gone: vec![0; rows],
            births: vec![u8::try_from(points).unwrap_or(u8::MAX); nodes as usize],
            larger: Vec::new(),
            shared: vec![[0; 2]; points],
        }
    }

    fn go(
        &mut self,
        points: &[Point],
        earlier: &[Vec<usize>],
        last: &[(u32, Node)],
        sizes: &Sizes,
        row: &impl Fn(Node) -> usize,
    ) {
        let mut streams: Vec<Peekable<_>> =
            points.iter().map(|point| point.objects.objects().peekable()).collect();
        let mut last = last.iter().copied().peekable();
        // Row and size in each snapshot.
        let mut found: Vec<Option<(usize, u64)>> = vec![None; points.len() + 1];
        loop {
            let ids = streams.iter_mut().filter_map(|stream| stream.peek().map(|object| object.id));
            let Some(id) = ids.chain(last.peek().map(|&(id, _)| id)).min() else { break };
            for ((stream, rows), found) in streams.iter_mut().zip(earlier).zip(&mut found) {
                let object = stream.next_if(|object| object.id == id);
                *found = object.map(|object| (rows[object.class as usize], object.bytes));
            }
            let node = last.next_if(|&(at, _)| at == id).map(|(_, node)| node);
            found[points.len()] = node.map(|node| (row(node), sizes.get(node)));
            self.take(node, &found);
        }
    }

    /// One object.
    fn take(&mut self, node: Option<Node>, found: &[Option<(usize, u64)>]) {
        for (at, &(row, bytes)) in
            found.iter().enumerate().filter_map(|(at, found)| Some((at, found.as_ref()?)))
        {
            self.tallies[row][at].add(bytes);
            let stays = found.get(at + 1).is_none_or(|next| next.is_some_and(|next| next.0 == row));
            self.gone[row] += u64::from(!stays);
        }
        let (Some(node), Some((last, earlier))) = (node, found.split_last()) else { return };
        let Some(&(last_row, last_bytes)) = last.as_ref() else { return };
        for (&found, shared) in earlier.iter().zip(&mut self.shared) {
            let Some((row, _)) = found else { continue };
            shared[0] += 1;
            shared[1] += u64::from(row != last_row);
        }
        if let Some(birth) = earlier.iter().position(Option::is_some) {
            self.births[node as usize] = u8::try_from(birth).unwrap_or(u8::MAX);
        }
        let bytes =
            |found: &Option<(usize, u64)>| found.filter(|found| found.0 == last_row).map(|found| found.1);
        // Few objects become larger: a list is made for these alone.
        if earlier.first().and_then(bytes).is_none_or(|first| first >= last_bytes) {
            return;
        }
        if let Some(mut all) = earlier.iter().map(bytes).collect::<Option<Vec<u64>>>() {
            all.push(last_bytes);
            self.larger.push((node, all));
        }
    }

    fn larger_nodes(&self) -> Vec<Node> {
        self.larger.iter().map(|&(node, _)| node).collect()
    }

    fn stranger(&self) -> Option<usize> {
        self.shared.iter().position(|&[shared, changed]| shared == 0 || changed > shared / SHARED_PER_CHANGED)
    }

    fn objects(&self, paths: Vec<(Vec<Hop>, usize)>) -> Vec<ObjectSeries> {
        let series = |((node, bytes), (path, suspect_from)): (&(Node, Vec<u64>), _)| ObjectSeries {
            node: *node,
            bytes: bytes.clone(),
            path,
            suspect_from,
        };
        self.larger.iter().zip(paths).map(series).collect()
    }

    fn classes(self, rows: Vec<Row>) -> Vec<ClassSeries> {
        let series = rows.into_iter().zip(self.tallies).zip(self.gone);
        let mut classes: Vec<ClassSeries> =
            series.map(|((row, tallies), gone)| ClassSeries { row, tallies, gone }).collect();
        classes.retain(|class| class.tallies.iter().any(|tally| tally.count > 0));
        classes.sort_by(|a, b| a.row.cmp(&b.row));
        classes
    }
}

impl Tally {
    /// One more object.
    pub fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// These too.
    pub fn join(&mut self, other: Self) {
        self.count += other.count;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}
